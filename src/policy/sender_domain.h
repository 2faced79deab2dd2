#pragma once
/// @file policy/sender_domain.h  Does the sender's domain exist, so that a report could reach it?
///
/// Rules:   RFC 5321 5.1 (MX, else address), RFC 7505 4.2 (null MX: 550 5.7.27), RFC 7372
/// Threads: any.
#include "dns/resolver.h"
#include "policy/refusal.h"

namespace imc::policy {

/// 550 5.1.8 when the domain has neither MX nor address, 550 5.7.27 for a null MX, 451 4.1.8 when
/// DNS cannot say by the deadline. @param domain  A-labels; an address literal exists by itself
dns::net::awaitable<Verdict> check_sender_domain(dns::Resolver& resolver, std::string domain,
                                                 Deadline deadline);

}  // namespace imc::policy
