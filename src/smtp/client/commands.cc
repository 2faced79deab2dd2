#include "smtp/client/commands.h"

#include "base/notify.h"
#include "smtp/client/step.h"
#include "smtp/xtext.h"

#include <algorithm>
#include <array>

namespace imc::smtp::client {
namespace {

/// RFC 6533 3: a UTF-8 address goes raw where SMTPUTF8 does, else as "\x{20AC}" in xtext.
std::string original_words(std::string_view original, bool utf8)
{
    const auto semicolon = original.find(';');
    if (semicolon == original.npos) return {};
    const auto type = std::string{original.substr(0, semicolon)};
    const auto address = original.substr(semicolon + 1);
    if (has_high_octets(address)) return utf8 ? type + ";" + std::string{address} : std::string{};
    return type + ";" + xtext_encode(address);
}

}  // namespace

std::string_view to_string(Phase phase)
{
    switch (phase) {
    case Phase::greeting: return "waiting for the greeting";
    case Phase::ehlo: return "sending EHLO";
    case Phase::helo: return "sending HELO";
    case Phase::starttls: return "sending STARTTLS";
    case Phase::handshake: return "beginning TLS";
    case Phase::auth: return "signing in";
    case Phase::rset: return "sending RSET";
    case Phase::mail: return "sending MAIL FROM";
    case Phase::rcpt: return "sending RCPT TO";
    case Phase::data: return "sending the DATA command";
    case Phase::text: return "sending the message text";
    case Phase::chunk: return "sending a chunk of the message text";
    case Phase::end_of_data: return "sending end of data -- message may be sent more than once";
    case Phase::etrn: return "sending ETRN";
    case Phase::quit: return "sending QUIT";
    }
    return "?";
}

bool has_high_octets(std::string_view text)
{
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
}

std::string mail_command(const Transaction& transaction, const MailWords& words,
                         const PeerExtensions& peer)
{
    std::string command = "MAIL FROM:<" + transaction.sender + ">";
    if (peer.size) command += " SIZE=" + std::to_string(words.octets);
    if (words.binary)
        command += " BODY=BINARYMIME";
    else if (words.eight_bit && peer.eight_bit_mime)
        command += " BODY=8BITMIME";
    if (words.utf8 && peer.smtp_utf8) command += " SMTPUTF8";
    if (peer.dsn && !transaction.ret.empty()) command += " RET=" + transaction.ret;
    if (peer.dsn && !transaction.envid.empty())
        command += " ENVID=" + xtext_encode(transaction.envid);
    if (peer.mt_priority && transaction.priority != 0)
        command += " MT-PRIORITY=" + std::to_string(transaction.priority);
    return command + "\r\n";
}

std::string rcpt_command(const Transaction& transaction, std::size_t recipient,
                         const PeerExtensions& peer)
{
    std::string command = "RCPT TO:<" + transaction.recipients[recipient] + ">";
    if (peer.dsn && !transaction.wishes.empty()) {
        const auto& wish = transaction.wishes[recipient];
        if (wish.notify != 0)
            command += " NOTIFY=" + notify::words((wish.notify & notify::never) != 0 ? notify::never
                                                                                     : wish.notify);
        const auto original = original_words(wish.original, peer.smtp_utf8);
        if (!original.empty()) command += " ORCPT=" + original;
    }
    return command + "\r\n";
}

}  // namespace imc::smtp::client
