#include "admin/explain_api.h"

#include "admin/explained_terms.h"
#include "base/text.h"
#include "config/network.h"
#include "policy/connection_table.h"
#include "policy/filter_table.h"
#include "policy/size_limits.h"

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;
constexpr std::size_t most_recipients = 100;

ExplainAsked asked_of(const Request& request, const char* recipient)
{
    ExplainAsked out;
    out.recipient = request.first(recipient);
    out.sender = request.first("from");
    out.peer = request.first("peer");
    out.local = request.first("local");
    out.account = request.first("auth");
    out.certificate = request.first("cert");
    if (const auto role = request.first("role"); !role.empty()) out.role = role;
    out.without_dns = request.first("dns") == "false";
    return out;
}

/// Of a command's words.
Response as_fields(const Error& error)
{
    if (error.event() != EventId::admin_refused) return refused(error);
    auto said = error.detail();
    if (said.starts_with("--")) said.erase(0, 2);
    return bad(said);
}

Response not_sound()
{
    return Response::error(Error{EventId::start_would_fail,
                                 "the configuration is not sound, so nothing can be explained; "
                                 "the check says what to mend"},
                           422);
}

Response not_yours()
{
    return Response::error(bad_request("neither address is of the domain that you answer for"),
                           403);
}

/// What the directory knows of somebody is not told because the sender asked about is one's own.
bool is_of_others(const Grounds& grounds, const Caller& caller, const std::string& recipient)
{
    if (caller.sees(recipient)) return false;
    const auto address = mail::parse_address(recipient);
    return address && grounds.resolver.is_local_domain(address->domain);
}

Response recipient(const Paths& paths, const Request& request, bool with_client)
{
    auto asked = asked_of(request, "address");
    if (const auto size = request.first("size"); !size.empty()) {
        asked.octets = parse_number(size);
        if (!asked.octets)
            return bad("size: \"" + printable(size, 100) + "\" found, a number of octets expected");
    }
    if (!(with_client && same_word(asked.recipient, "postmaster")))
        if (const auto address = mail::parse_address(asked.recipient); !address)
            return bad("address: \"" + printable(asked.recipient, 320) +
                       "\" found, an address such as alice@contoso.example expected");
    if (const auto sound = sound_question(asked); !sound) return as_fields(sound.error());
    if (!request.caller.sees(asked.recipient) && !request.caller.sees(asked.sender))
        return not_yours();
    const auto grounds = explain_grounds(paths, after(desk_patience));
    if (!grounds) return not_sound();
    if (is_of_others(*grounds, request.caller, asked.recipient)) return not_yours();
    auto found = explain_recipient(*grounds, asked, with_client, after(patience));
    if (!found) return as_fields(found.error());
    hide_others(found->evidence, request.caller);
    return Response::json(explained_json(*found));
}

Response relay(const Paths& paths, const Request& request)
{
    const auto asked = asked_of(request, "to");
    if (!config::parse_octets(asked.peer))
        return bad("peer: \"" + printable(asked.peer, 100) +
                   "\" found, an address such as 192.0.2.1 expected");
    if (asked.recipient.empty()) return bad("to: a recipient expected");
    if (const auto sound = sound_question(asked); !sound) return as_fields(sound.error());
    if (!request.caller.sees(asked.recipient) && !request.caller.sees(asked.sender))
        return not_yours();
    const auto grounds = explain_grounds(paths, after(desk_patience));
    if (!grounds) return not_sound();
    return Response::json(relay_json(asked, explain_relay(*grounds, asked)));
}

/// A message that comes as far as it would, without its text.
class Walk {
public:
    Walk(const Grounds& grounds, ExplainAsked client, const Caller& caller)
        : grounds_{grounds}, client_{std::move(client)}, caller_{caller}
    {}

    json::object run(const std::vector<std::string>& recipients)
    {
        const auto& config = *grounds_.config;
        const policy::ConnectionTable table{config.policy.connections};
        const auto* row = table.find(client_.peer);
        const auto connection = policy::judge_connection(row, client_.peer);
        judge("connect", client_.peer, connection,
              row != nullptr ? "ConnectionTable " + row->text
                             : "no row of ConnectionTable is about this client");
        if (connection) return result();
        const auto terms = policy::judge_terms(row, false, !client_.account.empty());
        if (row != nullptr && (row->require_tls || row->require_auth))
            judge("terms", client_.peer, terms, row->text);
        sender();
        for (const auto& to : recipients)
            recipient(to);
        return result();
    }

private:
    void add(const std::string& step, const std::string& subject, const std::string& verdict,
             const std::string& reply, const std::string& why, json::value detail = nullptr)
    {
        steps_.push_back(json::object{{"step", step},
                                      {"subject", printable(subject, 1000)},
                                      {"verdict", verdict},
                                      {"reply", reply},
                                      {"why", printable(why, 2000)},
                                      {"detail", std::move(detail)}});
        if (verdict == "refused" || (verdict == "deferred" && worst_ == "accepted"))
            worst_ = verdict;
    }

