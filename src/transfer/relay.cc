#include "transfer/relay.h"

namespace imc::transfer {
namespace {

const config::Network* holding(const std::vector<config::Network>& list, std::string_view address)
{
    for (const auto& network : list)
        if (network.contains(address)) return &network;
    return nullptr;
}

}  // namespace

RelayDecision decide_relay(const config::RelayRules& rules, std::string_view peer,
                           std::string_view local, bool authenticated)
{
    if (rules.use_deny)
        if (const auto* network = holding(rules.deny, peer))
            return {false, "RelayDenyList " + network->text};
    if (rules.use_allow)
        if (const auto* network = holding(rules.allow, peer))
            return {true, "RelayAllowList " + network->text};
    if (rules.use_local)
        if (const auto* network = holding(rules.local, local))
            return {true, "RelayLocalIPList " + network->text};
    if (rules.use_authenticated && authenticated) return {true, "authenticated"};
    return {false, "no rule lets this client relay"};
}

}  // namespace imc::transfer
