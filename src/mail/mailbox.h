#pragma once
/// @file mail/mailbox.h  One mailbox as it may stand in a header: "Ann Lee <ann@example.org>".
///
/// Strict, to say what is right: mail/header.h finds addresses in what strangers wrote, right or
/// not. Obsolete forms are read and named: they are to be understood, and never to be written.
///
/// Rules:   RFC 5322 3.2 (comments, folding, quoted strings), 3.4, 4.4 (obsolete forms); RFC 6532
///          (UTF-8)
/// Errors:  what is wrong, and where.
/// Threads: pure function.
#include "mail/address.h"

#include <vector>

namespace imc::mail {

struct Mailbox {
    std::string display_name;           ///< without quotes; empty: none
    std::string local;                  ///< unquoted
    std::string domain;                 ///< "example.org", "[192.0.2.1]", as written
    std::vector<std::string> comments;  ///< without the outer parentheses, in order
    bool angle = false;                 ///< the address stands in <>
    bool utf8 = false;                  ///< of the local part or domain
    std::string obsolete;  ///< the first obsolete form, "space within the local part"; or empty
};

Parsed<Mailbox> parse_mailbox(std::string_view text);

}  // namespace imc::mail
