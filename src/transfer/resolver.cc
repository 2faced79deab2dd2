#include "transfer/resolver.h"

#include "base/text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>

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

std::string key_of(const std::vector<HostPort>& hosts)
{
    std::string key = "smtp:";
    for (const auto& host : hosts)
        key += (key.size() > 5 ? "," : "") + bracketed(host);
    return key;
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

/// "192.0.2.1" of "[192.0.2.1]" and "[IPv6:::ffff:192.0.2.1]", "2001:db8::1" of
/// "[IPv6:2001:DB8:0::1]": in the usual spelling.
std::string address_of_literal(std::string_view literal)
{
    if (!literal.starts_with('[') || !literal.ends_with(']')) return {};
    std::string inside{literal.substr(1, literal.size() - 2)};
    const bool six = starts_with_word(inside, "IPv6:");
    if (six) inside.erase(0, 5);
    const int family = six ? AF_INET6 : AF_INET;
    in6_addr octets{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_pton(family, inside.c_str(), &octets) != 1) return {};
    const bool mapped = six && IN6_IS_ADDR_V4MAPPED(&octets);
    const void* address = mapped ? &octets.s6_addr[12] : static_cast<const void*>(&octets);
    if (::inet_ntop(mapped ? AF_INET : family, address, text.data(), text.size()) == nullptr)
        return {};
    return text.data();
}

std::string primary_address(const Entry& entry)
{
    for (const auto& proxy : entry.all("proxyAddresses"))
        if (proxy.starts_with("SMTP:")) return proxy.substr(5);
    return std::string{entry.first("mail")};
}

std::string source_of(const config::DomainProfile& profile, std::string_view attribute)
{
    for (const auto& origin : profile.origins)
        if (origin.attribute == attribute) return origin.source;
    return {};
}

}  // namespace

RecipientResolver::RecipientResolver(config::ConfigPtr config, std::shared_ptr<Directory> directory)
    : config_{std::move(config)}, directory_{directory}, lookup_{directory, config_->organization}
{}

bool RecipientResolver::is_local_domain(std::string_view domain) const
{
    if (domain.starts_with('[')) {
        const auto address = address_of_literal(domain);
        return !address.empty() &&
               std::ranges::find(config_->own_addresses, address) != config_->own_addresses.end();
    }
    return std::ranges::find(config_->local_domains, mail::canonical_domain(domain)) !=
           config_->local_domains.end();
}

Resolution RecipientResolver::resolve(std::string_view text, Deadline deadline) const
{
    mail::Address address;
    if (same_word(text, "postmaster")) {
        address.local = "postmaster";
        address.domain = config_->local_domains.front();
    } else {
        auto parsed = mail::parse_address(text);
        if (!parsed) return NoSuchRecipient{parsed.error().what};
        address = std::move(*parsed);
    }
    if (is_local_domain(address.domain)) return local(address, deadline);
    return remote(address);
}

Expansion RecipientResolver::members(std::string_view list, std::size_t most,
                                     Deadline deadline) const
{
    const auto text = list.find('@') == list.npos
                          ? std::string{list} + "@" + config_->local_domains.front()
                          : std::string{list};
    const auto address = mail::parse_address(text);
    if (!address) return NoSuchRecipient{address.error().what};
    if (!is_local_domain(address->domain)) return NoSuchRecipient{"not of a domain of this site"};
    auto found = holders(*address, deadline);
    if (auto* silent = std::get_if<CannotSay>(&found)) return std::move(*silent);
    const auto* entries = std::get_if<std::vector<Entry>>(&found);
    if (entries == nullptr) return NoSuchRecipient{"no object has the address"};
    if (entries->size() > 1) {
        AmbiguousRecipient several;
        for (const auto& entry : *entries)
            several.objects.push_back(entry.dn.to_rfc4514());
        return several;
    }
    const auto& entry = entries->front();
    if (!entry.has_class("imcList")) return NotAList{};
    const auto members = entry.all("member");
    if (members.size() > most) return TooManyMembers{};
    ListMembers out;
    for (const auto& member : members) {
        const auto dn = Dn::parse(member);
        if (!dn) continue;
        auto read = directory_->read(*dn, deadline);
        if (auto* silent = std::get_if<CannotSay>(&read)) return std::move(*silent);
        const auto* object = std::get_if<Entry>(&read);
        auto primary = object != nullptr ? primary_address(*object) : std::string{};
        if (!primary.empty()) out.addresses.push_back(std::move(primary));
    }
    return out;
}

