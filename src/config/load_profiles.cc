#include "base/files.h"
#include "base/text.h"
#include "config/load_parts.h"
#include "config/parse.h"
#include "config/password_file.h"
#include "config/profile_fields.h"
#include "config/profiles.h"

#include <algorithm>
#include <set>
#include <unordered_map>

// What the directory says of domains: cn=<domain>,cn=E-Mail Domains,<connector>.

namespace imc::config {
namespace {

ProfileLayer layer_of(const Entry& entry, ProfileLayer::Kind kind)
{
    ProfileLayer layer;
    layer.kind = kind;
    layer.source = entry.dn.to_rfc4514();
    for (const auto& field : profile_fields()) {
        const auto values = entry.all(field.attribute);
        if (!values.empty())
            layer.values[std::string{field.attribute}] = {values.begin(), values.end()};
    }
    return layer;
}

constexpr auto container_name = "E-Mail Domains";

}  // namespace

DomainProfile Loader::profile_defaults() const
{
    DomainProfile out;
    out.domain = "*";
    out.connections = config_.outbound_connections_per_host;
    out.messages_per_connection = config_.messages_per_connection;
    const auto say = [&](const char* attribute, std::string value, const char* source) {
        out.origins.push_back({attribute, std::move(value), source});
    };
    say("imcSmartHost", "dns", "default");
    say("imcTls", "may", "default");
    say("imcEightBit", "convert", "default");
    say("imcMaxConnections", std::to_string(out.connections),
        "registry value MaxOutboundConnectionsPerHost");
    say("imcMessagesPerConnection", std::to_string(out.messages_per_connection),
        "registry value MaxMessagesPerConnection");
    say("imcRecipientsPerTransaction", std::to_string(out.recipients_per_transaction), "default");
    for (const auto& field : profile_fields()) {
        const auto read = [&](std::string_view attribute, const char* value) {
            if (field.attribute != attribute) return;
            const std::vector<std::string> values{value};
            (void)field.read(out, values, {});
            out.origins.push_back({std::string{attribute}, value, "default"});
        };
        read("imcRetryHours", "0.25,0.5,1,4");
        read("imcMessageTimeoutHours", "48");
        read("imcNoticeHours", "4");
    }
    return out;
}

void Loader::profile_flaw(const Dn& dn, const std::string& attribute, const std::string& found,
                          const std::string& expected)
{
    auto& a = add("connector.profiles", refused, Status::failed);
    a.where = dn.to_rfc4514() + (attribute.empty() ? "" : ", attribute " + attribute);
    a.found = found;
    a.expected = expected;
    a.why = "mail for a domain could leave another way than it is meant to, which is worse than "
            "not starting";
    if (attribute.empty()) return;
    a.fix = "imc dir modify " + shell_word(dn.to_rfc4514()) + " --remove " + attribute +
            paths_.option() + "  (what the object inherits then holds)";
    Change change{Change::Kind::modify, dn};
    change.changes.push_back({AttributeChange::Kind::remove, attribute, {}});
    a.automatic.directory = {std::move(change)};
}

/// One for the connector object, and one for each object above that says something in its place.
void Loader::connector_layers(const Entry& connector, std::vector<ProfileLayer>& layers,
                              std::vector<Dn>& dns) const
{
    auto whole = layer_of(connector, ProfileLayer::Kind::connector);
    const auto layer_for = [&](const Dn& dn) -> ProfileLayer& {
        for (std::size_t i = 0; i < dns.size(); ++i)
            if (same(dns[i], dn)) return layers[i];
        ProfileLayer layer;
        layer.kind = ProfileLayer::Kind::connector;
        layer.domain = "*";
        layer.source = dn.to_rfc4514();
        layers.push_back(std::move(layer));
        dns.push_back(dn);
        return layers.back();
    };
    (void)layer_for(connector.dn);
    for (auto& [attribute, values] : whole.values)
        layer_for(above_.said_by(attribute)).values[attribute] = std::move(values);
}

void Loader::profiles(const Entry& connector)
{
    const auto before = loaded_.assertions.size();
    const auto container = connector.dn.child("cn", container_name);
    std::vector<ProfileLayer> layers;
    std::vector<Dn> dns;
    connector_layers(connector, layers, dns);
    const auto of_connector = layers.size();
    for (const auto& row : config_.delivery) {
        layers.push_back(config::layer_of(row));
        dns.push_back(connector.dn);
    }
    const auto there = asked_->read(container, deadline_);
    const auto unasked = [&](const Error& why) {
        auto& a = add("connector.profiles", refused, Status::not_evaluated);
        a.where = container.to_rfc4514();
        a.why = why.to_string();
    };
    if (const auto* silent = std::get_if<CannotSay>(&there)) return unasked(silent->reason);
    std::vector<Entry> objects;
    if (std::holds_alternative<Entry>(there)) {
        const auto all = asked_->scan(container, "(objectClass=imcDomainProfile)", deadline_,
                                      [&](Entry&& entry) {
                                          if (same(entry.dn.parent(), container))
                                              objects.push_back(std::move(entry));
                                          return true;
                                      });
        if (!all) return unasked(all.error());
    }
    for (const auto& entry : objects) {
        auto layer = layer_of(entry, ProfileLayer::Kind::object);
        const auto& name = entry.dn.rdns().front().front().value;
        const auto domain = name == "*" ? Result<std::string>{"*"} : parse_domain(name);
        if (!domain) {
            profile_flaw(entry.dn, "", domain.error().detail(),
                         "cn=DOMAIN in A-labels (xn--...), or cn=*");
            continue;
        }
        layer.domain = *domain;
        const auto words = layer.values.find("imcSubdomains");
        layer.subdomains = words == layer.values.end() || words->second.empty() ||
                           !same_word(words->second.front(), "FALSE");
        layers.push_back(std::move(layer));
        dns.push_back(entry.dn);
    }
    auto resolved = resolve_profiles(layers, profile_defaults(), paths_.secrets());
    for (const auto& flaw : resolved.flaws) {
        const bool judged_already =  // by connector_values(), with the same event
            flaw.layer < of_connector &&
            (flaw.attribute == "imcSmartHost" || flaw.attribute == "imcRetryHours" ||
             flaw.attribute == "imcMessageTimeoutHours");
        if (!judged_already)
            profile_flaw(dns[flaw.layer], flaw.attribute, flaw.found, flaw.expected);
    }
    passwords(resolved.profiles, layers, dns);
    config_.profiles = DomainTable<DomainProfile>(std::move(resolved.profiles));
    if (loaded_.assertions.size() == before)
        add("connector.profiles", refused, Status::passed).where = container.to_rfc4514();
}

/// Each is judged once, where it is said.
void Loader::passwords(const std::vector<DomainProfile>& profiles,
                       const std::vector<ProfileLayer>& layers, const std::vector<Dn>& dns)
{
    std::set<std::string> seen;
    std::unordered_map<std::string_view, std::size_t> by_source;
    for (std::size_t i = 0; i < layers.size(); ++i)
        by_source.try_emplace(layers[i].source, i);
    const auto dn_of = [&](const DomainProfile& profile, std::string_view attribute) {
        for (const auto& origin : profile.origins) {
            if (origin.attribute != attribute) continue;
            const auto found = by_source.find(origin.source);
            if (found != by_source.end()) return dns[found->second];
        }
        return dns.front();
    };
    for (const auto& profile : profiles) {
        if (profile.auth_user.empty()) continue;
        if (profile.auth_password_file.empty()) {
            const auto dn = dn_of(profile, "imcAuthUser");
            if (!seen.insert(dn.to_rfc4514()).second) continue;
            profile_flaw(dn, "imcAuthUser", "a user without imcAuthPasswordFile",
                         "the name of a file in " + paths_.secrets() + " with the password");
            continue;
        }
        if (!seen.insert(profile.auth_password_file).second) continue;
        const auto flaw = password_file_flaw(profile.auth_password_file);
        if (flaw.empty()) continue;
        profile_flaw(dn_of(profile, "imcAuthPasswordFile"), "imcAuthPasswordFile", flaw,
                     "a file with a password in one line, readable by its owner only");
        auto& a = loaded_.assertions.back();
        a.automatic = {};
        a.fix = "install -m 0600 FILE-WITH-THE-PASSWORD " + shell_word(profile.auth_password_file);
        const auto status = real_files().status(profile.auth_password_file);
        if (status && (status->mode & 077U) != 0) {
            a.fix = "chmod 600 " + shell_word(profile.auth_password_file);
            a.automatic.modes = {{profile.auth_password_file, status->mode, 0600}};
        }
    }
}

}  // namespace imc::config
