#include "admin/queue_api.h"

#include "base/text.h"
#include "event/record_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

json::value to_json(WallTime when)
{
    if (when == WallTime{}) return nullptr;
    return json::value(to_rfc3339(when));  // with braces it would be an array
}

json::value to_json(const queue::QueueRow& row)
{
    constexpr std::array<const char*, 3> priorities{"urgent", "normal", "non-urgent"};
    json::array recipients;
    for (const auto& r : row.recipients)
        recipients.push_back(json::object{{"address", r.address},
                                          {"why", r.why},
                                          {"reason", queue::name_of(r.reason)},
                                          {"explained", queue::explained(r.reason)},
                                          {"since", to_json(r.since)},
                                          {"until", to_json(r.until.value_or(WallTime{}))},
                                          {"expires", to_json(r.expires)},
                                          {"route", r.route},
                                          {"hosts", json::array(r.hosts.begin(), r.hosts.end())},
                                          {"next_host", r.next_host},
                                          {"site_reply", r.site_reply},
                                          {"in_delivery", r.in_delivery},
                                          {"attempts", r.state.attempts},
                                          {"next_attempt", to_json(r.state.next_attempt)},
                                          {"last_status", r.state.last_status},
                                          {"last_reply", r.state.last_reply},
                                          {"last_host", r.state.last_host}});
    return json::object{{"id", row.id.to_string()},
                        {"sender", row.sender},
                        {"arrived_at", to_rfc3339(row.arrived_at)},
                        {"octets", row.octets},
                        {"priority", priorities.at(static_cast<std::size_t>(row.priority))},
                        {"recipients", std::move(recipients)}};
}

Error no_such_reason(const std::string& name)
{
    std::string all;
    for (std::size_t i = 0; i < queue::reasons; ++i)
        all += (i == 0 ? "" : ", ") + std::string{queue::name_of(static_cast<queue::Reason>(i))};
    return Error{EventId::admin_refused,
                 "'" + printable(name, 40) + "' is no reason; there are " + all};
}

Result<queue::Selector> selector_of(const Request& request)
{
    queue::Selector selector;
    selector.sender = request.first("sender");
    selector.recipient = request.first("recipient");
    selector.domain = request.first("domain");
    if (const auto name = request.first("reason"); !name.empty()) {
        selector.reason = queue::reason_named(name);
        if (!selector.reason) return no_such_reason(name);
    }
    const auto* body = request.body.if_object();
    if (body == nullptr) return selector;
    const auto text = [&](const char* key, std::string& into) {
        if (const auto* value = body->if_contains(key); value != nullptr && value->is_string())
            into = std::string{value->as_string()};
    };
    text("sender", selector.sender);
    text("recipient", selector.recipient);
    text("domain", selector.domain);
    std::string reason;
    text("reason", reason);
    if (!reason.empty() && !(selector.reason = queue::reason_named(reason)))
        return no_such_reason(reason);
    if (const auto* all = body->if_contains("all"); all != nullptr && all->is_bool())
        selector.all = all->as_bool();
    if (const auto* ids = body->if_contains("ids"); ids != nullptr && ids->is_array())
        for (const auto& id : ids->as_array()) {
            if (!id.is_string()) return Error{EventId::admin_refused, "ids are texts"};
            auto parsed = spool::MessageId::parse(std::string{id.as_string()});
            if (!parsed) return parsed.error();
            selector.ids.push_back(*parsed);
        }
    if (!selector.all && selector.ids.empty() && selector.sender.empty() &&
        selector.recipient.empty() && selector.domain.empty() && !selector.reason)
        return Error{EventId::admin_refused,
                     "an empty selector selects nothing; say all for everything"};
    return selector;
}

net::awaitable<Response> list(queue::Queue& queue, Request request)
{
    auto selector = selector_of(request);
    if (!selector) co_return Response::error(selector.error());
    queue::Page page;
    page.offset = parse_number(request.first("offset")).value_or(0);
    page.most = parse_number(request.first("limit")).value_or(page.most);
    if (const auto after = request.first("after"); !after.empty()) {
        const auto id = spool::MessageId::parse(after);
        if (!id) co_return Response::error(id.error());
        page.after = *id;
    }
    Response out;
    out.content_type = "application/jsonl";
    for (const auto& row : queue.list(*selector, page))
        out.body += json::serialize(to_json(row)) + "\n";
    co_return out;
}

net::awaitable<Response> by_reason(queue::Queue& queue)
{
    Response out;
    out.content_type = "application/jsonl";
    for (const auto& row : queue.by_reason())
        out.body += json::serialize(json::object{{"reason", queue::name_of(row.reason)},
                                                 {"explained", queue::explained(row.reason)},
                                                 {"recipients", row.recipients},
                                                 {"oldest", to_json(row.oldest)},
                                                 {"sample", row.sample.to_string()}}) +
                    "\n";
    co_return out;
}

net::awaitable<Response> show(queue::Queue& queue, Request request)
{
    const auto id = spool::MessageId::parse(request.parameters["id"]);
    if (!id) co_return Response::error(id.error());
    queue::Selector selector;
    selector.ids.push_back(*id);
    const auto rows = queue.list(selector);
    if (rows.empty())
        co_return Response::error(Error{EventId::spool_no_such_message,
                                        "message " + id->to_string() + " is not in the queue"},
                                  404);
    co_return Response::json(to_json(rows.front()));
}

net::awaitable<Response> retry(queue::Queue& queue, Request request)
{
    auto selector = selector_of(request);
    if (!selector) co_return Response::error(selector.error());
    co_return Response::json(json::object{{"recipients", queue.retry(*selector)}});
}

net::awaitable<Response> remove(queue::Queue& queue, Request request)
{
    auto selector = selector_of(request);
    if (!selector) co_return Response::error(selector.error());
    const auto count = co_await queue.remove(std::move(*selector));
    if (!count) co_return Response::error(count.error(), 500);
    co_return Response::json(json::object{{"recipients", *count}});
}

net::awaitable<Response> stat(metrics::Registry& metrics)
{
    Response out;
    out.content_type = "application/jsonl";
    for (const auto& sample : metrics.snapshot())
        out.body += json::serialize(json::object{
                        {"name", sample.name}, {"value", sample.value}, {"help", sample.help}}) +
                    "\n";
    co_return out;
}

net::awaitable<Response> open_metrics(metrics::Registry& metrics)
{
    co_return Response{200, metrics.open_metrics(),
                       "application/openmetrics-text; version=1.0.0; charset=utf-8"};
}

}  // namespace

void add_queue_api(Server& server, queue::Queue& queue)
{
    server.add("GET", "/api/v1/queue", [&queue](Request r) {
        auto& body = r.body;
        if (body.is_null()) body = json::object{{"all", true}};
        return list(queue, std::move(r));
    });
    server.add("GET", "/api/v1/queue-reasons", [&queue](Request) { return by_reason(queue); });
    server.add("POST", "/api/v1/queue/retry",
               [&queue](Request r) { return retry(queue, std::move(r)); });
    server.add("POST", "/api/v1/queue/delete",
               [&queue](Request r) { return remove(queue, std::move(r)); });
    server.add("GET", "/api/v1/queue/{id}",
               [&queue](Request r) { return show(queue, std::move(r)); });
}

void add_stat_api(Server& server, metrics::Registry& metrics)
{
    server.add("GET", "/api/v1/stat", [&metrics](Request) { return stat(metrics); });
    server.add("GET", "/metrics", [&metrics](Request) { return open_metrics(metrics); });
}

}  // namespace imc::admin