/// Whose address it is; at a literal of ours, at the site domain.
Answer<std::vector<Entry>> RecipientResolver::holders(const mail::Address& address,
                                                      Deadline deadline) const
{
    if (!address.is_literal()) return lookup_.by_address(address.normalized(), deadline);
    auto named = address;
    named.domain = config_->local_domains.front();
    return lookup_.by_address(named.normalized(), deadline);
}

Resolution RecipientResolver::local(const mail::Address& address, Deadline deadline) const
{
    const auto domain = address.is_literal() ? config_->local_domains.front()
                                             : mail::canonical_domain(address.domain);
    const bool postmaster = same_word(address.local, "postmaster");
    // The site domain's postmaster is the administrator, whatever a mailbox is called (Q201072).
    if (postmaster && domain == config_->local_domains.front()) {
        const auto found = directory_->read(config_->administrator.dn, deadline);
        if (const auto* entry = std::get_if<Entry>(&found))
            return deliver_to(*entry, address.to_string());
        if (const auto* silent = std::get_if<CannotSay>(&found)) return *silent;
        return CannotSay{Error{EventId::not_configured, config_->administrator.dn.to_rfc4514() +
                                                            " does not exist any more"}};
    }
    auto found = holders(address, deadline);
    if (auto* silent = std::get_if<CannotSay>(&found)) return std::move(*silent);
    if (const auto* entries = std::get_if<std::vector<Entry>>(&found)) {
        if (entries->size() == 1) return deliver_to(entries->front(), address.to_string());
        AmbiguousRecipient several;
        for (const auto& entry : *entries)
            several.objects.push_back(entry.dn.to_rfc4514());
        return several;
    }
    // Of another hosted domain it is whoever has the address, else the administrator (RFC
    // 5321 4.5.1).
    if (postmaster) {
        const auto administrator = directory_->read(config_->administrator.dn, deadline);
        if (const auto* entry = std::get_if<Entry>(&administrator))
            return deliver_to(*entry, address.to_string());
        if (const auto* silent = std::get_if<CannotSay>(&administrator)) return *silent;
    }
    return NoSuchRecipient{"no object of the directory has the address " + address.normalized()};
}

