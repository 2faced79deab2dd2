#include "mail/dsn.h"

#include "base/text.h"
#include "mail/trace.h"

#include <algorithm>
#include <array>

namespace imc::mail {
namespace {

constexpr std::size_t most_header_octets = 64 << 10;
constexpr std::size_t most_reply = 900, least_reply = 100;
constexpr std::size_t most_replies = 1 << 20;  // octets, of all recipients together
constexpr std::size_t longest_line = 998;      // RFC 5322 2.1.1

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "mx.example.net" of "mx.example.net[192.0.2.7]:25".
std::string name_of(const std::string& host) { return host.substr(0, host.find('[')); }

/// Length of the status at the beginning of `text`; 0: there is none.
std::size_t status_length(std::string_view text)
{
    std::size_t i = 0;
    for (int part = 0; part < 3; ++part) {
        if (part > 0 && (i >= text.size() || text[i] != '.')) return 0;
        i += part > 0 ? 1 : 0;
        const auto begin = i;
        while (i < text.size() && is_digit(text[i]))
            ++i;
        const auto digits = i - begin;
        if (digits == 0 || digits > (part == 0 ? 1U : 3U)) return 0;
    }
    return i;
}

char class_of(Action action)
{
    if (action == Action::failed) return '5';
    return action == Action::delayed ? '4' : '2';
}

std::string header_of(std::string_view message, bool utf8)
{
    auto header = message.substr(0, std::min(message.find("\r\n\r\n"), message.size()));
    if (header.size() > most_header_octets) {
        const auto end = header.rfind("\r\n", most_header_octets);
        header = header.substr(0, end == header.npos ? 0 : end);
    }
    std::string out{header};
    const bool as_it_is = utf8 && is_utf8(out);
    for (char& c : out)
        if ((is_high(c) && !as_it_is) || c == '\0') c = '?';
    return out + "\r\n";
}

/// What ORCPT said, "rfc822;bob@example.net": a type, a semicolon, an address (RFC 3461 4.2).
std::string original_recipient(std::string_view orcpt, bool utf8)
{
    const auto semicolon = orcpt.find(';');
    if (semicolon == orcpt.npos) return typed_address(orcpt, utf8);
    const auto type = trim(orcpt.substr(0, semicolon));
    const auto address = trim(orcpt.substr(semicolon + 1));
    if (same_word(type, "utf-8") || same_word(type, "rfc822")) return typed_address(address, utf8);
    return one_line(type, 60, false) + "; " + one_line(address, 320, utf8);
}

bool is_smtp_reply(const ReportedRecipient& r)
{
    return !r.host.empty() && r.reply.size() >= 3 &&
           std::ranges::all_of(r.reply.substr(0, 3), is_digit);
}

void fields_of(std::string& out, const Report& report, const ReportedRecipient& r, std::size_t most)
{
    const auto field = [&out](std::string_view name, const std::string& value) {
        out += name;
        out += ": " + value + "\r\n";
    };
    out += "\r\n";
    if (!r.original.empty())
        field("Original-Recipient", original_recipient(r.original, report.utf8));
    field("Final-Recipient", typed_address(r.address, report.utf8));
    field("Action", std::string{to_string(r.action)});
    field("Status", valid_status(r.status, r.reply, r.action));
    if (!r.host.empty()) field("Remote-MTA", "dns; " + one_line(name_of(r.host), 255, report.utf8));
    if (!r.reply.empty())
        field("Diagnostic-Code",
              (is_smtp_reply(r) ? "smtp; " : "x-imc; ") + one_line(r.reply, most, report.utf8));
    // RFC 3464 2.3.7: of the attempt, not of the report.
    if (r.last_attempt > WallTime{}) field("Last-Attempt-Date", rfc5322_date(r.last_attempt));
    field("Final-Log-ID", report.id);
    if (r.action == Action::delayed && r.retry_until > WallTime{})
        field("Will-Retry-Until", rfc5322_date(r.retry_until));
}

void fields(std::string& out, const Report& report)
{
    out += "Reporting-MTA: dns; " + report.host + "\r\n";
    if (!report.envid.empty())
        out += "Original-Envelope-Id: " + one_line(report.envid, 100, false) + "\r\n";
    out += "Arrival-Date: " + rfc5322_date(report.arrived_at) + "\r\n";
    const auto share = most_replies / std::max<std::size_t>(report.recipients.size(), 1);
    for (const auto& recipient : report.recipients)
        fields_of(out, report, recipient, std::clamp(share, least_reply, most_reply));
}

std::string subject(const Report& report)
{
    const auto any = [&report](Action action) {
        return std::ranges::find(report.recipients, action, &ReportedRecipient::action) !=
               report.recipients.end();
    };
    if (!report.about.empty()) return "Copy: mail that was not delivered";
    if (any(Action::failed)) return "Undelivered mail returned to sender";
    if (any(Action::delayed)) return "Your mail is delayed and still being tried";
    if (any(Action::delivered)) return "Your mail was delivered";
    // Of what becomes of it behind us, nobody can tell.
    return any(Action::relayed) ? "Your mail was passed on" : "Your mail was sent to a list";
}

void header(std::string& out, const Report& report, const std::string& boundary)
{
    const auto unique = report.id + "." + std::to_string(report.now.time_since_epoch().count()) +
                        (report.about.empty() ? "" : ".copy");
    const auto answered = one_line(message_id(report.original), 250, false);
    out = "From: Mail Delivery System <" + report.from + ">\r\nTo: <" +
          one_line(report.to, 320, report.utf8) + ">\r\nSubject: " + subject(report) +
          "\r\nDate: " + rfc5322_date(report.now) + "\r\nMessage-ID: <" + unique + "@" +
          report.host + ">\r\n";
    if (!answered.empty())
        out += "In-Reply-To: " + answered + "\r\nReferences: " + answered + "\r\n";
    out += "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
           "report-type=";
    out += report.utf8 ? "global-delivery-status" : "delivery-status";
    out += ";\r\n\tboundary=\"" + boundary + "\"\r\n\r\nThis is a report in MIME form.\r\n\r\n";
}

/// One that stands nowhere in what is returned.
std::string boundary_for(const Report& report)
{
    const auto base =
        "=_imc_" + report.id + "_" + std::to_string(report.now.time_since_epoch().count());
    auto out = base;
    for (unsigned n = 1; report.original.find(out) != std::string_view::npos; ++n)
        out = base + "_" + std::to_string(n);
    return out;
}

}  // namespace

std::string_view to_string(Action action)
{
    constexpr std::array<std::string_view, 5> names{"failed", "delayed", "delivered", "relayed",
                                                    "expanded"};
    return names[static_cast<std::size_t>(action)];
}

std::string one_line(std::string_view text, std::size_t most, bool utf8)
{
    std::string out = printable(text, most);
    if (utf8) return out;
    for (char& c : out)
        if (is_high(c)) c = '?';
    return out;
}

std::string valid_status(std::string_view status, std::string_view reply, Action action)
{
    const char wanted = class_of(action);
    const auto fits = [wanted](std::string_view s) {
        return !s.empty() && s.front() == wanted && status_length(s) == s.size();
    };
    if (fits(status)) return std::string{status};
    if (reply.size() > 4 && std::ranges::all_of(reply.substr(0, 3), is_digit)) {
        const auto rest = reply.substr(4);
        const auto own = rest.substr(0, status_length(rest));
        if (fits(own)) return std::string{own};
    }
    // What waited too long failed at last: 4.4.7 has become 5.4.7.
    if (wanted == '5' && status.starts_with('4') && status_length(status) == status.size())
        return "5" + std::string{status.substr(1)};
    return std::string{wanted} + ".0.0";
}

std::string typed_address(std::string_view address, bool utf8)
{
    if (std::ranges::none_of(address, is_high)) return "rfc822; " + one_line(address, 320, false);
    if (utf8 || !is_utf8(address)) return "utf-8; " + one_line(address, 640, utf8);
    std::string out = "utf-8; ";
    for (std::size_t i = 0; i < address.size() && out.size() < 2000;) {
        const auto first = static_cast<unsigned char>(address[i]);
        const std::size_t octets = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        std::uint32_t point = octets == 1 ? first : first & (0xffU >> (octets + 1));
        for (std::size_t k = 1; k < octets; ++k)
            point = point << 6U | (static_cast<unsigned char>(address[i + k]) & 0x3fU);
        i += octets;
        if (point > 0x20 && point < 0x7f && point != '\\' && point != '+' && point != '=') {
            out += static_cast<char>(point);
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        std::string hex;
        for (; point > 0 || hex.size() < 2; point >>= 4U)
            hex.insert(hex.begin(), digits[point & 15U]);
        out += "\\x{" + hex + "}";
    }
    return out;
}

bool can_be_returned(std::string_view message)
{
    for (std::size_t line = 0; line < message.size();) {
        const auto end = message.find_first_of(std::string_view{"\r\n\0", 3}, line);
        if (end == message.npos || end - line > longest_line) return false;
        if (message[end] != '\r' || end + 1 >= message.size() || message[end + 1] != '\n')
            return false;
        line = end + 2;
    }
    return true;
}

std::string write_report(const Report& report)
{
    const auto boundary = boundary_for(report);
    std::string out;
    header(out, report, boundary);
    const auto part = [&](std::string_view type, bool eight_bit) {
        out += "--" + boundary + "\r\nContent-Type: ";
        out += type;
        out += eight_bit ? "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" : "\r\n\r\n";
    };
    const bool utf8 = report.utf8;
    part(utf8 ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii", utf8);
    explain_in_words(out, report);
    part(utf8 ? "message/global-delivery-status" : "message/delivery-status", utf8);
    fields(out, report);
    out += "\r\n";
    if (report.whole) {
        part(utf8 ? "message/global" : "message/rfc822",
             utf8 || std::ranges::any_of(report.original, is_high));
        out += report.original;
    } else {
        part(utf8 ? "message/global-headers" : "text/rfc822-headers", utf8);
        out += header_of(report.original, utf8);
    }
    return out + "\r\n--" + boundary + "--\r\n";
}

}  // namespace imc::mail
