#pragma once
/// @file transfer/relay.h  May this client send to other domains? The rules of RelayFlags and its
/// lists.
///
/// Order, historic (Q193922): deny, allow, local address, authenticated; else nobody. Empty is
/// nobody, loopback included (Q260562: once it was everybody). Senders and HELO never matter
/// (Q304897).
///
/// Threads: pure.
#include "config/config.h"

namespace imc::transfer {

struct RelayDecision {
    bool allowed = false;
    std::string rule;  ///< "RelayAllowList 192.0.2.0/24": which rule decided, for reply and explain
};

/// @param peer, local  addresses of the connection's two ends
RelayDecision decide_relay(const config::RelayRules& rules, std::string_view peer,
                           std::string_view local, bool authenticated);

}  // namespace imc::transfer
