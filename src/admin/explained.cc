#include "admin/explained.h"

#include "admin/explained_terms.h"
#include "base/text.h"
#include "config/load.h"
#include "config/network.h"
#include "config/policy_rows.h"
#include "transfer/relay.h"

#include <boost/json/array.hpp>

namespace imc::admin {

namespace json = boost::json;

namespace {

json::object profile_of(const config::DomainProfile& profile)
{
    json::object out{{"domain", profile.domain}, {"subdomains", profile.subdomains}};
    json::object values;
    for (const auto& origin : profile.origins)
        values[origin.attribute] = {{"value", origin.value}, {"from", origin.source}};
    out["values"] = std::move(values);
    return out;
}

transfer::Request request_of(const ExplainAsked& words)
{
    transfer::Request out;
    out.recipient = words.recipient;
    out.from_client = !words.peer.empty() || !words.account.empty();
    if (words.sender != report_sender) out.sender = words.sender;
    out.client.peer = words.peer;
    out.client.local = words.local;
    out.client.account = words.account;
    out.client.role = words.role;
    return out;
}

/// What was asked of the procedure, and not by whom, goes first.
void tell_client(const ExplainAsked& words, transfer::Evidence& evidence)
{
    if (!words.sender.empty())
        evidence.push_back(
            {"sender", (words.sender == report_sender ? "a report" : printable(words.sender, 320)) +
                           " changes neither way nor relaying (Q304897), but at an address of ours "
                           "for reports; who may send to whom is asked below"});
    evidence.push_back(
        {"client", words.peer.empty() && words.account.empty()
                       ? "none is named, so relay rules are not asked (--peer)"
                       : (words.peer.empty() ? "not named" : words.peer) +
                             (words.account.empty() ? ", not signed in"
                                                    : ", signed in as " + words.account)});
}

json::array to_json(const transfer::Evidence& evidence)
{
    json::array out;
    for (const auto& step : evidence) {
        json::object one{{"step", step.step}, {"finding", step.finding}, {"decides", step.decides}};
        for (const auto& [name, value] : step.facts)
            one[name] = value;
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace

std::string next_hop(const transfer::Route& route)
{
    return std::visit(
        Overloaded{
            [](const transfer::ToMaildir& to) { return "Maildir " + to.folder; },
            [](const transfer::ToLmtp& to) {
                return "LMTP " + (to.socket.empty()
                                      ? to.server.host + ":" + std::to_string(to.server.port)
                                      : to.socket);
            },
            [](const transfer::ToSmartHosts& to) {
                std::string out = "SMTP to";
                for (const auto& host : to.hosts)
                    out += " " + host.host + ":" + std::to_string(host.port);
                return out;
            },
            [](const transfer::ToMx& to) {
                return "SMTP to the MX of " + to.domain + ", port " + std::to_string(to.port);
            },
        },
        route.hop);
}

ExplainedVerdict verdict(const transfer::Resolution& resolution)
{
    return std::visit(
        Overloaded{
            [](const transfer::Route& route) {
                return ExplainedVerdict{"accepted", "250 2.1.5", route.why};
            },
            [](const transfer::Expand& list) {
                return ExplainedVerdict{"accepted", "250 2.1.5", list.why};
            },
            [](const transfer::NoSuchRecipient& none) {
                return ExplainedVerdict{"refused", "550 5.1.1", none.why};
            },
            [](const transfer::AmbiguousRecipient& several) {
                std::string holders = "held by more than one object (event 10000)";
                for (const auto& object : several.objects)
                    holders += "\n  " + object;
                return ExplainedVerdict{"deferred", "451 4.1.4", holders};
            },
            [](const CannotSay& silent) {
                return ExplainedVerdict{"deferred", "451 4.3.0",
                                        "the directory cannot say: " + silent.reason.to_string()};
            },
            [](const transfer::TakenUnasked& taken) {
                return ExplainedVerdict{
                    "accepted", "250 2.0.0",
                    "held in the queue, by " + taken.rule +
                        ": the directory cannot say: " + taken.reason.to_string()};
            },
            [](const transfer::RelayDenied& denied) {
                return ExplainedVerdict{"refused", "550 5.7.1", "relay: " + denied.rule};
            },
            [](const transfer::Refused& refused) {
                return ExplainedVerdict{refused.code < 500 ? "deferred" : "refused",
                                        std::to_string(refused.code) + " " + refused.status,
                                        refused.why};
            },
        },
        resolution);
}

std::optional<Grounds> explain_grounds(const Paths& paths, Deadline deadline)
{
    const auto loaded = config::load(paths, deadline);
    if (!loaded.config) return {};
    return Grounds{loaded.config,
                   transfer::RecipientResolver{loaded.config, loaded.directory, loaded.people},
                   loaded.people.cache};
}

Result<> sound_question(const ExplainAsked& asked)
{
    if (!asked.peer.empty() && !config::parse_octets(asked.peer))
        return Error{EventId::admin_refused, "--peer: \"" + printable(asked.peer, 100) +
                                                 "\" found, an address such as 192.0.2.1 expected"};
    if (asked.role == "mx" || asked.role == "submission" || asked.role == "submissions") return {};
    return Error{EventId::admin_refused, "--role: \"" + printable(asked.role, 100) +
                                             "\" found, mx, submission or submissions expected"};
}

Result<Explained> explain_recipient(const Grounds& grounds, const ExplainAsked& asked,
                                    bool with_client, Deadline deadline)
{
    Explained out;
    out.address = asked.recipient;
    if (with_client) tell_client(asked, out.evidence);
    const auto request = request_of(asked);
    out.resolution = grounds.resolver.resolve(request, deadline, &out.evidence);
    if (with_client) {
        out.evidence.push_back(explained_now(grounds, deadline));
        explain_terms(grounds, asked, out, deadline);
    }
    const auto* way = out.way();
    if (way != nullptr && !asked.without_dns) {
        auto hosts = hosts_now(*grounds.config, way->hop, deadline);
        if (!hosts) return hosts.error();
        out.hosts = std::move(*hosts);
    }
    const auto address = mail::parse_address(asked.recipient);
    if (with_client || way == nullptr || !address ||
        grounds.resolver.is_local_domain(address->domain))
        return out;
    const auto domain =
        address->is_literal() ? lower(address->domain) : mail::canonical_domain(address->domain);
    out.profile = config::profile_for(*grounds.config, domain);
    return out;
}

std::string RelayExplained::reply() const
{
    if (!malformed.empty()) return "553 5.1.3";
    if (is_local) return "";  // the directory decides
    return decision.allowed ? "250 2.1.5" : "550 5.7.1";
}

RelayExplained explain_relay(const Grounds& grounds, const ExplainAsked& words)
{
    const auto& config = *grounds.config;
    RelayExplained out;
    const bool bracketed = words.recipient.starts_with('<');
    const auto path =
        mail::parse_path(bracketed ? words.recipient : "<" + words.recipient + ">", true);
    if (!path) {
        out.malformed = path.error().what;
        return out;
    }
    out.domain = path->address.domain;
    if (path->is_null || out.domain.empty() || grounds.resolver.is_local_domain(out.domain)) {
        out.malformed = path->is_null ? "a recipient cannot be empty" : "";
        out.is_local = !path->is_null;
        return out;
    }
    transfer::RelayQuestion question{words.peer, words.local};
    question.domain = out.domain;
    question.account = words.account;
    question.role = words.role;
    const auto* row = config::find_routing_row(config.routing, mail::canonical_domain(out.domain));
    if (row != nullptr) {
        question.row = row->relay;
        question.row_text = row->text;
    }
    const auto certificate = config::parse_certificate_name(words.certificate);
    if (certificate && certificate->find('=') == std::string::npos)
        question.certificate_fingerprint = *certificate;
    else
        question.certificate_subject = words.certificate;
    out.decision = transfer::decide_relay(config.relay, question, &out.steps);
    return out;
}

json::object explained_json(const Explained& explained)
{
    const auto found = verdict(explained.resolution);
    const auto* way = explained.way();
    json::object out{{"address", explained.address},
                     {"verdict", found.word},
                     {"reply", found.reply},
                     {"why", found.why}};
    if (way != nullptr) {
        out["next_hop"] = next_hop(*way);
        out["as"] = way->address;
    }
    if (explained.profile) {
        json::array looked_at;
        for (const auto& step : explained.evidence)
            if (step.step == "delivery row") looked_at.emplace_back(step.finding);
        out["looked_at"] = std::move(looked_at);
        out["profile"] = profile_of(*explained.profile);
    }
    if (explained.hosts) out["hosts"] = to_json(*explained.hosts);
    out["steps"] = to_json(explained.evidence);
    return out;
}

json::object relay_json(const ExplainAsked& asked, const RelayExplained& found)
{
    json::array steps;
    for (const auto& step : found.steps)
        steps.push_back(json::object{
            {"rule", step.rule}, {"finding", step.finding}, {"decides", step.decides}});
    json::object out{{"peer", asked.peer},         {"recipient", asked.recipient},
                     {"domain", found.domain},     {"local", found.is_local},
                     {"allowed", found.allowed()}, {"rule", found.decision.rule},
                     {"reply", found.reply()},     {"steps", std::move(steps)}};
    if (!found.malformed.empty()) out["malformed"] = found.malformed;
    return out;
}

}  // namespace imc::admin
