#pragma once
/// @file smtp/server/parameters.h  " SIZE=1000 BODY=8BITMIME" behind the path of MAIL and RCPT.
///
/// Pure functions over what strangers send. Each parameter at most once, of an extension that this
/// listener offers, with a value of its grammar; what an xtext hides must be printable.
///
/// Rules: RFC 5321 4.1.1.11, RFC 1870 (SIZE), RFC 6152 and 3030 (BODY), RFC 6531 (SMTPUTF8),
///        RFC 3461 4 (RET, ENVID, NOTIFY, ORCPT), RFC 4954 5 (AUTH=), RFC 6710 4 (MT-PRIORITY),
///        RFC 6533 3 (utf-8 addresses in ORCPT)
#include "smtp/server/envelope.h"
#include "smtp/server/extensions.h"
#include "smtp/server/reply.h"

#include <optional>
#include <string_view>

namespace imc::smtp {

/// @param into  is changed even when a flaw is found: then forget it.
/// @return  the reply that says what is wrong: 501, 552 or 555. Nothing: all is well.
std::optional<Reply> read_mail_parameters(std::string_view parameters, Extensions offered,
                                          std::uint64_t most_octets, Envelope& into);
std::optional<Reply> read_rcpt_parameters(std::string_view parameters, Extensions offered,
                                          bool utf8, Recipient& into);

}  // namespace imc::smtp