Resolution RecipientResolver::deliver_to(const Entry& entry, const std::string& address) const
{
    const auto name = entry.dn.to_rfc4514();
    if (const auto target = entry.first("targetAddress"); !target.empty()) {
        const auto plain = starts_with_word(target, "SMTP:") ? target.substr(5) : target;
        const auto parsed = mail::parse_address(plain);
        if (!parsed)
            return CannotSay{Error{EventId::value_invalid, name + ": targetAddress \"" +
                                                               printable(plain, 100) +
                                                               "\": " + parsed.error().what}};
        // The directory authorises it: no relay rule is asked. A target in our own domain would be
        // looked up again and again.
        if (is_local_domain(parsed->domain))
            return CannotSay{
                Error{EventId::value_invalid, name + ": targetAddress points into our own domain"}};
        auto route = remote(*parsed);
        route.why = "contact " + name + "; " + route.why;
        return route;
    }
    if (entry.has_class("imcList"))
        return NoSuchRecipient{name +
                               " is a distribution list, which this version does not expand"};
    const auto alias = std::string{entry.first("mailNickname")};
    std::string_view store = entry.first("homeMDB");
    if (store.empty()) store = config_->lmtp;
    if (starts_with_word(store, "lmtp:")) store.remove_prefix(5);
    if (starts_with_word(store, "maildir:")) {
        const std::string folder{store.substr(8)};
        return Route{ToMaildir{folder}, "maildir:" + folder, address, "mailbox " + name};
    }
    if (!store.empty()) {
        auto server = lmtp(store);
        if (!server)
            return CannotSay{
                Error{EventId::value_invalid, name + ": homeMDB \"" + printable(store, 100) +
                                                  "\", maildir:/PATH or lmtp:HOST:PORT expected"}};
        auto key = "lmtp:" + (server->socket.empty() ? bracketed(server->server) : server->socket);
        return Route{std::move(*server), std::move(key), address, "mailbox " + name};
    }
    if (alias.empty() || alias.find('/') != std::string::npos || alias.starts_with('.'))
        return CannotSay{
            Error{EventId::value_invalid,
                  name + ": mailNickname \"" + printable(alias, 60) + "\" cannot name a folder"}};
    return Route{ToMaildir{config_->paths.mail() + "/" + alias + "/Maildir"}, "maildir:" + alias,
                 address, "mailbox " + name};
}

/// Mail of two domains shares a queue where hosts and manners are the same.
Route RecipientResolver::by_profile(const config::DomainProfile& profile, const std::string& domain,
                                    const std::string& address) const
{
    const auto source = source_of(profile, "imcSmartHost");
    const bool ours = source == config_->connector.to_rfc4514();
    if (profile.hosts.empty()) {
        const bool said = !source.empty() && source != "default" && !ours;
        return {ToMx{domain, config_->outbound_port}, "mx:" + domain, address,
                said ? source + ": by DNS" : "by DNS: MX of " + domain};
    }
    auto hosts = hosts_of(profile.hosts);
    auto key = key_of(hosts);
    if (!profile.carrier.empty()) key += " as " + profile.carrier;
    return {ToSmartHosts{std::move(hosts)}, std::move(key), address,
            ours ? "smart host of the connector" : source};
}

Route RecipientResolver::remote(const mail::Address& address, std::vector<std::string>* why) const
{
    const auto domain =
        address.is_literal() ? lower(address.domain) : mail::canonical_domain(address.domain);
    const config::DeliveryRow* best = nullptr;
    for (const auto& row : config_->delivery) {
        const bool matches = row_matches(row, domain);
        const auto rank = [](const config::DeliveryRow& r) {
            return (r.domain == "*" ? 0 : r.domain.size() * 2) + (r.exact ? 1 : 0);
        };
        const bool wins = matches && (best == nullptr || rank(row) > rank(*best));
        if (why != nullptr)
            why->push_back("row \"" + row.text + "\": " +
                           (!matches ? "does not match " + domain
                            : wins   ? "matches"
                                     : "matches, but a closer row was found before"));
        if (wins) best = &row;
    }
    const auto text = address.to_string();
    // Whose word it is, row or profile, was settled when the configuration was read.
    if (const auto* profile = config::find_profile(*config_, domain))
        return by_profile(*profile, domain, text);
    if (best != nullptr && !best->hosts.empty()) {
        auto hosts = hosts_of(best->hosts);
        auto key = key_of(hosts);
        return {ToSmartHosts{std::move(hosts)}, std::move(key), text,
                "delivery row \"" + best->text + "\""};
    }
    if (best == nullptr && !config_->smart_hosts.empty()) {
        auto hosts = hosts_of(config_->smart_hosts);
        auto key = key_of(hosts);
        return {ToSmartHosts{std::move(hosts)}, std::move(key), text,
                "smart host of the connector"};
    }
    return {ToMx{domain, config_->outbound_port}, "mx:" + domain, text,
            best != nullptr ? "delivery row \"" + best->text + "\": by DNS"
                            : "by DNS: MX of " + domain};
}

}  // namespace imc::transfer
