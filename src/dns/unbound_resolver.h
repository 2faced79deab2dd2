#pragma once
/// @file dns/unbound_resolver.h  A Resolver on libunbound: a cache and validator in the process.
///
/// It owns one thread that turns its own loop; libunbound's worker is a second one. Queries may
/// come from any executor that runs one handler at a time, and complete there. A query ends at its
/// deadline at the latest; libunbound is told to forget it.
///
/// Rules:   no search list (Q150969); RFC 6761 `test.` and `home.arpa.` are asked like any name,
///          since the administrator's own servers may know them; aliases: at most 10 (the second
///          try after SERVFAIL counts them)
/// Errors:  40300 (no answer), 40301 (aliases go round: or are too many: permanent, 5.4.4)
/// Threads: any.
#include "dns/address.h"
#include "dns/resolver.h"
#include "event/log.h"

#include <memory>

namespace imc::dns {

struct ResolverSettings {
    /// `DnsServers`: each "addr", "addr@port", "v4:port" or "[v6]:port"; empty: those of
    /// resolv.conf; the one word "root": full recursion.
    std::vector<std::string> servers = {};
    std::string resolv_conf = "/etc/resolv.conf";
    std::string trust_anchors = {};  ///< file with DS or DNSKEY records; empty: nothing is secure
    bool prefer_ipv6 = true;
    EventLog* events = nullptr;  ///< where defects are told of (4037); outlives the resolver
};

/// What to ask: empty for "root". @return 40300 naming what is wrong with the settings.
Result<std::vector<Server>> choose_servers(const ResolverSettings& settings);

/// @return 40300 if the settings are wrong or libunbound refuses them.
Result<std::unique_ptr<Resolver>> unbound_resolver(const ResolverSettings& settings);

}  // namespace imc::dns
