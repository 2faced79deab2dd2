#pragma once
/// @file cli/sendmail/dialogue.h  `sendmail -bs`: the SMTP server's own dialogue on standard input
/// and output; each message goes into the pickup folder.
///
/// The service need not run, and relay rules are not asked: whoever may write into the folder may
/// send. DSN, SIZE, 8BITMIME, SMTPUTF8 and CHUNKING are offered; TLS and AUTH make no sense here.
#include "cli/sendmail/drop.h"

#include <functional>

namespace imc::cli::sendmail {

struct SmtpHere {
    std::string host;           ///< what we greet with
    std::uint64_t most_octets;  ///< of the pickup file
    std::uint64_t most_recipients;
    std::function<std::variant<std::string, Failure>(std::string_view content)> drop;
};

/// Until QUIT, the end of input, or five minutes of silence.
/// @return  0, or the status of the last message that could not be taken
int speak_smtp(const SmtpHere& here);

}  // namespace imc::cli::sendmail
