#include "admin/queue_words.h"

#include "admin/decided_words.h"
#include "base/text.h"
#include "event/record_json.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

bool selects(std::string_view name)
{
    return std::ranges::any_of(queue::selector_words(),
                               [&](const auto& word) { return word.name == name; });
}

json::array tried_json(const TriedHosts& tried)
{
    json::array out;
    if (tried)
        for (const auto& [host, said] : *tried)
            out.push_back(json::object{{"host", host}, {"said", said}});
    return out;
}

json::object recipient_json(const queue::RecipientRow& r)
{
    json::object out{{"address", r.address},
                     {"why", r.why},
                     {"reason", queue::name_of(r.reason)},
                     {"explained", queue::explained(r.reason)},
                     {"since", to_json(r.since)},
                     {"until", to_json(r.until.value_or(WallTime{}))},
                     {"expires", to_json(r.expires)},
                     {"route", r.route},
                     {"hosts", json::array(r.hosts.begin(), r.hosts.end())},
                     {"tried", tried_json(r.tried)},
                     {"next_host", r.next_host},
                     {"site_reply", r.site_reply},
                     {"in_delivery", r.in_delivery},
                     {"attempts", r.state.attempts},
                     {"next_attempt", to_json(r.state.next_attempt)},
                     {"last_status", r.state.last_status},
                     {"last_reply", r.state.last_reply},
                     {"last_host", r.state.last_host}};
    if (!r.decided.empty()) out["decided"] = decided_json(r.decided);
    const auto& terms = r.terms;
    if (terms.action == 0 && terms == queue::Terms{}) return out;
    out["rerouted"] = terms.route;
    out["held_until"] = to_json(terms.held_until);
    out["deleted"] = to_json(terms.deleted);
    out["action"] = terms.action;
    out["by"] = terms.by;
    out["text"] = terms.text;
    return out;
}

}  // namespace

json::value to_json(WallTime when)
{
    if (when == WallTime{}) return nullptr;
    if (when == WallTime::max()) return json::value("never");
    return json::value(to_rfc3339(when));  // with braces it would be an array
}

std::string_view priority_name(spool::Priority priority)
{
    constexpr std::array<std::string_view, 3> names{"urgent", "normal", "non-urgent"};
    return names.at(static_cast<std::size_t>(priority));
}

json::object to_json(const queue::QueueRow& row)
{
    json::array recipients;
    for (const auto& r : row.recipients)
        recipients.push_back(recipient_json(r));
    return json::object{{"id", row.id.to_string()},
                        {"sender", row.sender},
                        {"arrived_at", to_rfc3339(row.arrived_at)},
                        {"octets", row.octets},
                        {"priority", priority_name(row.priority)},
                        {"recipients", std::move(recipients)}};
}

queue::Words words_of_query(const Request& request)
{
    queue::Words out;
    for (const auto& [name, value] : request.query)
        if (name != "after" && name != "offset" && name != "limit") out.emplace_back(name, value);
    return out;
}

Result<queue::Words> words_of_body(const json::object& body)
{
    const auto wrong = [](std::string_view key, const char* expected) {
        return Error{EventId::admin_refused,
                     "\"" + std::string{key} + "\" is not " + expected + ", which was expected"};
    };
    queue::Words out;
    for (const auto& [name, value] : body) {
        const std::string key{name};
        if (key == "ids") {
            if (!value.is_array()) return wrong(key, "an array of texts");
            for (const auto& id : value.as_array()) {
                if (!id.is_string()) return wrong(key, "an array of texts");
                out.emplace_back("id", std::string{id.as_string()});
            }
        } else if (key == "all") {
            if (!value.is_bool()) return wrong(key, "true or false");
            out.emplace_back(key, value.as_bool() ? "true" : "false");
        } else if (selects(key)) {
            if (!value.is_string()) return wrong(key, "a text");
            if (value.as_string().empty()) return wrong(key, "a text that is not empty");
            out.emplace_back(key, std::string{value.as_string()});
        } else if (key == "normal" || key == "now" || key == "dry_run") {
            if (!value.is_bool()) return wrong(key, "true or false");
        } else if (key != "in" && key != "at" && key != "text" && key != "to") {
            // Less than was said must not become more than was meant.
            return Error{
                EventId::admin_refused,
                "\"" + printable(key, 60) +
                    "\" is not known here; the words of docs/formats/admin-api.md expected"};
        }
    }
    return out;
}

}  // namespace imc::admin
