#include "base/text.h"
#include "config/load_parts.h"
#include "config/parse.h"

#include <algorithm>
#include <map>

// What the directory says of ways: the routing table of the site.

namespace imc::config {
namespace {

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
    std::map<std::pair<std::string, bool>, std::string> written;
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
        const auto [twin, is_new] = written.try_emplace({row->domain, row->exact}, text);
        if (!is_new) {
            row_flaw(id, EventId::routing_row_unreadable, addressing_.dn, attribute, text,
                     "row \"" + printable(text, 200) + "\" beside row \"" +
                         printable(twin->second, 200) + "\"");
            auto& a = loaded_.assertions.back();
            a.expected = "one row for " + std::string{row->exact ? "#" : ""} + row->domain;
            a.why = "values of an attribute have no order, so it is not known which row is meant";
            continue;
        }
        config_.routing.push_back(std::move(*row));
    }
    std::ranges::sort(config_.routing, {}, &RoutingRow::text);
    config_.routing.index();
    routing_circles();
    if (loaded_.assertions.size() == before)
        add(id, EventId::routing_row_unreadable, Status::passed).where =
            addressing_.dn.to_rfc4514() + ", attribute " + attribute;
}

void Loader::routing_circles()
{
    std::unordered_set<const RoutingRow*> ending;
    const auto& table = config_.routing;
    for (const auto& row : table) {
        std::string found;
        const auto circle = rewriting_circle(table, row, &ending);
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

}  // namespace imc::config
