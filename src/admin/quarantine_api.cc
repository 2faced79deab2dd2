#include "admin/quarantine_api.h"

#include "admin/noted.h"
#include "admin/store_with_copy.h"
#include "base/offload.h"
#include "store/quarantine.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <set>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

struct Kept {
    store::Quarantined record;
    std::string text;
};

Result<Kept> read(const std::string& folder, const std::string& id)
{
    const store::Quarantine quarantine{real_files(), folder};
    auto record = quarantine.find(id);
    if (!record) return record.error();
    auto text = quarantine.text(id);
    if (!text) return text.error();
    return Kept{std::move(*record), std::move(*text)};
}

/// Those under way: two at once would send the message twice. The server's thread only.
using Busy = std::shared_ptr<std::set<std::string>>;

net::awaitable<Response> release_once(std::shared_ptr<const QuarantineParts> parts, std::string id,
                                      Request request)
{
    const auto folder = parts->folder();
    const auto ask = [&folder, &id] { return read(folder, id); };
    auto kept = co_await offload(parts->background, ask);
    if (!kept) co_return Response::error(kept.error(), 404);
    if (request.dry_run())
        co_return Response::json(json::object{{"id", id}, {"message", nullptr}, {"dry_run", true}});
    const auto& record = kept->record;
    spool::NewMessage message;
    message.body = std::make_shared<const std::string>(std::move(kept->text));
    auto& envelope = message.envelope;
    envelope.sender = record.sender;
    for (const auto& recipient : record.recipients)
        envelope.recipients.push_back({recipient.address, recipient.original, recipient.notify});
    envelope.envid = record.envid;
    envelope.ret = record.ret;
    envelope.priority = record.priority > 0   ? spool::Priority::urgent
                        : record.priority < 0 ? spool::Priority::non_urgent
                                              : spool::Priority::normal;
    envelope.eight_bit = record.eight_bit;
    envelope.smtp_utf8 = record.smtp_utf8;
    envelope.arrived_at = wall_clock().now();
    envelope.peer = record.peer;
    envelope.account = record.account;
    const auto to_disk = [&parts, &message] {
        return spool::keep_rest_on_disk(parts->spool, message);
    };
    if (const auto kept_on_disk = co_await offload(parts->background, to_disk); !kept_on_disk)
        co_return Response::error(kept_on_disk.error(), 503);
    spool::Envelope for_queue = envelope;
    spool::Body for_first_attempt = message.body;
    const auto stored = co_await store_with_copy(parts->spool, parts->copies, parts->background,
                                                 std::move(message), std::nullopt);
    if (!stored) co_return Response::error(stored.error(), 503);
    parts->queue.add(*stored, std::move(for_queue), std::move(for_first_attempt));
    const auto queued = stored->to_string();
    parts->events.raise(
        EventId::quarantine_released,
        {{"id", id}, {"originator", record.matched}, {"by", request.by()}, {"message", queued}});
    const auto forget = [&folder, &id] {
        return store::Quarantine{real_files(), folder}.remove(id);
    };
    const auto gone = co_await offload(parts->background, forget);
    if (!gone) {
        parts->events.raise(gone.error(), {{"folder", folder}});
        co_return Response::error(Error{gone.error().event(), "queued as " + queued +
                                                                  ", but it is still in the "
                                                                  "quarantine: " +
                                                                  gone.error().detail()},
                                  500);
    }
    auto answer = Response::json(json::object{{"id", id}, {"message", queued}});
    answer.came_of = Change{"quarantine.release", id, nullptr, json::object{{"message", queued}},
                            "imc queue delete " + queued};
    co_return answer;
}

net::awaitable<Response> release(std::shared_ptr<const QuarantineParts> parts, Busy busy,
                                 Request request)
{
    const auto id = request.parameters["id"];
    if (!busy->insert(id).second)
        co_return Response::error(
            Error{EventId::admin_refused, id + " is being released; see imc queue ls"}, 409);
    const std::shared_ptr<void> done{nullptr, [busy, id](void*) { busy->erase(id); }};
    Response answer;
    if (request.dry_run()) {
        answer = co_await release_once(std::move(parts), id, std::move(request));
        co_return answer;
    }
    const auto look = [&parts, &id] {
        return store::Quarantine{real_files(), parts->folder()}.find(id);
    };
    const auto found = co_await offload(parts->background, look);
    if (!found) co_return Response::error(found.error(), 404);
    boost::system::error_code flaw;
    auto before = json::parse(store::to_json_line(*found), flaw);
    if (flaw) before = nullptr;
    Change change{"quarantine.release", id, std::move(before), "in the queue", ""};
    Handler work = [parts, id](Request r) { return release_once(parts, id, std::move(r)); };
    answer = co_await noted(std::move(request), std::move(change), std::move(work));
    co_return answer;
}

net::awaitable<Response> rules(std::shared_ptr<const QuarantineParts> parts)
{
    Response out;
    out.content_type = "application/x-ndjson";
    for (const auto& count : parts->counts())
        out.body += json::serialize(json::object{{"row", count.row}, {"hits", count.hits}}) + "\n";
    co_return out;
}

}  // namespace

void add_quarantine_api(Server& server, QuarantineParts all)
{
    const auto parts = std::make_shared<const QuarantineParts>(std::move(all));
    server.add(
        "POST", "/api/v1/quarantine/{id}/release",
        [parts, busy = std::make_shared<std::set<std::string>>()](Request r) {
            return release(parts, busy, std::move(r));
        },
        noted_by_handler("POST", "/api/v1/quarantine/{id}/release"));
    server.add("GET", "/api/v1/filter", [parts](Request) { return rules(parts); });
}

}  // namespace imc::admin
