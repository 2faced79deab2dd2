#pragma once
/// @file mail/pickup.h  A file of the pickup folder: who sends it, to whom, and the message itself.
///
/// Lines X-Sender and X-Receiver are the envelope and go before everything else; without them the
/// sender is that of Sender, else the first of From, and the recipients are all of To, Cc and Bcc.
/// Behind a line X-EndOfInjectedXHeaders such lines are the author's and mean nothing to us.
/// Neither the envelope nor Bcc is part of the message. Lines end as local programs write them
/// (mail/local_message.h); everything else stays as it is, a line with one dot too.
///
/// Format:  docs/formats/pickup.md
/// Rules:   RFC 5322 3.6.2, 3.6.3
/// KB:      Q201314 (precedence), Q161943, Q249273 (Bcc leaked), Q221384 (a lone dot), Q294379
///          (long folded fields)
/// Threads: pure function.
#include "mail/address.h"

#include <cstdint>
#include <vector>

namespace imc::mail {

/// A file is read into memory, whatever InboundSizeLimit says.
inline constexpr std::uint64_t most_pickup_octets = 256ULL << 20;

struct PickupRecipient {
    std::string address;
    std::string parameters = {};  ///< as they would stand behind RCPT TO, unjudged
    friend bool operator==(const PickupRecipient&, const PickupRecipient&) = default;
};

struct PickupMessage {
    std::string sender;           ///< empty: "X-Sender: <>", a message that must cause no report
    std::string parameters = {};  ///< as they would stand behind MAIL FROM, unjudged
    std::vector<PickupRecipient> recipients;  ///< at least one, each once, in order
    std::string text;                         ///< line ends CRLF
};

/// Errors: no recipient, no sender, an address that is none, no header.
/// @param own_domain  completes addresses that are a lone local part, those of the header too;
/// empty: they are flaws
Parsed<PickupMessage> parse_pickup(std::string_view octets, std::string_view own_domain = {});

}  // namespace imc::mail
