#pragma once
/// @file policy/peer_name.h  A client's name by reverse look-up, believed only when it leads back.
///
/// For logs and the Received line; nobody waits for it and nobody is refused for want of it.
///
/// Rules:   RFC 1912 2.1, RFC 8601 2.7.3 (iprev)
/// KB:      Q258745, Q286375, Q166584 (the greeting waited), Q326322 (MS02-037: a long name)
/// Threads: any.
#include "dns/resolver.h"

#include <memory>
#include <optional>

namespace imc::policy {

/// Letters, digits, '-' and '_' in labels of 1 to 63 octets, 253 in all, at least two labels.
bool is_plain_name(std::string_view name);

/// Of the first five names the first that leads back to the address; empty when none does, or when
/// it is not known by the deadline.
dns::net::awaitable<std::string> find_peer_name(dns::Resolver& resolver, std::string address,
                                                Deadline deadline);

/// Remembers names for a while, and lets only so many look-ups run at once.
class PeerNames {
public:
    PeerNames(std::shared_ptr<dns::Resolver> resolver, std::size_t remembered = 4096,
              unsigned most_at_once = 64);
    ~PeerNames();

    /// Nothing: not known. Empty: it has none. Never asks anybody.
    std::optional<std::string> known(const std::string& address, Deadline now);

    /// Asks, unless it is known, or too much is being asked already (then: empty).
    dns::net::awaitable<std::string> look_up(std::string address, Deadline deadline);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::policy
