#include "admin/queue_api.h"

#include "admin/desk.h"
#include "admin/queue_words.h"
#include "base/text.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t most_of_a_page = 1000;

/// Of the query; nothing when it was not given.
Result<std::optional<std::size_t>> number_asked(const Request& request, const char* name,
                                                std::size_t least)
{
    const auto text = request.first(name);
    if (text.empty()) return std::optional<std::size_t>{};
    const auto number = parse_number(text);
    if (number && *number >= least) return std::optional<std::size_t>{*number};
    return bad_request(std::string{name} + ": \"" + printable(text, 40) +
                       "\" found, a number from " + std::to_string(least) + " expected");
}

Response list(const queue::Queue& queue, const Request& request)
{
    auto words = words_of_query(request);
    auto selector = queue::parse_selector(words);
    if (!selector) return Response::error(selector.error());
    if (selector->empty()) selector->all = true;
    queue::Page page;
    const auto offset = number_asked(request, "offset", 0);
    if (!offset) return Response::error(offset.error());
    const auto limit = number_asked(request, "limit", 1);
    if (!limit) return Response::error(limit.error());
    page.offset = offset->value_or(0);
    page.most = limit->value_or(page.most);
    // Commands know what they ask, others get pages.
    if (request.caller.by != Caller::By::socket) page.most = std::min(page.most, most_of_a_page);
    if (const auto after = request.first("after"); !after.empty()) {
        const auto id = spool::MessageId::parse(after);
        if (!id) return Response::error(bad_request("after: " + id.error().detail()));
        page.after = *id;
    }
    Response out;
    out.content_type = "application/x-ndjson";
    const auto rows = queue.list(*selector, page);
    for (const auto& row : rows)
        out.body += json::serialize(to_json(row)) + "\n";
    if (!rows.empty() && rows.size() == page.most)
        out.headers.emplace_back("imc-next", rows.back().id.to_string());
    return out;
}

Response by_reason(const queue::Queue& queue)
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
    return out;
}

Response show(const queue::Queue& queue, const Request& request)
{
    const auto id = spool::MessageId::parse(request.parameters.at("id"));
    if (!id) return Response::error(id.error());
    queue::Selector selector;
    selector.ids.push_back(*id);
    selector.deleted = queue::Selector::Deleted::too;
    auto rows = queue.list(selector);
    if (rows.empty())
        return Response::error(Error{EventId::spool_no_such_message,
                                     "message " + id->to_string() + " is not in the queue"},
                               404);
    queue.add_decisions(rows.front());
    return Response::json(to_json(rows.front()));
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

void add_queue_api(Server& server, queue::Queue& queue, net::thread_pool& pool)
{
    // A walk over all that waits takes long, and one message's decisions are read from the disk.
    server.add("GET", "/api/v1/queue",
               on_pool(pool, [&queue](const Request& r) { return list(queue, r); }));
    server.add("GET", "/api/v1/queue-reasons",
               on_pool(pool, [&queue](const Request&) { return by_reason(queue); }));
    server.add("GET", "/api/v1/queue/{id}",
               on_pool(pool, [&queue](const Request& r) { return show(queue, r); }));
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
