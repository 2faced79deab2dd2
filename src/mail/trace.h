#pragma once
/// @file mail/trace.h  Trace lines: the Received we add, and those we count.
///
/// Rules: RFC 5321 4.4, 6.3 (loops are found by counting), RFC 5322 3.3 (dates).
#include "base/time.h"

#include <string>
#include <string_view>

namespace imc::mail {

std::string rfc5322_date(WallTime time);  ///< "Tue, 24 Nov 2026 12:00:00 +0000"

struct Hop {
    std::string helo;      ///< what the client called itself
    std::string peer;      ///< its address
    std::string host;      ///< our name
    std::string protocol;  ///< "ESMTP", "SMTP"
    std::string single_recipient =
        {};  ///< "for <...>" only when there is one: others must not be shown
    WallTime time{};
};

/// With its CRLF; folded.
std::string received_line(const Hop& hop);

/// Received lines in the header of `text`; looks no further than the first empty line.
std::size_t count_received(std::string_view text);

}  // namespace imc::mail