    void judge(const std::string& step, const std::string& subject, const policy::Verdict& refusal,
               const std::string& why)
    {
        if (!refusal) return add(step, subject, "accepted", "", why);
        add(step, subject, refusal->code < 500 ? "deferred" : "refused",
            std::to_string(refusal->code) + " " + refusal->enhanced + " " + refusal->text,
            refusal->rule);
    }

    void sender()
    {
        const auto& config = *grounds_.config;
        const policy::FilterTable filter{config.policy.filter};
        const auto hit = filter.judge_sender(client_.sender);
        if (!hit)
            return add("sender", client_.sender, "accepted", "", "no row of TurfTable is about it");
        const auto action = config::to_string(hit->row->action);
        const bool rejects = hit->row->action == config::FilterAction::reject;
        add("sender", client_.sender, rejects ? "refused" : "info", "",
            "TurfTable " + hit->row->text + ": " + std::string{action});
    }

    void recipient(const std::string& to)
    {
        auto asked = client_;
        asked.recipient = to;
        const auto relay = explain_relay(grounds_, asked);
        if (!relay.malformed.empty())
            return add("recipient", to, "refused", relay.reply(), relay.malformed);
        if (!relay.is_local)
            add("relay", to, relay.allowed() ? "accepted" : "refused", relay.reply(),
                relay.decision.rule, relay_json(asked, relay));
        if (!relay.allowed()) return;
        if (!size(to, relay)) return;
        asked.without_dns = true;
        if (asked.sender.empty()) asked.sender = report_sender;  // MAIL FROM:<>
        auto found = explain_recipient(grounds_, asked, true, deadline_);
        if (!found) return add("route", to, "deferred", "", found.error().to_string());
        hide_others(found->evidence, caller_);
        const auto said = verdict(found->resolution);
        add(relay.is_local ? "recipient" : "route", to, said.word, said.reply, said.why,
            explained_json(*found));
    }

    /// False: it goes no further.
    bool size(const std::string& to, const RelayExplained& relay)
    {
        if (!client_.octets) return true;
        const auto limit = size_limit_of(grounds_, client_, relay.domain, relay.is_local);
        const auto refusal = policy::judge_size(limit, *client_.octets);
        judge("size", to, refusal, limit.rule);
        return !refusal;
    }

    json::object result() { return {{"steps", std::move(steps_)}, {"verdict", worst_}}; }

    const Grounds& grounds_;
    ExplainAsked client_;
    const Caller& caller_;
    const Deadline deadline_ = after(patience);  // of all recipients together
    json::array steps_;
    std::string worst_ = "accepted";
};

Response message(const Paths& paths, const Request& request)
{
    Body body{request};
    ExplainAsked client;
    client.peer = body.text("peer");
    client.sender = body.text("from");
    client.account = body.text("auth");
    if (body.has("role")) client.role = body.text("role");
    const auto recipients = body.texts("to");
    // 0 as when it is not said.
    if (const auto octets = body.number("size").value_or(0); octets != 0) client.octets = octets;
    if (const auto flaw = body.flaw(); !flaw) return refused(flaw.error());
    if (!config::parse_octets(client.peer))
        return bad("\"peer\": an address such as 192.0.2.1 expected");
    if (recipients.empty() || recipients.size() > most_recipients)
        return bad("\"to\": 1 to " + std::to_string(most_recipients) + " recipients expected");
    if (const auto sound = sound_question(client); !sound) return as_fields(sound.error());
    if (!request.caller.sees(client.sender) &&
        !std::ranges::all_of(recipients, [&](const auto& to) { return request.caller.sees(to); }))
        return not_yours();
    const auto grounds = explain_grounds(paths, after(desk_patience));
    if (!grounds) return not_sound();
    if (std::ranges::any_of(
            recipients, [&](const auto& to) { return is_of_others(*grounds, request.caller, to); }))
        return not_yours();
    return Response::json(Walk{*grounds, client, request.caller}.run(recipients));
}

}  // namespace

void add_explain_api(Desk& desk)
{
    const auto paths = desk.paths();
    const auto add = [&desk](const std::string& pattern, Desk::Read work) {
        desk.read(pattern, std::move(work), Role::help_desk);
    };
    add("/api/v1/explain/rcpt", [paths](const Request& r) { return recipient(paths, r, true); });
    add("/api/v1/explain/route", [paths](const Request& r) { return recipient(paths, r, false); });
    add("/api/v1/explain/relay", [paths](const Request& r) { return relay(paths, r); });
    desk.ask(
        "/api/v1/explain/message", [paths](const Request& r) { return message(paths, r); },
        Role::help_desk);
}

}  // namespace imc::admin
