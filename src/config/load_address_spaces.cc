#include "base/text.h"
#include "config/load_parts.h"
#include "config/parse.h"

#include <algorithm>

// What the directory says of ways: the routing table of the site, and the connectors of the site
// with their address spaces.

namespace imc::config {
namespace {

std::string rdn_value(const Dn& dn)
{
    return dn.is_root() || dn.rdns().front().empty() ? std::string{}
                                                     : dn.rdns().front().front().value;
}

Change without_value(const Dn& dn, const std::string& attribute, const std::string& value)
{
    Change change{Change::Kind::modify, dn};
    change.changes.push_back({AttributeChange::Kind::remove, attribute, {value}});
    return change;
}

}  // namespace

void Loader::row_flaw(const char* id, EventId event, const Dn& dn, const std::string& attribute,
                      const std::string& row, std::string found)
{
    auto& a = add(id, event, Status::failed);
    a.where = dn.to_rfc4514() + ", attribute " + attribute;
    a.found = std::move(found);
    a.why = "mail could take another way than it is meant to, which is worse than not starting "
            "(Q182522)";
    a.fix = "imc dir modify " + shell_word(dn.to_rfc4514()) + " --remove " +
            shell_word(attribute + "=" + row) + paths_.option();
    a.automatic.directory = {without_value(dn, attribute, row)};
}

void Loader::routing_table()
{
    const auto before = loaded_.assertions.size();
    constexpr auto id = "site.routing";
    constexpr auto attribute = "imcRoutingRow";
    for (const auto& text : addressing_.all(attribute)) {
        auto row = parse_routing_row(text);
        if (!row) {
            row_flaw(id, EventId::routing_row_unreadable, addressing_.dn, attribute, text,
                     row.error().detail());
            loaded_.assertions.back().expected =
                "[#]DOMAIN;ACTION[;ARGUMENT][;always|never]; actions are inbound, rewrite, relay, "
                "shared, dns and reject";
            continue;
        }
        const auto twin = std::ranges::find_if(config_.routing, [&](const RoutingRow& other) {
            return other.domain == row->domain && other.exact == row->exact;
        });
        if (twin != config_.routing.end()) {
            row_flaw(id, EventId::routing_row_unreadable, addressing_.dn, attribute, text,
                     "row \"" + printable(text, 200) + "\" beside row \"" +
                         printable(twin->text, 200) + "\"");
            auto& a = loaded_.assertions.back();
            a.expected = "one row for " + std::string{row->exact ? "#" : ""} + row->domain;
            a.why = "values of an attribute have no order, so it is not known which row is meant";
            continue;
        }
        config_.routing.push_back(std::move(*row));
    }
    std::ranges::sort(config_.routing, {}, &RoutingRow::text);
    routing_circles();
    if (loaded_.assertions.size() == before)
        add(id, EventId::routing_row_unreadable, Status::passed).where =
            addressing_.dn.to_rfc4514() + ", attribute " + attribute;
}

void Loader::routing_circles()
{
    for (const auto& row : config_.routing) {
        std::string found;
        const auto circle = rewriting_circle(config_.routing, row);
        if (!circle.empty())
            found = "row \"" + printable(row.text, 200) + "\" rewrites in a circle: " + circle;
        for (const auto& host : row.hosts)
            if (is_own_listener(config_, host))
                found = "row \"" + printable(row.text, 200) + "\": " + host.name + ":" +
                        std::to_string(host.port) + " is a listener of this host";
        if (found.empty()) continue;
        row_flaw("site.routing", EventId::route_in_circle, addressing_.dn, "imcRoutingRow",
                 row.text, std::move(found));
        auto& a = loaded_.assertions.back();
        a.expected = "a way that ends at a mailbox of ours or at another host";
        a.why = "mail for " + row.domain + " would come back to us again and again (Q190021)";
    }
}

void Loader::subaddresses()
{
    const auto separator = addressing_.first("imcSubaddressSeparator");
    if (separator.empty()) return;
    const bool fits = separator.size() == 1 && std::string_view{"+-=_#/~!"}.find(
                                                   separator.front()) != std::string_view::npos;
    if (fits) {
        config_.subaddress_separator = std::string{separator};
        return;
    }
    auto& a = add("site.subaddresses", EventId::value_invalid, Status::failed);
    a.where = addressing_.dn.to_rfc4514() + ", attribute imcSubaddressSeparator";
    a.found = "\"" + printable(separator, 60) + "\"";
    a.expected = "one of + - = _ # / ~ !, such as + for user+detail; or no value";
    a.why = "mail for user+detail would be refused or reach somebody else";
    a.fix = "imc dir modify " + shell_word(addressing_.dn.to_rfc4514()) +
            " --replace imcSubaddressSeparator=+" + paths_.option();
    a.automatic.directory = {replace(addressing_.dn, "imcSubaddressSeparator", {"+"})};
}

void Loader::connectors()
{
    constexpr auto id = "site.spaces";
    const auto before = loaded_.assertions.size();
    const auto configuration = config_.site.child("cn", "Configuration");
    // A container that is not there holds nothing; that ours stands in one, identity has proved.
    const auto below = [&](const char* container,
                           const char* filter) -> Result<std::vector<Entry>> {
        auto found =
            asked_->search(configuration.child("cn", container), Scope::subtree, filter, deadline_);
        if (!found && found.error().event() == EventId::directory_no_such_object)
            return std::vector<Entry>{};
        return found;
    };
    const auto objects = below("Connections", "(objectClass=imcConnector)");
    const auto servers = below("Servers", "(objectClass=imcServer)");
    if (!objects || !servers) {
        auto& a = add(id, EventId::address_space_unreadable, Status::not_evaluated);
        a.where = configuration.to_rfc4514();
        a.why = (objects ? servers : objects).error().to_string();
        return;
    }
    for (const auto& entry : *objects)
        config_.connectors.push_back(connector(entry, *servers));
    std::ranges::sort(config_.connectors, {}, &SiteConnector::name);
    std::string here;
    for (const auto& one : config_.connectors)
        if (one.is_ours) here = one.location;
    for (auto& one : config_.connectors)
        one.is_near = same_word(one.location, here);
    if (loaded_.assertions.size() == before)
        add(id, EventId::address_space_unreadable, Status::passed).where =
            configuration.child("cn", "Connections").to_rfc4514();
}

SiteConnector Loader::connector(const Entry& entry, const std::vector<Entry>& servers)
{
    SiteConnector out;
    out.dn = entry.dn;
    out.name = rdn_value(entry.dn);
    out.is_ours = same(entry.dn, config_.connector);
    if (const auto home = Dn::parse(entry.first("imcHomeServer"))) {
        out.server = rdn_value(*home);
        for (const auto& server : servers)
            if (same(server.dn, *home)) out.location = trim(server.first("imcLocation"));
    }
    if (out.is_ours) {
        out.mode = config_.mode;
    } else if (const auto text = entry.first("imcTransferMode"); !text.empty()) {
        const auto mode = parse_transfer_mode(text);
        out.mode = mode ? *mode : TransferMode::none;  // its own host does not start with it
    }
    for (const auto& row : entry.all("imcAddressSpace")) {
        auto space = parse_address_space(row);
        if (!space) {
            row_flaw("site.spaces", EventId::address_space_unreadable, entry.dn, "imcAddressSpace",
                     row, space.error().detail());
            loaded_.assertions.back().expected =
                "TYPE:PATTERN;COST;SCOPE, cost 1 to 100, scope organization, site or location";
            continue;
        }
        doubtful_space(entry, *space);
        out.spaces.push_back(std::move(*space));
    }
    std::ranges::sort(out.spaces, {}, &AddressSpace::text);
    if (!out.is_ours) way_to(entry, out);
    return out;
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
void Loader::way_to(const Entry& entry, SiteConnector& into)
{
    std::string flaw;
    for (const auto& text : entry.all("imcConnectorHost")) {
        auto host = parse_host(text, 25);
        if (!host)
            flaw = host.error().detail();
        else if (is_own_listener(config_, *host))
            flaw = "\"" + printable(text, 200) + "\" is a listener of this host";
        else
            into.hosts.push_back(std::move(*host));
    }
    if (into.spaces.empty() || (flaw.empty() && !into.hosts.empty())) return;
    auto& a = add("site.spaces", EventId::connector_unreachable, Status::warning);
    a.where = entry.dn.to_rfc4514() + ", attribute imcConnectorHost";
    a.found = flaw.empty() ? "no value" : flaw;
    a.expected = "HOST or HOST:PORT where other connectors of the site reach it";
    a.why = into.hosts.empty() ? "it has address spaces, and this connector does not know where to "
                                 "hand their mail over; they count for nothing here"
                               : "the other hosts of the attribute are used";
    a.fix = "imc dir modify " + shell_word(entry.dn.to_rfc4514()) +
            " --replace imcConnectorHost=HOST" + paths_.option();
}

}  // namespace imc::config
