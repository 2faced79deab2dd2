#include "admin/queue_api.h"

#include "admin/queue_words.h"
#include "base/text.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

net::awaitable<Response> list(queue::Queue& queue, Request request)
{
    auto words = words_of_query(request);
    auto selector = queue::parse_selector(words);
    if (!selector) co_return Response::error(selector.error());
    if (selector->empty()) selector->all = true;
    queue::Page page;
    page.offset = parse_number(request.first("offset")).value_or(0);
    page.most = parse_number(request.first("limit")).value_or(page.most);
    if (const auto after = request.first("after"); !after.empty()) {
        const auto id = spool::MessageId::parse(after);
        if (!id) co_return Response::error(id.error());
        page.after = *id;
    }
    Response out;
    out.content_type = "application/x-ndjson";
    for (const auto& row : queue.list(*selector, page))
        out.body += json::serialize(to_json(row)) + "\n";
    co_return out;
}

net::awaitable<Response> by_reason(queue::Queue& queue)
{
    Response out;
    out.content_type = "application/x-ndjson";
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
    selector.deleted = queue::Selector::Deleted::too;
    auto rows = queue.list(selector);
    if (rows.empty())
        co_return Response::error(Error{EventId::spool_no_such_message,
                                        "message " + id->to_string() + " is not in the queue"},
                                  404);
    queue.add_decisions(rows.front());
    co_return Response::json(to_json(rows.front()));
}

net::awaitable<Response> stat(metrics::Registry& metrics)
{
    Response out;
    out.content_type = "application/x-ndjson";
    for (const auto& sample : metrics.snapshot())
        out.body += json::serialize(json::object{
                        {"name", sample.name}, {"value", sample.value}, {"help", sample.help}}) +
                    "\n";
    co_return out;
}

using MayRead = std::function<bool(const std::string& address)>;

net::awaitable<Response> open_metrics(metrics::Registry& metrics, const MayRead& may_read,
                                      Request request)
{
    const bool may = request.caller.may(Role::view) ||
                     (may_read && !request.address.empty() && may_read(request.address));
    if (!may)
        co_return Response::error(
            Error{
                EventId::admin_refused,
                "a sign-in or token of the role view is needed, or an address in MetricsNetworks"},
            401);
    co_return Response{200, metrics.open_metrics(),
                       "application/openmetrics-text; version=1.0.0; charset=utf-8"};
}

}  // namespace

void add_queue_api(Server& server, queue::Queue& queue)
{
    server.add("GET", "/api/v1/queue", [&queue](Request r) { return list(queue, std::move(r)); });
    server.add("GET", "/api/v1/queue-reasons", [&queue](Request) { return by_reason(queue); });
    server.add("GET", "/api/v1/queue/{id}",
               [&queue](Request r) { return show(queue, std::move(r)); });
}

void add_stat_api(Server& server, metrics::Registry& metrics, MayRead reads_metrics)
{
    server.add("GET", "/api/v1/stat", [&metrics](Request) { return stat(metrics); });
    // A rule of its own: programs that collect numbers need not be able to do anything else.
    server.add(
        "GET", "/metrics",
        [&metrics, may_read = std::move(reads_metrics)](Request request) {
            return open_metrics(metrics, may_read, std::move(request));
        },
        Access{Role::nobody, Audited::never});
}

}  // namespace imc::admin
