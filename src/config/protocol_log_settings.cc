#include "config/protocol_log_settings.h"

#include "base/text.h"
#include "config/parse.h"

#include <algorithm>

namespace imc::config {

bool ProtocolLogSettings::add_peer(std::string_view text)
{
    const auto peer = trim(text);
    if (auto network = Network::parse(peer))
        networks.push_back(std::move(*network));
    else if (auto host = parse_domain(peer, 1))
        hosts.push_back(lower(*host));
    else
        return false;
    return true;
}

bool ProtocolLogSettings::wants(std::string_view address, std::string_view host) const
{
    if (networks.empty() && hosts.empty()) return true;
    const auto name = lower(host);
    return std::ranges::any_of(networks, [&](const auto& n) { return n.contains(address); }) ||
           std::ranges::any_of(hosts, [&](const std::string& wanted) {
               return name == wanted || name.ends_with("." + wanted);
           });
}

}  // namespace imc::config
