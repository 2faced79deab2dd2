#include "config/protocol_log_settings.h"

#include "base/text.h"

#include <algorithm>

namespace imc::config {

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
