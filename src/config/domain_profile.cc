#include "config/domain_profile.h"

#include "config/config.h"

namespace imc::config {
namespace {

DomainProfile of_connector(const Config& config)
{
    DomainProfile out;
    out.domain = "*";
    out.hosts = config.smart_hosts;
    out.connections = config.outbound_connections_per_host;
    out.messages_per_connection = config.messages_per_connection;
    for (auto& plan : out.retry) {
        plan.after = config.retry_after;
        plan.timeout = config.message_timeout;
    }
    return out;
}

}  // namespace

const DomainProfile* find_profile(const Config& config, std::string_view domain)
{
    return config.profiles.find(domain);
}

DomainProfile profile_for(const Config& config, std::string_view domain)
{
    const auto* best = find_profile(config, domain);
    return best != nullptr ? *best : of_connector(config);
}

}  // namespace imc::config
