#include "admin/track_words.h"

#include "admin/decided_words.h"
#include "base/text.h"
#include "event/record_json.h"

#include <boost/json/array.hpp>

namespace imc::admin {

namespace json = boost::json;
using tracking::Record;
using tracking::Rejection;
using tracking::What;

/// Its text is by which facts the recipient was decided on.
bool tells_facts(const Record& r)
{
    return r.what == What::received || r.what == What::report_received ||
           r.what == What::queued_local || r.what == What::queued_outbound ||
           r.what == What::decided;
}

json::object record_json(const Record& r)
{
    json::object out{{"id", r.id},
                     {"event", static_cast<unsigned>(r.what)},
                     {"what", to_string(r.what)},
                     {"time", to_rfc3339(r.time)}};
    const auto add = [&](const char* name, const std::string& text) {
        if (!text.empty()) out[name] = printable(text, 2048);
    };
    add("gateway", r.gateway);
    add("partner", r.partner);
    add("remote_id", r.remote_id);
    out["sender"] = printable(r.sender);
    out["priority"] = r.priority;
    out["octets"] = r.octets;
    out["seconds"] = r.seconds;
    add("report_id", r.report_id);
    out["recipient_count"] = r.recipients;
    add("recipient", r.recipient);
    if (r.delivered) out["delivered"] = *r.delivered;
    add("message_id", r.message_id);
    add("status", r.status);
    if (r.text.empty() || !tells_facts(r))
        add("text", r.text);
    else
        out["decided"] = decided_json(r.text);
    add("helo", r.helo);
    add("tls", r.tls);
    add("account", r.account);
    add("route", r.route);
    return out;
}

json::object rejection_json(const Rejection& r)
{
    json::array recipients;
    for (const auto& each : r.recipients)
        recipients.emplace_back(printable(each));
    json::object out{{"time", to_rfc3339(r.time)},
                     {"code", r.code},
                     {"count", r.count},
                     {"peer", printable(r.peer)},
                     {"peer_name", printable(r.peer_name)},
                     {"helo", printable(r.helo)},
                     {"listener", printable(r.listener)},
                     {"account", printable(r.account)},
                     {"recipients", std::move(recipients)},
                     {"stage", printable(r.stage)},
                     {"rule", printable(r.rule)},
                     {"evidence", printable(r.evidence, 2048)},
                     {"reply", printable(r.reply, 2048)}};
    // Not given is not the same as the empty sender of a report.
    out["sender"] = r.sender ? json::value(printable(*r.sender)) : json::value(nullptr);
    return out;
}

}  // namespace imc::admin
