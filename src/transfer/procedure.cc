#include "transfer/procedure_parts.h"

#include "transfer/literal.h"

#include <algorithm>

namespace imc::transfer {
namespace {

using Action = config::RoutingRow::Action;

constexpr unsigned most_rounds = 8;

/// A site domain is a row for exactly its name: a row for a wider name does not take it away.
Class classify(const config::Config& config, std::string_view domain)
{
    Class out;
    if (domain.starts_with('[')) {
        out.domain = lower(domain);
        const auto address = address_of_literal(domain);
        out.ours = !address.empty() &&
                   std::ranges::find(config.own_addresses, address) != config.own_addresses.end();
        return out;
    }
    out.domain = mail::canonical_domain(domain);
    const auto* row = config::find_routing_row(config.routing, out.domain);
    const bool site =
        std::ranges::find(config.local_domains, out.domain) != config.local_domains.end();
    if (row != nullptr && (!site || row->domain == out.domain)) out.row = row;
    out.ours = out.row != nullptr
                   ? out.row->action == Action::inbound || out.row->action == Action::shared
                   : site;
    return out;
}

}  // namespace

Resolution Procedure::run()
{
    if (line_ != nullptr && config_.generation != 0) line_->add("gen", config_.generation);
    auto out = find();
    if (const auto* expand = std::get_if<Expand>(&out); expand != nullptr && line_ != nullptr)
        line_->to(expand->list ? way_to_members : way_to_copies);
    auto restrictions = restrictions_.value_or(nullptr);
    if (leaves_) restrictions = with_outbound(std::move(restrictions), config_);
    if (!restrictions) return out;
    if (auto* route = std::get_if<Route>(&out)) route->restrictions = std::move(restrictions);
    if (auto* expand = std::get_if<Expand>(&out)) expand->restrictions = std::move(restrictions);
    return out;
}

Resolution Procedure::find()
{
    mail::Address address;
    if (same_word(request_.recipient, "postmaster")) {
        address.local = "postmaster";
        address.domain = config_.local_domains.front();
        step("address", "postmaster without a domain is the site domain's");
    } else {
        auto parsed = mail::parse_address(request_.recipient);
        if (!parsed) {
            step("address", parsed.error().what, true);
            return NoSuchRecipient{parsed.error().what};
        }
        address = std::move(*parsed);
        if (evidence_ != nullptr)
            step("address", "the last domain decides: " + printable(address.domain, 255));
    }
    for (unsigned round = 1;; ++round) {
        if (round > 1)
            if (auto circle = goes_round(address, round)) return std::move(*circle);
        auto outcome = at(address);
        if (auto* found = std::get_if<Resolution>(&outcome)) return std::move(*found);
        if (round == 1) trail_.push_back(address.normalized());  // most are not passed on at all
        address = std::get<mail::Address>(std::move(outcome));
    }
}

void Procedure::step(std::string name, std::string finding, bool decides, Facts facts)
{
    if (evidence_ == nullptr) return;
    evidence_->push_back({std::move(name), std::move(finding), decides, std::move(facts)});
}

Resolution Procedure::refuse(int code, std::string status, std::string why, std::string rule,
                             EventId event)
{
    step("verdict",
         (code < 500 ? "deferred with " : "refused with ") + std::to_string(code) + " " + status +
             ": " + why,
         true);
    return Refused{code, std::move(status), std::move(why), std::move(rule), event};
}

Resolution Procedure::nobody(std::string why)
{
    step("verdict", "refused with 550 5.1.1: " + why, true);
    return NoSuchRecipient{std::move(why)};
}

Resolution Procedure::absent(const mail::Address& address)
{
    auto out = nobody("no object of the directory has the address " + address.normalized());
    std::get<NoSuchRecipient>(out).absent = true;
    return out;
}

std::optional<Resolution> Procedure::goes_round(const mail::Address& address, unsigned round)
{
    auto text = address.normalized();
    const bool twice = std::ranges::find(trail_, text) != trail_.end();
    trail_.push_back(std::move(text));
    if (!twice && round <= most_rounds) return {};
    std::string path;
    for (const auto& one : trail_)
        path += (path.empty() ? "" : ", ") + printable(one, 320);
    return refuse(550, "5.4.6",
                  (twice
                       ? "it goes in a circle: "
                       : "it is passed on more than " + std::to_string(most_rounds) + " times: ") +
                      path,
                  "routing loop", EventId::route_in_circle);
}

Procedure::Outcome Procedure::at(const mail::Address& address)
{
    const auto found = classify(config_, address.domain);
    tell(found);
    note(found.ours ? "ours" : "other", found.domain);
    if (found.row != nullptr) note("row", found.row->text);
    // What is no report to an address that is for reports is asked what all mail for him is.
    const bool asks_row = !authorized_ || no_report_;
    if (found.row != nullptr && asks_row) merge(*found.row);
    taken_unasked_by_ = may_be_taken_unasked(address, found) ? found.row->text : std::string{};
    if (found.ours) return local(address, found);
    if (found.row == nullptr) return remote(address, found);
    const auto& row = *found.row;
    if (row.action == Action::rewrite) {
        auto next = address;
        next.domain = row.target;
        step("rewriting", next.to_string() + " is looked at anew");
        if (line_ != nullptr) note("rewrite", next.to_string());
        return next;
    }
    if (row.action == Action::reject && asks_row) {
        auto no = refuse(550, "5.7.1",
                         row.reason.empty() ? "Mail for " + found.domain + " is not taken here"
                                            : row.reason,
                         "routing row " + in_quotes(row.text));
        std::get<Refused>(no).by_table = true;
        return no;
    }
    // What comes in is what the table is for; a contact's mail goes out (Q251124).
    if (authorized_) {
        step("routing row", "not asked: a contact's target leaves as other mail does");
        return remote(address, {found.domain, false, nullptr});
    }
    return remote(address, found);
}

void Procedure::tell(const Class& found)
{
    if (evidence_ == nullptr) return;
    const bool literal = found.domain.starts_with('[');
    const Facts facts{{"domain", found.domain}, {"class", found.ours ? "ours" : "not ours"}};
    if (found.row != nullptr) {
        const bool unasked = found.row->when_silent == config::WhenSilent::accept;
        step("routing row",
             in_quotes(found.row->text) + " is the closest for " + found.domain + ": " +
                 std::string{to_string(found.row->action)} +
                 (unasked ? "; mail is taken while the directory cannot say" : ""),
             false, {{"row", found.row->text}});
        step("domain",
             found.domain + (found.ours ? " is ours" : " is not ours") + ", says the routing table",
             false, facts);
        return;
    }
    step("routing row", literal ? "a literal is no domain name" : "none for " + found.domain);
    step("domain",
         found.domain + (literal      ? found.ours ? " is an address of this host, so the site "
                                                     "domain is meant"
                                                   : " is no address of this host"
                         : found.ours ? " is a domain of this site"
                                      : " is no domain of this site"),
         false, facts);
}

void Procedure::merge(const config::RoutingRow& row)
{
    if (row.relay == config::RowRelay::inherit || relay_ == config::RowRelay::never) return;
    relay_ = row.relay;
    relay_row_ = row.text;
}

Answer<Entry> People::by_name(const Dn& name) const
{
    return CannotSay{Error{EventId::not_configured, name.to_rfc4514() + " cannot be asked for"}};
}

Resolution People::deliver_to(const config::Config& config, const Entry& entry,
                              const std::string& address) const
{
    return transfer::deliver_to(config, entry, address);
}

Resolution decide(const config::Config& config, const People& people, const Request& request,
                  Evidence* evidence, DecisionLine* line)
{
    return Procedure{config, people, request, evidence, line}.run();
}

bool is_ours(const config::Config& config, std::string_view domain)
{
    auto found = classify(config, domain);
    for (unsigned round = 1; round < most_rounds; ++round) {
        if (found.ours || found.row == nullptr || found.row->action != Action::rewrite) break;
        found = classify(config, found.row->target);
    }
    return found.ours;
}

}  // namespace imc::transfer
