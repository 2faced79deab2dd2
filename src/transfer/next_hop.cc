#include "transfer/next_hop.h"

#include "base/text.h"
#include "transfer/expansion.h"

#include <algorithm>

namespace imc::transfer {
namespace {

std::string bracketed(const HostPort& host)
{
    return "[" + host.host + "]:" + std::to_string(host.port);
}

std::vector<HostPort> hosts_of(const std::vector<config::Host>& hosts)
{
    std::vector<HostPort> out;
    out.reserve(hosts.size());
    for (const auto& host : hosts)
        out.push_back({host.name, host.port});
    return out;
}

std::string key_of(std::string_view kind, const std::vector<HostPort>& hosts)
{
    std::string list;
    for (const auto& host : hosts)
        list += (list.empty() ? "" : ",") + bracketed(host);
    return std::string{kind} + ":" + list;
}

/// "unix:/path" or "host:port".
std::optional<ToLmtp> lmtp(std::string_view text)
{
    if (starts_with_word(text, "unix:")) return ToLmtp{{}, std::string{text.substr(5)}};
    const auto colon = text.rfind(':');
    const auto port = colon == text.npos ? std::nullopt : parse_number(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return {};
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return ToLmtp{{std::string{host}, static_cast<std::uint16_t>(*port)}, {}};
}

bool row_matches(const config::DeliveryRow& row, std::string_view domain)
{
    if (row.domain == "*" || row.domain == domain) return true;
    return !row.exact && domain.size() > row.domain.size() && domain.ends_with(row.domain) &&
           domain[domain.size() - row.domain.size() - 1] == '.';
}

/// Points into the profile.
std::string_view source_of(const config::DomainProfile& profile, std::string_view attribute)
{
    for (const auto& origin : profile.origins)
        if (origin.attribute == attribute) return origin.source;
    return {};
}

/// Mail of two domains shares a queue where hosts and manners are the same.
Route by_profile(const config::Config& config, const config::DomainProfile& profile,
                 const std::string& domain, const std::string& address)
{
    const auto source = source_of(profile, "imcSmartHost");
    const bool ours = source == config.connector.to_rfc4514();
    if (profile.hosts.empty()) {
        const bool said = !source.empty() && source != "default" && !ours;
        return {ToMx{domain, config.outbound_port}, "mx:" + domain, address,
                said ? std::string{source} + ": by DNS" : "by DNS: MX of " + domain};
    }
    auto hosts = hosts_of(profile.hosts);
    auto key = key_of("smtp", hosts);
    if (!profile.carrier.empty()) key += " as " + profile.carrier;
    return {ToSmartHosts{std::move(hosts)}, std::move(key), address,
            std::string{ours ? "smart host of the connector" : source}};
}

CannotSay flawed(std::string detail)
{
    return CannotSay{Error{EventId::value_invalid, std::move(detail)}};
}

}  // namespace

Route next_hop(const config::Config& config, const mail::Address& address,
               const std::string& domain, std::vector<std::string>* why)
{
    const auto* const best = config.delivery.find(domain);
    if (why != nullptr)
        for (const auto& row : config.delivery)
            why->push_back("row \"" + row.text + "\": " +
                           (&row == best               ? "matches"
                            : row_matches(row, domain) ? "matches, but a closer row does, too"
                                                       : "does not match " + domain));
    const auto text = address.to_string();
    // Whose word it is, row or profile, was settled when the configuration was read.
    if (const auto* profile = config::find_profile(config, domain))
        return by_profile(config, *profile, domain, text);
    if (best != nullptr && !best->hosts.empty()) {
        auto hosts = hosts_of(best->hosts);
        auto key = key_of("smtp", hosts);
        return {ToSmartHosts{std::move(hosts)}, std::move(key), text,
                "delivery row \"" + best->text + "\""};
    }
    if (best == nullptr && !config.smart_hosts.empty()) {
        auto hosts = hosts_of(config.smart_hosts);
        auto key = key_of("smtp", hosts);
        return {ToSmartHosts{std::move(hosts)}, std::move(key), text,
                "smart host of the connector"};
    }
    return {ToMx{domain, config.outbound_port}, "mx:" + domain, text,
            best != nullptr ? "delivery row \"" + best->text + "\": by DNS"
                            : "by DNS: MX of " + domain};
}

Route to_named_hosts(std::string_view kind, const std::vector<config::Host>& hosts,
                     const std::string& address, std::string why)
{
    auto named = hosts_of(hosts);
    auto key = key_of(kind, named);
    Route out{ToSmartHosts{std::move(named)}, std::move(key), address, std::move(why)};
    out.by_profile = false;
    return out;
}

std::string_view kind_of(const Entry& entry)
{
    if (!entry.first("targetAddress").empty()) return "contact";
    if (is_list(entry)) return "distribution list";
    if (entry.has_class("imcPublicFolder")) return "public folder";
    return "mailbox";
}

Resolution deliver_to(const config::Config& config, const Entry& entry, const std::string& address)
{
    const auto name = entry.dn.to_rfc4514();
    const auto why = std::string{kind_of(entry)} + " " + name;
    // What belongs elsewhere must not end in a folder that nobody, or somebody else, reads.
    if (!entry.first("targetAddress").empty())
        return flawed(name + ": has targetAddress, so its mail cannot also stay here (altRecipient "
                             "with deliverAndRedirect)");
    if (entry.has_class("imcContact") && !entry.has_class("imcMailbox"))
        return flawed(name + ": a contact without targetAddress");
    const auto alias = std::string{entry.first("mailNickname")};
    std::string_view store = entry.first("homeMDB");
    if (store.empty()) store = config.lmtp;
    if (starts_with_word(store, "lmtp:")) store.remove_prefix(5);
    if (starts_with_word(store, "maildir:")) {
        const std::string folder{store.substr(8)};
        return Route{ToMaildir{folder}, "maildir:" + folder, address, why};
    }
    if (!store.empty()) {
        auto server = lmtp(store);
        if (!server)
            return flawed(name + ": homeMDB \"" + printable(store, 100) +
                          "\", maildir:/PATH or lmtp:HOST:PORT expected");
        auto key = "lmtp:" + (server->socket.empty() ? bracketed(server->server) : server->socket);
        return Route{std::move(*server), std::move(key), address, why};
    }
    if (alias.empty() || alias.find('/') != std::string::npos || alias.starts_with('.'))
        return flawed(name + ": mailNickname \"" + printable(alias, 60) +
                      "\" cannot name a folder");
    return Route{ToMaildir{config.paths.mail() + "/" + alias + "/Maildir"}, "maildir:" + alias,
                 address, why};
}

}  // namespace imc::transfer
