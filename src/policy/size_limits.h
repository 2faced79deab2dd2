#pragma once
/// @file policy/size_limits.h  How large a message may be, and which rule says so.
///
/// The closest rule decides: account, domain (the sender's or a recipient's; of several the least,
/// of rows for one domain the longest name), listener, role, direction, then InboundSizeLimit or
/// OutboundSizeLimit. A limit is of octets on the wire; the limit itself passes (Q146264).
///
/// Threads: pure.
#include "config/config.h"
#include "policy/refusal.h"

#include <span>

namespace imc::policy {

struct SizeQuestion {
    std::string_view account = {};
    std::string_view listener = {};
    std::string_view role = {};
    std::string_view sender_domain = {};
    std::span<const std::string> recipient_domains =
        {};                 ///< lower-case A-labels, like the sender's
    bool outbound = false;  ///< some recipient is in another domain
};

struct SizeLimit {
    std::uint64_t octets = 0;  ///< 0: no limit
    std::string rule;          ///< "SizeLimits account alice 100 MiB", "InboundSizeLimit"
    bool allows(std::uint64_t size) const { return octets == 0 || size <= octets; }
};

SizeLimit size_limit(const config::Config& config, const SizeQuestion& question);

/// What SIZE offers before anything is known of the message: the largest that some account or
/// domain may bring through this listener. 0: no limit.
std::uint64_t offered_size(const config::Config& config, std::string_view listener,
                           std::string_view role);

/// 552 5.3.4 naming size, limit and rule.
Verdict judge_size(const SizeLimit& limit, std::uint64_t octets);

}  // namespace imc::policy
