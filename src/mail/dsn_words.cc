#include "mail/dsn.h"

#include "base/text.h"
#include "mail/trace.h"

#include <algorithm>
#include <array>

// The part of a report that people read.

namespace imc::mail {
namespace {

constexpr std::size_t most_in_words = 100;

struct Reason {
    std::string_view status;  ///< the end of it, "1.1" of "5.1.1"
    std::string_view why;
    std::string_view what_to_do;
};

/// The first whose status fits; one that ends in a dot fits all of its subject.
constexpr std::array reasons{
    Reason{"1.1", "Nobody has this address there.",
           "Look at its spelling, or ask the recipient for the right one in another way."},
    Reason{"1.2", "The domain, what stands behind the @, does not exist or takes no mail.",
           "Look at its spelling."},
    Reason{"1.10", "The domain, what stands behind the @, says that it takes no mail at all.",
           "Ask the recipient for another address."},
    Reason{"1.3", "This is not how a mail address is written.", "Look at its spelling."},
    Reason{"1.4", "More than one recipient has this address, so nobody can say who is meant.",
           "Write to the postmaster there, or ask the recipient for another address."},
    Reason{"1.6", "The recipient has moved and left no new address.",
           "Ask the recipient for the new one in another way."},
    Reason{"1.", "The address is not accepted.", "Look at its spelling."},
    Reason{"2.1", "The mailbox is switched off.", "Reach the recipient in another way."},
    Reason{"2.2", "The mailbox is full.",
           "Send the message again later, or reach the recipient in another way."},
    Reason{"2.3", "The message is too large for this mailbox.",
           "Send it in smaller parts, or put the files where the recipient can fetch them."},
    Reason{"3.4", "The message is too large.",
           "Send it in smaller parts, or put the files where the recipient can fetch them."},
    Reason{"4.4", "No host that takes mail for this domain can be found.",
           "Look at the spelling of the domain; its owner can mend its entries in DNS."},
    Reason{"4.6", "The message would go round in circles.", "Send this report to your postmaster."},
    Reason{"4.7", "It could not be delivered in the time allowed.",
           "Send it again later, or reach the recipient in another way."},
    Reason{"4.", "The host of the recipient cannot be reached.", "Send it again later."},
    Reason{"5.3", "The message has too many recipients.", "Send it to fewer at once."},
    Reason{"6.", "The recipient's host does not take a message of this form.",
           "Send it as plain text, or as another sort of file."},
    Reason{"7.", "A rule forbids it.",
           "If it should be allowed, send this report to the postmaster of whoever set the rule."},
};
constexpr Reason refused{"", "The recipient's host did not take it.",
                         "What the host said may tell more; its postmaster can help."};

const Reason& reason_for(std::string_view status)
{
    const auto end = status.substr(std::min<std::size_t>(2, status.size()));
    for (const auto& reason : reasons)
        if (reason.status.ends_with('.') ? end.starts_with(reason.status) : end == reason.status)
            return reason;
    return refused;
}

bool is_about_size(std::string_view status)
{
    return status.ends_with(".3.4") || status.ends_with(".2.3");
}

void heading(std::string& out, const Report& report, Action action)
{
    out += "\r\n";
    const std::string whose = report.about.empty() ? "Your message" : "The message";
    switch (action) {
    case Action::failed:
        out += whose + " could not be delivered, and will not be tried again, to:\r\n";
        break;
    case Action::delayed:
        out += whose +
               " has not been delivered yet. It is still being tried: NOTHING NEEDS TO BE DONE.\r\n"
               "You will hear again if it fails for good. This is about:\r\n";
        break;
    case Action::delivered: out += whose + " was put into the mailbox of:\r\n"; break;
    case Action::relayed:
        out += whose + " was passed on to a host that does not report, so you may hear no more of "
                       "it, to:\r\n";
        break;
    case Action::expanded:
        out += whose + " was passed on to the members of a list, so you may hear no more of it, "
                       "to:\r\n";
        break;
    }
}

void said(std::string& out, const Report& report, const ReportedRecipient& r)
{
    if (r.reply.empty()) return;
    out += "    ";
    if (!r.host.empty()) out += one_line(r.host, 255, report.utf8) + " said: ";
    out += one_line(r.reply, 900, report.utf8) + "\r\n";
}

void size(std::string& out, const Report& report, const ReportedRecipient& r)
{
    if (report.octets != 0)
        out += "    It has " + std::to_string(report.octets) + " octets. ";
    else
        out += "    ";
    out += r.host.empty()
               ? "The limit is ours, at " + report.host + ":\r\n"
               : "The limit is that of " +
                     one_line(r.host.substr(0, r.host.find('[')), 255, report.utf8) + ":\r\n";
}

void tell(std::string& out, const Report& report, const ReportedRecipient& r)
{
    out += "\r\n  <" + one_line(r.address, 320, report.utf8) + ">\r\n";
    const auto status = valid_status(r.status, r.reply, r.action);
    if (r.action == Action::failed) {
        const auto& reason = reason_for(status);
        out += "    ";
        out += reason.why;
        out += "\r\n";
        if (is_about_size(status)) size(out, report, r);
        said(out, report, r);
        out += "    What you can do: ";
        out += reason.what_to_do;
        out += "\r\n";
        return;
    }
    said(out, report, r);
    if (r.action == Action::delayed && r.retry_until > WallTime{})
        out += "    It is tried until " + rfc5322_date(r.retry_until) + ".\r\n";
}

}  // namespace

void explain_in_words(std::string& out, const Report& report)
{
    out += "This is the mail system at " + report.host + ".\r\n";
    if (!report.about.empty()) out += "\r\n" + one_line(report.about, 900, report.utf8) + "\r\n";
    std::size_t told = 0;
    for (const auto action :
         {Action::failed, Action::delayed, Action::delivered, Action::relayed, Action::expanded}) {
        const auto is = [action](const ReportedRecipient& r) { return r.action == action; };
        if (std::ranges::none_of(report.recipients, is)) continue;
        heading(out, report, action);
        for (const auto& recipient : report.recipients) {
            if (!is(recipient)) continue;
            if (++told <= most_in_words) tell(out, report, recipient);
        }
    }
    if (told > most_in_words)
        out += "\r\n  and " + std::to_string(told - most_in_words) +
               " more, which the next part of this report lists.\r\n";
    out += report.whole ? "\r\nWhat was sent follows below."
                        : "\r\nThe header of what was sent follows below.";
    out += "\r\nFor help, write to " + report.from + ".\r\n\r\n";
}

}  // namespace imc::mail
