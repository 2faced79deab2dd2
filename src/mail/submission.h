#pragma once
/// @file mail/submission.h  What a submission server adds to a message that its author's program
/// left out.
///
/// Rules:   RFC 6409 8.2 (Date), 8.3 (Message-ID); RFC 5322 3.6.1, 3.6.4. Nothing that stands there
///          is touched, and no other mail than that of a client who has signed in.
/// Threads: pure function.
#include "base/time.h"

#include <string>
#include <string_view>

namespace imc::mail {

struct Missing {
    bool date = false;
    bool message_id = false;
    friend bool operator==(const Missing&, const Missing&) = default;
};
/// @param header  up to the empty line; what follows one is not looked at
Missing missing_lines(std::string_view header);

/// Header lines to put before the others, each with its CRLF; empty: nothing is missing.
/// @param unique  of the characters of an atom; nobody else may use it with `host`
std::string completion(std::string_view header, WallTime now, std::string_view unique,
                       std::string_view host);

}  // namespace imc::mail
