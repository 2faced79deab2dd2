#include "mail/dsn.h"

#include "base/text.h"
#include "mail/trace.h"

#include <algorithm>

namespace imc::mail {
namespace {

constexpr std::size_t most_header_octets = 64 << 10;

/// 7 bit and without line breaks: what a peer said must not become part of our structure.
std::string seven_bit(std::string_view text, std::size_t most = 900)
{
    std::string out = printable(text, most);
    for (char& c : out)
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    return out;
}

/// "mx.example.net" of "mx.example.net[192.0.2.7]:25".
std::string name_of(const std::string& host) { return host.substr(0, host.find('[')); }

std::string header_of(std::string_view message)
{
    auto header = message.substr(0, std::min(message.find("\r\n\r\n"), message.size()));
    if (header.size() > most_header_octets) {
        const auto end = header.rfind("\r\n", most_header_octets);
        header = header.substr(0, end == header.npos ? 0 : end);
    }
    std::string out{header};
    for (char& c : out)
        if (static_cast<unsigned char>(c) >= 0x80 || c == '\0') c = '?';
    return out + "\r\n";
}

void explain(std::string& out, const Report& report)
{
    out += "This is the mail system at " + report.host +
           ".\r\n\r\n"
           "Your message could not be delivered to:\r\n";
    for (const auto& recipient : report.recipients) {
        out += "\r\n  <" + seven_bit(recipient.address) + ">\r\n";
        if (recipient.host.empty())
            out += "    " + seven_bit(recipient.reply) + "\r\n";
        else
            out += "    " + seven_bit(recipient.host) + " said: " + seven_bit(recipient.reply) +
                   "\r\n";
    }
    out += "\r\nIt will not be tried again. The header of your message follows below.\r\n"
           "For help, write to " +
           report.from + ".\r\n\r\n";
}

void status(std::string& out, const Report& report)
{
    out += "Reporting-MTA: dns; " + report.host + "\r\n";
    if (!report.envid.empty()) out += "Original-Envelope-Id: " + seven_bit(report.envid) + "\r\n";
    out += "Arrival-Date: " + rfc5322_date(report.arrived_at) + "\r\n";
    for (const auto& recipient : report.recipients) {
        out += "\r\n";
        if (!recipient.original.empty())
            out += "Original-Recipient: " + seven_bit(recipient.original) + "\r\n";
        out += "Final-Recipient: rfc822; " + seven_bit(recipient.address) +
               "\r\n"
               "Action: " +
               recipient.action +
               "\r\n"
               "Status: " +
               recipient.status + "\r\n";
        if (!recipient.host.empty()) {
            out += "Remote-MTA: dns; " + seven_bit(name_of(recipient.host)) + "\r\n";
            out += "Diagnostic-Code: smtp; " + seven_bit(recipient.reply) + "\r\n";
        } else {
            out += "Diagnostic-Code: x-imc; " + seven_bit(recipient.reply) + "\r\n";
        }
        out += "Last-Attempt-Date: " + rfc5322_date(report.now) + "\r\n";
    }
}

}  // namespace

std::string write_report(const Report& report)
{
    const std::string boundary =
        "=_imc_" + report.id + "_" + std::to_string(report.now.time_since_epoch().count());
    std::string out = "From: Mail Delivery System <" + report.from +
                      ">\r\n"
                      "To: <" +
                      seven_bit(report.to) +
                      ">\r\n"
                      "Subject: Undelivered mail returned to sender\r\n"
                      "Date: " +
                      rfc5322_date(report.now) +
                      "\r\n"
                      "Message-ID: <" +
                      report.id + "." + std::to_string(report.now.time_since_epoch().count()) +
                      "@" + report.host +
                      ">\r\n"
                      "Auto-Submitted: auto-replied\r\n"
                      "MIME-Version: 1.0\r\n"
                      "Content-Type: multipart/report; report-type=delivery-status;\r\n"
                      "\tboundary=\"" +
                      boundary +
                      "\"\r\n\r\n"
                      "This is a report in MIME form.\r\n\r\n";
    const auto part = [&](const char* type) {
        out += "--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n";
    };
    part("text/plain; charset=us-ascii");
    explain(out, report);
    part("message/delivery-status");
    status(out, report);
    out += "\r\n";
    part("text/rfc822-headers");
    out += header_of(report.original);
    return out + "\r\n--" + boundary + "--\r\n";
}

}  // namespace imc::mail
