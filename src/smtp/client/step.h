#pragma once
/// @file smtp/client/step.h  The words that the client's dialogue and its driver share.
#include "config/domain_profile.h"
#include "smtp/sasl/client.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace imc::smtp::client {

using config::OutboundTls;

enum class Protocol : std::uint8_t { smtp, lmtp };

/// Of a message whose octets the peer does not promise to take.
using EightBit = config::EightBitMail;

/// What is waited for. Each has a time limit of its own (TimeLimits).
enum class Phase : std::uint8_t {
    greeting,
    ehlo,
    helo,
    starttls,
    handshake,
    auth,
    rset,
    mail,
    rcpt,
    data,
    text,
    chunk,
    end_of_data,
    etrn,
    quit
};
/// "sending end of data -- message may be sent more than once", as an administrator reads it.
std::string_view to_string(Phase phase);

struct DialogueSettings {
    std::string hostname;
    Protocol protocol = Protocol::smtp;
    EightBit eight_bit = EightBit::convert;
    std::size_t recipients = 100;   ///< per transaction
    std::uint64_t most_octets = 0;  ///< of a message, ours; 0: no limit
    bool helo_only = false;         ///< this peer does not know EHLO

    OutboundTls tls = OutboundTls::none;
    bool seen_with_tls = false;  ///< `may` means encrypt: this host was better once
    /// Null: no AUTH. A peer that does not take them gets no mail.
    std::shared_ptr<const sasl::Credentials> credentials = {};
    bool secrets_in_clear = false;  ///< the wire is this machine's own
    bool tls_has_failed = false;    ///< so this is in the clear: 530 is not the message's fault
    std::string nonce = {};         ///< of SCRAM; empty: a random one
};

enum class Next : std::uint8_t {
    read_reply,   ///< then on_reply() or on_failure(); phase() tells which time-out applies
    start_tls,    ///< then on_tls() or on_failure(); what came in the clear must be gone before
    look_closer,  ///< at the text: then on_plan() or on_failure()
    send_text,    ///< the text with dots stuffed and its end mark; then on_text_sent(), or
                  ///< on_early_reply() or on_failure()
    send_chunk,   ///< chunk() octets of the text behind the command; then likewise
    idle,         ///< begin() or quit() may follow; what was begun has results
    give_up,      ///< this connection is useless; unfinished() recipients may be tried elsewhere
    reconnect,    ///< same host, new connection: with HELO if wants_helo(), and then carry on
};

struct [[nodiscard]] Step {
    std::string send = {};
    Next next = Next::read_reply;
};

enum class Failure : std::uint8_t {
    timed_out,
    gone,
    malformed,
    unreadable,  ///< our own text: no other host gets it either
    tls,         ///< the handshake, or octets in the clear where it was to begin
};

/// Why a connection came to nothing before any message.
enum class Setback : std::uint8_t {
    none,           ///< the host's own trouble
    name_refused,   ///< HELO
    tls_unmet,      ///< the host offers less than we ask for
    tls_failed,     ///< the handshake
    auth_unusable,  ///< it offers no mechanism that we can use
    auth_refused,   ///< it does not know us
};

}  // namespace imc::smtp::client
