#pragma once
/// @file config/protocol_log_settings.h  Whose conversations are written down, and how much of
/// them.
#include "config/network.h"

namespace imc::config {

struct ProtocolLogSettings {
    unsigned level = 0;  ///< 0 none, 1 connections, 3 and commands, 5 and header sections
    std::vector<Network> networks;   ///< of peers; with `hosts` empty: everybody
    std::vector<std::string> hosts;  ///< of outbound peers, lower case; all below them, too
    unsigned kept_days = 7;
    std::uint64_t day_octets = 256ULL << 20;

    /// A network, or the name of a host or domain. @return false: it is neither
    bool add_peer(std::string_view text);
    /// @param host  name of an outbound peer; else empty
    bool wants(std::string_view address, std::string_view host) const;
};

}  // namespace imc::config
