#include "event/status_codes.h"

#include "base/text.h"
#include "event/wrap.h"

#include <algorithm>
#include <array>

namespace imc {
namespace {

struct Detail {
    unsigned subject, detail;
    std::string_view title, source;
};

constexpr Detail details[] = {
    {0, 0, "Other undefined status", "RFC 3463"},
    {1, 0, "Other address status", "RFC 3463"},
    {1, 1, "Bad destination mailbox address", "RFC 3463"},
    {1, 2, "Bad destination system address", "RFC 3463"},
    {1, 3, "Bad destination mailbox address syntax", "RFC 3463"},
    {1, 4, "Destination mailbox address ambiguous", "RFC 3463"},
    {1, 5, "Destination address valid", "RFC 3463"},
    {1, 6, "Destination mailbox has moved, no forwarding address", "RFC 3463"},
    {1, 7, "Bad sender's mailbox address syntax", "RFC 3463"},
    {1, 8, "Bad sender's system address", "RFC 3463"},
    {1, 9, "Message relayed to non-compliant mailer", "RFC 3886, 5248"},
    {1, 10, "Recipient address has null MX", "RFC 7505"},
    {2, 0, "Other or undefined mailbox status", "RFC 3463"},
    {2, 1, "Mailbox disabled, not accepting messages", "RFC 3463"},
    {2, 2, "Mailbox full", "RFC 3463"},
    {2, 3, "Message length exceeds administrative limit", "RFC 3463"},
    {2, 4, "Mailing list expansion problem", "RFC 3463"},
    {3, 0, "Other or undefined mail system status", "RFC 3463"},
    {3, 1, "Mail system full", "RFC 3463"},
    {3, 2, "System not accepting network messages", "RFC 3463, 7504"},
    {3, 3, "System not capable of selected features", "RFC 3463"},
    {3, 4, "Message too big for system", "RFC 3463"},
    {3, 5, "System incorrectly configured", "RFC 3463"},
    {3, 6, "Requested priority was changed", "RFC 6710"},
    {4, 0, "Other or undefined network or routing status", "RFC 3463"},
    {4, 1, "No answer from host", "RFC 3463"},
    {4, 2, "Bad connection", "RFC 3463"},
    {4, 3, "Directory server failure", "RFC 3463"},
    {4, 4, "Unable to route", "RFC 3463"},
    {4, 5, "Mail system congestion", "RFC 3463"},
    {4, 6, "Routing loop detected", "RFC 3463"},
    {4, 7, "Delivery time expired", "RFC 3463"},
    {5, 0, "Other or undefined protocol status", "RFC 3463"},
    {5, 1, "Invalid command", "RFC 3463"},
    {5, 2, "Syntax error", "RFC 3463"},
    {5, 3, "Too many recipients", "RFC 3463"},
    {5, 4, "Invalid command arguments", "RFC 3463"},
    {5, 5, "Wrong protocol version", "RFC 3463"},
    {5, 6, "Authentication exchange line is too long", "RFC 4954"},
    {6, 0, "Other or undefined media error", "RFC 3463"},
    {6, 1, "Media not supported", "RFC 3463"},
    {6, 2, "Conversion required and prohibited", "RFC 3463"},
    {6, 3, "Conversion required but not supported", "RFC 3463"},
    {6, 4, "Conversion with loss performed", "RFC 3463"},
    {6, 5, "Conversion failed", "RFC 3463"},
    {6, 6, "Message content not available", "RFC 4468"},
    {6, 7, "Non-ASCII addresses not permitted for that sender or recipient", "RFC 6531"},
    {6, 8, "UTF-8 string reply is required, but not permitted by the SMTP client", "RFC 6531"},
    {6, 9, "UTF-8 header message cannot be transferred to one or more recipients", "RFC 6531"},
    {6, 10, "UTF-8 header message cannot be transferred (deprecated spelling of 6.9)", "RFC 6531"},
    {6, 11, "Lone CR or LF in the message", "imc; not registered"},
    {7, 0, "Other or undefined security status", "RFC 3463"},
    {7, 1, "Delivery not authorized, message refused", "RFC 3463"},
    {7, 2, "Mailing list expansion prohibited", "RFC 3463"},
    {7, 3, "Security conversion required but not possible", "RFC 3463"},
    {7, 4, "Security features not supported", "RFC 3463"},
    {7, 5, "Cryptographic failure", "RFC 3463"},
    {7, 6, "Cryptographic algorithm not supported", "RFC 3463"},
    {7, 7, "Message integrity failure", "RFC 3463"},
    {7, 8, "Authentication credentials invalid", "RFC 4954"},
    {7, 9, "Authentication mechanism is too weak", "RFC 4954"},
    {7, 10, "Encryption needed", "RFC 5248"},
    {7, 11, "Encryption required for requested authentication mechanism", "RFC 4954"},
    {7, 12, "A password transition is needed", "RFC 4954"},
    {7, 13, "User account disabled", "RFC 5248"},
    {7, 14, "Trust relationship required", "RFC 5248"},
    {7, 15, "Priority level is too low", "RFC 6710"},
    {7, 16, "Message is too big for the specified priority", "RFC 6710"},
    {7, 17, "Mailbox owner has changed", "RFC 7293"},
    {7, 18, "Domain owner has changed", "RFC 7293"},
    {7, 19, "RRVS test cannot be completed", "RFC 7293"},
    {7, 20, "No passing DKIM signature found", "RFC 7372"},
    {7, 21, "No acceptable DKIM signature found", "RFC 7372"},
    {7, 22, "No valid author-matched DKIM signature found", "RFC 7372"},
    {7, 23, "SPF validation failed", "RFC 7372"},
    {7, 24, "SPF validation error", "RFC 7372"},
    {7, 25, "Reverse DNS validation failed", "RFC 7372"},
    {7, 26, "Multiple authentication checks failed", "RFC 7372"},
    {7, 27, "Sender address has null MX", "RFC 7505"},
    {7, 28, "Mail flood detected", "the registry of RFC 5248"},
    {7, 29, "ARC validation failure", "RFC 8617"},
    {7, 30, "REQUIRETLS support required", "RFC 8689"},
};

constexpr std::array<std::string_view, 8> subjects{"other or undefined",
                                                   "addressing",
                                                   "mailbox",
                                                   "mail system",
                                                   "network and routing",
                                                   "mail delivery protocol",
                                                   "message content or media",
                                                   "security or policy"};

struct Text {
    std::string_view code, text;
};

/// What imc means by a code when it says it.
constexpr Text ours[] = {
    {"2.0.0", "Done."},
    {"2.1.0", "The sender address is accepted."},
    {"2.1.5", "The recipient is accepted: it was found in the directory, or the client may relay."},
    {"4.1.4", "The address belongs to more than one object (event 10000); mail waits until one of "
              "them is changed: imc explain rcpt ADDRESS names them."},
    {"4.3.0", "The directory or the spool could not be asked now (events 40001, 40150). The sender "
              "tries again; nothing was refused for good."},
    {"4.3.1", "The spool's disk is almost full (event 3018). The sender tries again."},
    {"4.3.2",
     "The service is stopping, held, or at its limit of connections. The sender tries again."},
    {"4.4.1", "The other host does not answer or cannot be reached. The message waits for its next "
              "attempt: imc queue ls."},
    {"4.4.2", "The connection broke, or was silent for too long."},
    {"4.4.3", "DNS could not be asked. This never means that the name does not exist."},
    {"4.5.3", "Too many recipients for one message; the rest go in another copy."},
    {"5.1.1", "The directory was asked and has no such recipient: imc explain rcpt ADDRESS."},
    {"5.1.2", "The domain does not exist, or has no mail host."},
    {"5.1.3", "The address cannot be read."},
    {"5.1.7", "The sender's address cannot be read."},
    {"5.1.10", "The domain says that it takes no mail (null MX)."},
    {"5.3.4", "The message is larger than this connector (InboundSizeLimit) or the next host "
              "takes."},
    {"5.4.4", "The host's name leads nowhere, or in circles."},
    {"5.4.6",
     "The message goes round in circles (event 4098), or the next host is this connector itself."},
    {"5.4.7", "The message waited as long as it may (48 hours unless set) and is returned."},
    {"5.5.1", "A command out of order, or one that is not supported."},
    {"5.5.2", "A command that cannot be read, or a line that is too long."},
    {"5.5.4", "A parameter that cannot be read or is not supported."},
    {"5.6.11",
     "A lone CR or LF in the message; lines end with CRLF. Whoever sent it must be mended: such "
     "lines can smuggle a second message past a filter."},
    {"5.7.1", "Refused by policy: this client may not send to other domains (RelayAllowList), or a "
              "rule refuses it. Which one: imc explain relay --peer IP --to ADDRESS."},
};

struct ReplyCode {
    std::string_view code, title;
};

constexpr ReplyCode replies[] = {
    {"211", "System status, or help"},
    {"214", "Help message"},
    {"220", "Service ready: the greeting, or go ahead with TLS"},
    {"221", "Closing the connection, as asked"},
    {"235", "Authentication succeeded (RFC 4954)"},
    {"250", "Done. After the text of a message: it is on stable storage, and ours to deliver"},
    {"251", "The user is not local; the message is forwarded"},
    {"252", "Cannot verify the user, but takes the message and tries"},
    {"334", "Authentication goes on (RFC 4954)"},
    {"354", "Send the text, end with a line of one dot"},
    {"421", "Service not available, closing the connection; try again later"},
    {"422", "The mailbox has exceeded its limit for now"},
    {"432", "A password transition is needed (RFC 4954)"},
    {"450", "Mailbox unavailable now: busy, or blocked for the moment"},
    {"451", "Error while processing: nothing is wrong with the message; try again later"},
    {"452", "Not enough storage now, or too many recipients at once"},
    {"454", "TLS or authentication not available for now (RFC 3207, 4954)"},
    {"455", "The parameters cannot be accommodated now"},
    {"500", "Syntax error, command not known, or line too long"},
    {"501", "Syntax error in parameters"},
    {"502", "Command not implemented"},
    {"503", "Bad sequence of commands"},
    {"504", "Parameter not implemented"},
    {"521", "This host takes no mail (RFC 7504)"},
    {"530", "Authentication or TLS is needed first (RFC 3207, 4954)"},
    {"534", "Authentication mechanism is too weak (RFC 4954)"},
    {"535", "Authentication credentials invalid (RFC 4954)"},
    {"538", "Encryption is needed for this authentication mechanism (RFC 4954)"},
    {"550", "Refused for good: no such mailbox, or not permitted"},
    {"551", "The user is not local; try another path"},
    {"552", "The message is too large, or the storage of the user is used up"},
    {"553", "The mailbox name is not allowed"},
    {"554", "The transaction failed, or: no SMTP service here"},
    {"555", "MAIL or RCPT parameters not known"},
    {"556", "The domain takes no mail (RFC 7504)"},
};

std::string_view class_text(unsigned digit)
{
    switch (digit) {
    case 2: return "success";
    case 3: return "go on";
    case 4: return "temporary failure: the sender keeps the message and tries again";
    case 5: return "permanent failure: the sender returns the message";
    default: return {};
    }
}

std::string_view text_of(std::string_view code)
{
    const auto* const row = std::ranges::find(ours, code, &Text::code);
    return row == std::end(ours) ? std::string_view{} : row->text;
}

}  // namespace

std::optional<StatusMeaning> find_status(std::string_view code)
{
    if (const auto* const reply = std::ranges::find(replies, code, &ReplyCode::code);
        reply != std::end(replies))
        return StatusMeaning{std::string{code},
                             std::string{class_text(static_cast<unsigned>(code[0] - '0'))},
                             {},
                             std::string{reply->title},
                             {},
                             "RFC 5321"};
    const auto parts = split(code, '.');
    if (parts.size() != 3 || code.size() > 9) return {};
    const auto kind = parse_number(parts[0]);
    const auto subject = parse_number(parts[1]);
    const auto detail = parse_number(parts[2]);
    if (!kind || !subject || !detail || (*kind != 2 && *kind != 4 && *kind != 5) ||
        *subject >= subjects.size() || *detail > 999)
        return {};
    StatusMeaning out{std::string{code},
                      std::string{class_text(static_cast<unsigned>(*kind))},
                      std::string{subjects[*subject]},
                      "a detail that nobody registered; class and subject say what there is to say",
                      std::string{text_of(code)},
                      "RFC 3463"};
    for (const auto& row : details)
        if (row.subject == *subject && row.detail == *detail) {
            out.title = row.title;
            out.source = row.source;
        }
    return out;
}

std::string explain(const StatusMeaning& meaning)
{
    std::string out = meaning.code + "  " + meaning.title + "  (" +
                      (meaning.subject.empty() ? "reply code" : "status code") + ", " +
                      meaning.source + ")\n\n";
    wrap(out, meaning.kind, 2);
    if (!meaning.subject.empty()) wrap(out, "subject: " + meaning.subject, 2);
    if (!meaning.text.empty()) {
        out += "\n";
        wrap(out, "From this connector: " + meaning.text, 2);
    }
    return out;
}

}  // namespace imc
