#pragma once
/// @file smtp/server/own_listener.h  Whether a next hop is ourselves.
///
/// Address and port of one of our listeners; loopback on another port is a legal next hop. Of a
/// listener on all addresses every address of this host, which is one that can be bound now; of
/// any, the unspecified address, which connects to it, and the IPv4 address that an IPv6 one wraps.
///
/// KB:      Q190021, Q146126 (smart host is us), Q182406 (several addresses), Q260247 (A record)
/// Threads: any.
#include "config/config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace imc::smtp {

bool is_own_listener(const std::vector<config::ListenerSetting>& listeners, std::string address,
                     std::uint16_t port);

}  // namespace imc::smtp
