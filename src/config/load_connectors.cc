#include "base/text.h"
#include "config/load_parts.h"
#include "config/parse.h"

#include <algorithm>
#include <charconv>
#include <tuple>

// The connectors of the organization with their address spaces, and the ways to other sites.

namespace imc::config {
namespace {

std::string rdn_value(const Dn& dn)
{
    return dn.is_root() || dn.rdns().front().empty() ? std::string{}
                                                     : dn.rdns().front().front().value;
}

/// Of "..., cn=CONTAINER,cn=Configuration,ou=SITE,ORGANIZATION" the site.
std::optional<Dn> site_of(const Dn& dn, std::string_view container, const Dn& organization)
{
    const auto top = organization.rdns().size();
    if (!dn.is_within(organization) || dn.rdns().size() < top + 4) return {};
    auto at = dn.parent();
    while (at.rdns().size() > top + 3)
        at = at.parent();
    const auto site = at.parent().parent();
    if (!same(site.child("cn", "Configuration").child("cn", std::string{container}), at)) return {};
    return site;
}

std::string in_words(std::string_view text) { return "\"" + printable(text, 200) + "\""; }

}  // namespace

void Loader::connectors()
{
    constexpr auto id = "site.spaces";
    const auto before = loaded_.assertions.size();
    const auto all = [&](const char* filter) {
        return asked_->search(config_.organization, Scope::subtree, filter, deadline_);
    };
    const auto objects = all("(objectClass=imcConnector)");
    const auto servers = all("(objectClass=imcServer)");
    const auto ways = all("(objectClass=imcSiteConnector)");
    for (const auto* asked : {&objects, &servers, &ways}) {
        if (*asked) continue;
        auto& a = add(id, EventId::address_space_unreadable, Status::not_evaluated);
        a.where = config_.organization.to_rfc4514();
        a.why = asked->error().to_string();
        return;
    }
    for (const auto& entry : *ways)
        site_connector(entry);
    for (const auto& entry : *objects)
        if (const auto site = site_of(entry.dn, "Connections", config_.organization))
            config_.connectors.push_back(connector(entry, *servers, *site));
    std::ranges::sort(config_.connectors, {}, [](const SiteConnector& one) {
        return std::tuple{one.in_site ? 0 : 1, one.name, one.site};
    });
    std::string here;
    for (const auto& one : config_.connectors)
        if (one.is_ours) here = one.location;
    for (auto& one : config_.connectors)
        one.is_near = one.in_site && same_word(one.location, here);
    sends_for_itself();
    if (loaded_.assertions.size() == before)
        add(id, EventId::address_space_unreadable, Status::passed).where =
            config_.organization.to_rfc4514();
}

/// A site without a row is one whose connectors send for themselves; what other sites say of
/// narrower spaces is heard all the same.
void Loader::sends_for_itself()
{
    const auto has_rows = [](const SiteConnector& one) {
        return one.in_site && !one.spaces.empty();
    };
    const auto is_heard = [](const SiteConnector& one) {
        return !one.in_site && std::ranges::any_of(one.spaces, [](const AddressSpace& space) {
            return space.scope == AddressSpace::Scope::organization;
        });
    };
    if (std::ranges::any_of(config_.connectors, has_rows)) return;
    if (std::ranges::none_of(config_.connectors, is_heard)) return;
    for (auto& one : config_.connectors) {
        if (!one.is_ours) continue;
        AddressSpace space{"SMTP", "*", 1, AddressSpace::Scope::site, {}};
        space.text = "SMTP:*;1;site (no row on any connector of the site)";
        one.spaces.push_back(std::move(space));
    }
}

/// cn=...,cn=Connections,... of our site: what the way to another one costs, and who takes mail
/// for it. Of several for one site the cheapest.
void Loader::site_connector(const Entry& entry)
{
    const auto site = site_of(entry.dn, "Connections", config_.organization);
    if (!site || !same(*site, config_.site)) return;
    const auto flaw = [&](const char* attribute, std::string found, const char* expected) {
        auto& a = add("site.connectors", EventId::site_connector_unreadable, Status::failed);
        a.where = entry.dn.to_rfc4514() + ", attribute " + attribute;
        a.found = std::move(found);
        a.expected = expected;
        a.why = "mail for the other site could take another way than it is meant to";
        return &a;
    };
    SiteWay way;
    way.name = rdn_value(entry.dn);
    const auto target = Dn::parse(entry.first("imcTargetSite"));
    if (!target || target->is_root()) {
        auto* a = flaw("imcTargetSite", in_words(entry.first("imcTargetSite")),
                       "the DN of a site, such as ou=Bergen,o=Contoso");
        a->fix = "imc dir modify " + shell_word(entry.dn.to_rfc4514()) +
                 " --replace imcTargetSite=DN-OF-SITE" + paths_.option();
        return;
    }
    way.site = *target;
    if (const auto text = entry.first("imcSiteCost"); !text.empty()) {
        const auto* const end = text.data() + text.size();
        const auto [at, error] = std::from_chars(text.data(), end, way.cost);
        if (error != std::errc{} || at != end || way.cost < 1 || way.cost > 100) {
            auto* a = flaw("imcSiteCost", in_words(text), "1 to 100");
            a->fix = "imc dir modify " + shell_word(entry.dn.to_rfc4514()) +
                     " --replace imcSiteCost=1" + paths_.option();
            a->automatic.directory = {replace(entry.dn, "imcSiteCost", {"1"})};
            return;
        }
    }
    for (const auto& text : entry.all("imcConnectorHost")) {
        auto host = parse_host(text, 25);
        if (host && !is_own_listener(config_, *host)) {
            way.hosts.push_back(std::move(*host));
            continue;
        }
        auto* a =
            flaw("imcConnectorHost",
                 host ? in_words(text) + " is a listener of this host" : host.error().detail(),
                 "HOST or HOST:PORT of the other site");
        a->fix = "imc dir modify " + shell_word(entry.dn.to_rfc4514()) + " --remove " +
                 shell_word("imcConnectorHost=" + text) + paths_.option();
        Change without{Change::Kind::modify, entry.dn};
        without.changes.push_back({AttributeChange::Kind::remove, "imcConnectorHost", {text}});
        a->automatic.directory = {std::move(without)};
        return;
    }
    const auto twin = std::ranges::find_if(
        site_ways_, [&](const SiteWay& other) { return same(other.site, way.site); });
    if (twin == site_ways_.end())
        site_ways_.push_back(std::move(way));
    else if (std::tuple{way.cost, way.name} < std::tuple{twin->cost, twin->name})
        *twin = std::move(way);
}

SiteConnector Loader::connector(const Entry& entry, const std::vector<Entry>& servers,
                                const Dn& site)
{
    SiteConnector out;
    out.dn = entry.dn;
    out.name = rdn_value(entry.dn);
    out.site = rdn_value(site);
    out.in_site = same(site, config_.site);
    out.is_ours = same(entry.dn, config_.connector);
    const Entry* server = nullptr;
    if (const auto home = Dn::parse(entry.first("imcHomeServer"))) {
        out.server = rdn_value(*home);
        for (const auto& one : servers)
            if (same(one.dn, *home)) server = &one;
    }
    if (server != nullptr) out.location = trim(server->first("imcLocation"));
    if (out.is_ours) {
        out.mode = config_.mode;
    } else if (const auto text = entry.first("imcTransferMode"); !text.empty()) {
        const auto mode = parse_transfer_mode(text);
        out.mode = mode ? *mode : TransferMode::none;  // its own host does not start with it
    }
    for (const auto& row : entry.all("imcAddressSpace")) {
        auto space = parse_address_space(row);
        if (space) {
            if (out.in_site) doubtful_space(entry, *space);
            out.spaces.push_back(std::move(*space));
        } else if (out.in_site) {
            row_flaw("site.spaces", EventId::address_space_unreadable, entry.dn, "imcAddressSpace",
                     row, space.error().detail());
            loaded_.assertions.back().expected =
                "TYPE:PATTERN;COST;SCOPE, cost 1 to 100, scope organization, site or location";
        } else {
            foreign_row(entry.dn, row, space.error().detail());
        }
    }
    std::ranges::sort(out.spaces, {}, &AddressSpace::text);
    if (!out.is_ours) way_to(entry, server, site, out);
    return out;
}

/// Of another site: its own hosts do not start with it, and ours go on without it.
void Loader::foreign_row(const Dn& dn, const std::string& row, std::string found)
{
    auto& a = add("site.spaces", EventId::address_space_unreadable, Status::warning);
    a.where = dn.to_rfc4514() + ", attribute imcAddressSpace";
    a.found = std::move(found);
    a.expected = "TYPE:PATTERN;COST;SCOPE, cost 1 to 100, scope organization, site or location";
    a.why = "it is another site's, and counts for nothing here; mail that it is meant for goes "
            "another way";
    a.fix = "imc dir modify " + shell_word(dn.to_rfc4514()) + " --remove " +
            shell_word("imcAddressSpace=" + row) + paths_.option();
}

/// Whatever the row costs, mail would never take it.
void Loader::doubtful_space(const Entry& entry, const AddressSpace& space)
{
    const auto doubt = address_space_doubt(space);
    if (doubt.empty()) return;
    auto domain = space.pattern;
    if (domain.starts_with('@')) domain.erase(0, 1);
    const auto better = "SMTP:*@" + domain + ";" + std::to_string(space.cost) + ";" +
                        std::string{to_string(space.scope)};
    auto& a = add("site.spaces", EventId::address_space_unreadable, Status::warning);
    a.where = entry.dn.to_rfc4514() + ", attribute imcAddressSpace";
    a.found = "row \"" + printable(space.text, 200) + "\"";
    a.expected = better;
    a.why = doubt;
    a.fix = "imc dir modify " + shell_word(entry.dn.to_rfc4514()) + " --add " +
            shell_word("imcAddressSpace=" + better) + paths_.option();
}

/// Where we reach another connector. Nobody says: it withdraws, and its mail goes another way.
void Loader::way_to(const Entry& entry, const Entry* server, const Dn& site, SiteConnector& into)
{
    const auto* const from =
        entry.all("imcConnectorHost").empty() && server != nullptr ? server : &entry;
    std::string flaw;
    for (const auto& text : from->all("imcConnectorHost")) {
        auto host = parse_host(text, 25);
        if (!host)
            flaw = host.error().detail();
        else if (is_own_listener(config_, *host))
            flaw = in_words(text) + " is a listener of this host";
        else
            into.hosts.push_back(std::move(*host));
    }
    if (!into.in_site) {
        const auto way = std::ranges::find_if(
            site_ways_, [&](const SiteWay& one) { return same(one.site, site); });
        if (way != site_ways_.end()) {
            into.way_cost = way->cost;
            into.way = way->name;
            if (!way->hosts.empty()) {
                into.hosts = way->hosts;
                flaw.clear();
            }
        }
    }
    const bool is_heard = std::ranges::any_of(into.spaces, [&](const AddressSpace& space) {
        return into.in_site || space.scope == AddressSpace::Scope::organization;
    });
    if (!is_heard || (flaw.empty() && !into.hosts.empty())) return;
    auto& a = add("site.spaces", EventId::connector_unreachable, Status::warning);
    a.where = from->dn.to_rfc4514() + ", attribute imcConnectorHost";
    a.found = flaw.empty() ? "no value" : flaw;
    a.expected = into.in_site ? "HOST or HOST:PORT where other connectors of the site reach it"
                              : "HOST or HOST:PORT where connectors of other sites reach it";
    a.why = into.hosts.empty() ? "it has address spaces, and this connector does not know where to "
                                 "hand their mail over; they count for nothing here"
                               : "the other hosts of the attribute are used";
    a.fix = "imc dir modify " + shell_word(from->dn.to_rfc4514()) +
            " --replace imcConnectorHost=HOST" + paths_.option();
}

}  // namespace imc::config
