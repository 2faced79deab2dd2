#include "transfer/procedure_parts.h"

#include "mail/imcea.h"

#include <algorithm>

// Not ours: may it go, and which way?

namespace imc::transfer {

Resolution Procedure::shared(const mail::Address& address, const config::RoutingRow& row)
{
    step("shared name space", "nobody here, so it is the other host's: " + in_quotes(row.text));
    return named_hosts(address, row);
}

Resolution Procedure::named_hosts(const mail::Address& address, const config::RoutingRow& row)
{
    for (const auto& host : row.hosts)
        if (config::is_own_listener(config_, host))
            return refuse(550, "5.4.6",
                          "routing row " + in_quotes(row.text) + " leads to " + host.name + ":" +
                              std::to_string(host.port) + ", which is this host",
                          "routing loop", EventId::route_in_circle);
    auto route =
        to_named_hosts("row", row.hosts, address.to_string(), "routing row " + in_quotes(row.text));
    tell_route(route);
    return route;
}

Resolution Procedure::remote(const mail::Address& address, const Class& found)
{
    if (request_.from_client && (!authorized_ || no_report_)) {
        auto denied = relay_denied(found.domain);
        if (denied) return std::move(*denied);
    }
    if (found.row != nullptr && !found.row->hosts.empty()) {
        leaves_ = true;
        return named_hosts(address, *found.row);
    }
    if (!has_address_spaces(config_.connectors)) return own_way(address, found.domain);
    const auto choice =
        choose_connector(config_.connectors, "SMTP", address.normalized(), request_.client.peer);
    tell_choice(choice);
    if (choice.connectors.empty()) return no_connector(address.to_string());
    if (choice.connectors.front()->is_ours) return own_way(address, found.domain);
    return to_connectors(choice, address.to_string());
}

std::optional<Resolution> Procedure::relay_denied(const std::string& domain)
{
    auto question = request_.client;
    question.domain = domain;
    question.row = relay_;
    question.row_text = relay_row_;
    std::vector<RelayStep> rules;
    const auto decision =
        decide_relay(config_.relay, question, evidence_ != nullptr ? &rules : nullptr);
    for (auto& rule : rules)
        step("relay", rule.rule + ": " + rule.finding, rule.decides && !decision.allowed,
             {{"rule", rule.rule}});
    if (decision.allowed) {
        note("relay", decision.rule);
        return {};
    }
    return RelayDenied{decision.rule};
}

Resolution Procedure::own_way(const mail::Address& address, const std::string& domain)
{
    leaves_ = true;
    std::vector<std::string> rows;
    auto route = next_hop(config_, address, domain, evidence_ != nullptr ? &rows : nullptr);
    for (auto& row : rows)
        step("delivery row", std::move(row));
    if (!contact_.empty()) route.why = "contact " + contact_ + "; " + route.why;
    tell_route(route);
    return route;
}

Resolution Procedure::of_type(const std::string& type, const std::string& value)
{
    const auto choice = choose_connector(config_.connectors, type, value, request_.client.peer);
    tell_choice(choice);
    if (choice.connectors.empty() || choice.connectors.front()->is_ours) {
        // A contact exists, whatever rows say: mail for him was taken, and must not bounce.
        if (!contact_.empty())
            return no_connector(printable(upper(type), 16) + ":" + printable(value, 400) +
                                ", where contact " + contact_ + " is");
        return nobody("no connector of the site carries addresses of type " +
                      printable(upper(type), 16));
    }
    mail::Address outer;
    outer.local = mail::encapsulate({upper(type), value});
    outer.domain = config_.local_domains.front();
    return to_connectors(choice, outer.to_string());
}

Resolution Procedure::no_connector(const std::string& address)
{
    return refuse(550, "5.4.4", "No connector of the site carries mail for " + address,
                  "address spaces", EventId::no_connector);
}

Resolution Procedure::to_connectors(const Choice& choice, const std::string& address)
{
    std::vector<config::Host> hosts;
    std::string names;
    for (const auto* connector : choice.connectors) {
        hosts.insert(hosts.end(), connector->hosts.begin(), connector->hosts.end());
        names += (names.empty() ? "" : ", then ") + connector->name;
    }
    auto route = to_named_hosts("connector", hosts, address,
                                (contact_.empty() ? "" : "contact " + contact_ + "; ") +
                                    "handed to " + names);
    tell_route(route);
    return route;
}

void Procedure::tell_choice(const Choice& choice)
{
    if (line_ != nullptr && !choice.connectors.empty()) {
        const auto* const chosen = choice.connectors.front();
        const auto by = std::ranges::find(choice.candidates, chosen, &Candidate::connector);
        if (by != choice.candidates.end() && by->space != nullptr) note("space", by->space->text);
        note("connector", chosen->name);
    }
    if (evidence_ == nullptr) return;
    for (const auto& one : choice.candidates) {
        const auto& connector = *one.connector;
        auto text = connector.name;
        Facts facts{{"connector", connector.name}};
        if (!connector.in_site) {
            text += " of site " + connector.site;
            facts.emplace_back("site", connector.site);
        }
        if (one.space != nullptr) {
            text += ", \"" + one.space->text + "\": " + std::string{to_string(one.fit.match)} +
                    ", cost " + std::to_string(one.space->cost);
            if (connector.way_cost != 0)
                text += " and " + std::to_string(connector.way_cost) + " for the way, \"" +
                        connector.way + "\"";
            facts.emplace_back("space", one.space->text);
            facts.emplace_back("match", to_string(one.fit.match));
        }
        const bool chosen = one.lost.empty();
        facts.emplace_back("lost", one.lost);
        step("address space", text + (chosen ? "; chosen" : "; " + one.lost), false,
             std::move(facts));
    }
    if (choice.connectors.empty()) return;
    const auto& chosen = *choice.connectors.front();
    step("connector",
         chosen.name + (chosen.is_ours   ? std::string{", this one"}
                        : chosen.in_site ? std::string{", on another host"}
                                         : ", of site " + chosen.site),
         false, {{"connector", chosen.name}});
}

void Procedure::tell_route(const Route& route)
{
    if (line_ != nullptr) {
        line_->to(route.key);
        if (route.address != request_.recipient) note("as", route.address);
    }
    if (evidence_ == nullptr) return;
    step("route", route.why, true, {{"key", route.key}, {"as", route.address}});
}

}  // namespace imc::transfer
