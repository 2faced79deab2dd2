#include "config/domain_profile.h"

#include "config/config.h"

namespace imc::config {
namespace {

bool matches(const DomainProfile& profile, std::string_view domain)
{
    if (profile.domain == domain || profile.domain == "*") return true;
    return profile.subdomains && domain.size() > profile.domain.size() &&
           domain.ends_with(profile.domain) &&
           domain[domain.size() - profile.domain.size() - 1] == '.';
}

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
    const DomainProfile* best = nullptr;
    const auto rank = [](const DomainProfile& p) {
        return p.domain == "*" ? 0 : p.domain.size() * 2 + (p.subdomains ? 0 : 1);
    };
    for (const auto& profile : config.profiles)
        if (matches(profile, domain) && (best == nullptr || rank(profile) > rank(*best)))
            best = &profile;
    return best;
}

DomainProfile profile_for(const Config& config, std::string_view domain)
{
    const auto* best = find_profile(config, domain);
    return best != nullptr ? *best : of_connector(config);
}

}  // namespace imc::config
