#pragma once
/// @file mail/pickup.h  A file of the pickup folder: who sends it, to whom, and the message itself.
///
/// Lines X-Sender and X-Receiver are the envelope and go before everything else; without them the
/// sender is that of Sender, else the first of From, and the recipients are all of To, Cc and Bcc.
/// Neither they nor Bcc are part of the message. A lone LF ends a line, as local programs write it;
/// everything else stays as it is, a line with one dot too.
///
/// Rules:   RFC 5322 3.6.2, 3.6.3
/// KB:      Q201314 (precedence), Q161943, Q249273 (Bcc leaked), Q221384 (a lone dot), Q294379
/// (long
///          folded fields)
/// Threads: pure function.
#include "mail/address.h"

#include <vector>

namespace imc::mail {

struct PickupMessage {
    std::string sender;  ///< empty: "X-Sender: <>", a message that must cause no report
    std::vector<std::string> recipients;  ///< at least one, each once, in order
    std::string text;                     ///< line ends CRLF
};

/// Errors: no recipient, no sender, an address that is none, no header.
Parsed<PickupMessage> parse_pickup(std::string_view octets);

}  // namespace imc::mail
