#pragma once
/// @file mail/originators.h  Who a message says it is from: the From and Sender lines.
///
/// Rules:   RFC 5322 3.4 (mailboxes, groups, comments, quoted strings), 3.6.2, 4.4 (obsolete forms
///          are read), 2.2.3 (folding). What a reader of mail could show as the author must be
///          found here: a line that cannot be read is said to be so, never passed over.
/// Threads: pure function.
#include <string>
#include <string_view>
#include <vector>

namespace imc::mail {

struct Originators {
    std::vector<std::string> from;    ///< "ann@example.org", as written, quotes kept
    std::vector<std::string> sender;  ///< likewise
    unsigned from_lines = 0;
    unsigned sender_lines = 0;
    std::string flaw;  ///< "From: no address in \"...\""; empty: all was read
};

/// @param header  up to the empty line; what follows one is not looked at
Originators read_originators(std::string_view header);

}  // namespace imc::mail
