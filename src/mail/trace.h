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
    std::string protocol;  ///< of with_protocol()
    std::string single_recipient =
        {};  ///< "for <...>" only when there is one: others must not be shown
    WallTime time{};
    std::string name = {};  ///< the client's reverse name, verified; empty: not known
    std::string id = {};    ///< the queue's; empty: it has none
    std::string tls = {};   ///< "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: in the clear
};

/// "SMTP", "ESMTP", "ESMTPSA", "UTF8SMTPS": the registered names, RFC 3848 and RFC 6531 4.3.
std::string with_protocol(bool extended, bool tls, bool authenticated, bool utf8);

/// With its CRLF; folded.
std::string received_line(const Hop& hop);

/// The Message-ID of the header of `text`, with its <>; empty: there is none. Unchecked but for
/// control characters.
std::string message_id(std::string_view text);

/// Received lines in the header of `text`; looks no further than the first empty line.
std::size_t count_received(std::string_view text);

}  // namespace imc::mail
