#pragma once
/// @file transfer/relay.h  May this client send to other domains? One decision over one object.
///
/// Order: RelayMode off; the row of the routing table that the domain matched, if it says so, and
/// RelayDomains (always relay, Q195969); deny; a submission listener, where
/// who has signed in may (docs/decisions/20261126-submission-relays.md); then historic (Q193922):
/// allow, local address, authenticated, and ours: client certificate; else nobody. Empty is nobody,
/// loopback included (Q260562: once it was everybody). Senders and HELO never matter (Q304897), and
/// the recipient only by its last domain: user%other@ours is a local name, whatever it looks like.
///
/// Threads: pure.
#include "config/config.h"

namespace imc::transfer {

struct RelayQuestion {
    std::string_view peer;                          ///< address of the client
    std::string_view local;                         ///< our address it came to
    std::string_view domain = {};                   ///< of the recipient, as written
    std::string_view account = {};                  ///< authenticated as; empty: nobody
    std::string_view certificate_subject = {};      ///< verified; empty: none
    std::string_view certificate_fingerprint = {};  ///< SHA-256 in hexadecimal
    std::string_view role = "mx";                   ///< of the listener
    config::RowRelay row = config::RowRelay::inherit;
    std::string_view row_text = {};  ///< that row
};

/// One rule that was looked at.
struct RelayStep {
    std::string rule;     ///< "RelayDenyList", or with its row: "RelayAllowList 192.0.2.0/24"
    std::string finding;  ///< "holds no network with 192.0.2.1"
    bool decides = false;
};

struct RelayDecision {
    bool allowed = false;
    std::string rule;  ///< which rule decided, for reply and explain
};

/// @param steps  if given, gets every rule that was looked at, in order
RelayDecision decide_relay(const config::RelayRules& rules, const RelayQuestion& question,
                           std::vector<RelayStep>* steps = nullptr);

}  // namespace imc::transfer
