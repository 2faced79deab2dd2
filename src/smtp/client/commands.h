#pragma once
/// @file smtp/client/commands.h  MAIL and RCPT as this peer may hear them. Pure.
///
/// What it does not offer is left out: each parameter belongs to an extension.
///
/// Rules:   RFC 5321 4.1.1.2 and 4.1.1.3 (a path always stands in <>, Q167197), RFC 1870, 3030,
///          3461 4, 6152, 6531, 6710
#include "smtp/client/delivery.h"
#include "smtp/client/extensions.h"

namespace imc::smtp::client {

/// What the text of this transaction is.
struct MailWords {
    std::uint64_t octets = 0;
    bool binary = false;
    bool eight_bit = false;
    bool utf8 = false;
};

bool has_high_octets(std::string_view text);

/// With its CRLF.
std::string mail_command(const Transaction& transaction, const MailWords& words,
                         const PeerExtensions& peer);
std::string rcpt_command(const Transaction& transaction, std::size_t recipient,
                         const PeerExtensions& peer);

}  // namespace imc::smtp::client
