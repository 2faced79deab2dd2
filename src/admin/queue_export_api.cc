#include "admin/queue_export_api.h"

#include "admin/desk.h"
#include "admin/exported_message.h"
#include "admin/queue_words.h"
#include "base/offload.h"
#include "base/text.h"

#include <boost/json/serialize.hpp>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

Response views(const queue::Queue& queue)
{
    Response out;
    out.content_type = "application/x-ndjson";
    for (const auto& view : queue::Views{queue}.count())
        out.body += json::serialize(json::object{{"view", view.name},
                                                 {"messages", view.messages},
                                                 {"recipients", view.recipients},
                                                 {"octets", view.octets},
                                                 {"oldest", to_json(view.oldest)}}) +
                    "\n";
    return out;
}

json::object group_json(const queue::Group& group)
{
    return {{"key", group.key},
            {"messages", group.messages},
            {"recipients", group.recipients},
            {"octets", group.octets},
            {"oldest", to_json(group.oldest)},
            {"next_attempt", group.next_attempt ? to_json(*group.next_attempt) : nullptr},
            {"reason", queue::name_of(group.reason)},
            {"last_reply", group.last_reply}};
}

Response groups(const queue::Queue& queue, const Request& request)
{
    const auto by = queue::group_by_named(request.first("by"));
    if (!by)
        return bad("by=" + printable(request.first("by"), 40) +
                   "; site, route, reason, domain or sender expected");
    const auto page = page_asked(request);
    if (!page) return refused(page.error());
    const auto found = queue::Views{queue}.groups(*by, page->limit);
    Lines out;
    for (const auto& group : found.top)
        out.add(group_json(group));
    if (found.rest.recipients > 0) {
        auto rest = group_json(found.rest);
        for (const auto* key : {"key", "next_attempt", "reason", "last_reply"})
            rest[key] = nullptr;
        rest["rest"] = true;
        rest["groups"] = found.in_rest ? json::value(*found.in_rest) : nullptr;
        out.add(rest);
    }
    return out.answer();
}

Response gone(spool::MessageId id)
{
    return Response::error(
        Error{EventId::spool_no_such_message, "message " + id.to_string() + " is not in the queue"},
        404);
}

net::awaitable<Response> envelope(queue::Queue& queue, Request request)
{
    const auto id = spool::MessageId::parse(request.parameters["id"]);
    if (!id) co_return Response::error(id.error());
    auto whole = queue::Views{queue}.whole(*id);
    if (!whole) co_return gone(*id);
    Exported out{*id, std::move(whole->envelope), std::move(whole->terms), whole->octets};
    std::vector<spool::Recipient> waiting;
    for (const auto index : whole->recipients)
        waiting.push_back(std::move(out.envelope.recipients[index]));
    out.envelope.recipients = std::move(waiting);
    co_return Response::json(write_exported(out));
}

Result<std::string> piece(const queue::Queue& queue, spool::MessageId id, std::uint64_t at)
{
    const auto text = queue::Views{queue}.text(id);
    if (!text) return text.error();
    const auto memory = text->memory();
    if (at < memory.size()) return std::string{memory.substr(static_cast<std::size_t>(at))};
    if (at >= text->size()) return std::string{};
    return text->file()->piece(at - memory.size());
}

net::awaitable<Response> text(queue::Queue& queue, net::thread_pool& background, Request request)
{
    const auto id = spool::MessageId::parse(request.parameters["id"]);
    if (!id) co_return Response::error(id.error());
    const auto at = parse_number(request.first("at").empty() ? "0" : request.first("at"));
    if (!at)
        co_return Response::error(
            Error{EventId::admin_refused,
                  "at=" + printable(request.first("at"), 40) + "; a number of octets expected"});
    const auto read = [&queue, id, at] { return piece(queue, *id, *at); };
    auto octets = co_await offload(background, read);
    if (!octets) co_return Response::error(octets.error(), 404);
    Response out;
    out.content_type = "message/rfc822";
    out.body = std::move(*octets);
    co_return out;
}

}  // namespace

void add_queue_export_api(Server& server, queue::Queue& queue, net::thread_pool& background)
{
    server.add("GET", "/api/v1/queue-views",
               on_pool(background, [&queue](const Request&) { return views(queue); }));
    server.add("GET", "/api/v1/queue-groups",
               on_pool(background, [&queue](const Request& r) { return groups(queue, r); }));
    server.add("GET", "/api/v1/queue/{id}/envelope",
               [&queue](Request r) { return envelope(queue, std::move(r)); });
    server.add("GET", "/api/v1/queue/{id}/text",
               [&queue, &background](Request r) { return text(queue, background, std::move(r)); });
}

}  // namespace imc::admin
