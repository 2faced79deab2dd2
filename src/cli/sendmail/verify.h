#pragma once
/// @file cli/sendmail/verify.h  `sendmail -bv`: who the recipients are, as the service would find.
///
/// Asks the directory itself, so the service need not run; nothing is sent.
#include "cli/command.h"

namespace imc::cli::sendmail {

/// One line, or one JSON object, for each. @return  of sysexits.h: the worst
int verify(Context& context, const std::vector<std::string>& recipients);

}  // namespace imc::cli::sendmail
