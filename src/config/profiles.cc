#include "config/profiles.h"

#include "config/profile_fields.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace imc::config {
namespace {

using Key = std::pair<std::string, bool>;  ///< domain, subdomains

std::string joined(const std::vector<std::string>& values)
{
    std::string out;
    for (const auto& value : values)
        out += (out.empty() ? "" : ", ") + value;
    return out;
}

using LayersByDomain = std::unordered_map<std::string_view, std::vector<std::size_t>>;

/// Which layers speak for a key, the farthest first.
std::vector<std::size_t> chain_of(const std::vector<ProfileLayer>& layers,
                                  const LayersByDomain& by_domain, const Key& key)
{
    std::vector<std::size_t> out;
    const auto take = [&](std::string_view domain, bool itself) {
        const auto found = by_domain.find(domain);
        if (found == by_domain.end()) return;
        for (const auto i : found->second)
            if (layers[i].subdomains || (itself && !key.second)) out.push_back(i);
    };
    take(key.first, true);
    for (std::string_view above = key.first;;) {
        const auto dot = above.find('.');
        if (dot == above.npos) break;
        above.remove_prefix(dot + 1);
        take(above, false);
    }
    if (key.first != "*") take("*", false);
    const auto rank = [&](std::size_t i) {
        const auto& layer = layers[i];
        return std::tuple{layer.domain == "*" ? 0 : layer.domain.size(), layer.subdomains ? 0 : 1,
                          static_cast<int>(layer.kind), i};
    };
    std::ranges::sort(out, {}, rank);
    return out;
}

void note(DomainProfile& profile, std::string_view attribute, std::string value,
          const std::string& source)
{
    for (auto& origin : profile.origins) {
        if (origin.attribute != attribute) continue;
        origin.value = std::move(value);
        origin.source = source;
        return;
    }
    profile.origins.push_back({std::string{attribute}, std::move(value), source});
}

void apply(const ProfileLayer& layer, std::size_t number, DomainProfile& into,
           const std::string& secrets, std::vector<ProfileFlaw>& flaws)
{
    for (const auto& field : profile_fields()) {
        const auto found = layer.values.find(std::string{field.attribute});
        if (found == layer.values.end() || found->second.empty()) continue;
        if (layer.kind == ProfileLayer::Kind::connector && !field.on_connector) continue;
        const auto read = field.read(into, found->second, secrets);
        if (read)
            note(into, field.attribute, joined(found->second), layer.source);
        else
            flaws.push_back({number, std::string{field.attribute}, read.error().detail(),
                             std::string{field.expected}});
    }
}

/// All but whom it is for and the hosts.
DomainProfile manners(DomainProfile profile)
{
    profile.domain.clear();
    profile.carrier.clear();
    profile.origins.clear();
    profile.hosts.clear();
    profile.subdomains = true;
    return profile;
}

}  // namespace

ResolvedProfiles resolve_profiles(const std::vector<ProfileLayer>& layers,
                                  const DomainProfile& defaults, const std::string& secrets)
{
    std::set<Key> keys{{"*", true}};
    LayersByDomain by_domain;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        keys.insert({layers[i].domain, layers[i].subdomains});
        by_domain[layers[i].domain].push_back(i);
    }

    ResolvedProfiles out;
    std::set<std::pair<std::size_t, std::string>> told;
    for (const auto& key : keys) {
        DomainProfile profile = defaults;
        profile.domain = key.first;
        std::vector<ProfileFlaw> flaws;
        for (const auto i : chain_of(layers, by_domain, key))
            apply(layers[i], i, profile, secrets, flaws);
        profile.subdomains = key.second;
        for (auto& flaw : flaws)
            if (told.insert({flaw.layer, flaw.attribute}).second)
                out.flaws.push_back(std::move(flaw));
        out.profiles.push_back(std::move(profile));
    }
    const auto all = std::ranges::find(out.profiles, "*", &DomainProfile::domain);
    const auto common = manners(*all);
    for (auto& profile : out.profiles)
        if (manners(profile) != common)
            profile.carrier = (profile.subdomains ? "" : "#") + profile.domain;
    return out;
}

ProfileLayer layer_of(const DeliveryRow& row)
{
    ProfileLayer layer;
    layer.kind = ProfileLayer::Kind::row;
    layer.domain = row.domain;
    layer.subdomains = !row.exact;
    layer.source = "delivery row \"" + row.text + "\"";
    auto& hosts = layer.values["imcSmartHost"];
    for (const auto& host : row.hosts) {
        const bool six = host.name.find(':') != host.name.npos;
        hosts.push_back((six ? "[" + host.name + "]" : host.name) + ":" +
                        std::to_string(host.port));
    }
    if (hosts.empty()) hosts.emplace_back("dns");
    return layer;
}

}  // namespace imc::config
