#include "admin/badmail_api.h"

#include "admin/noted.h"
#include "admin/store_with_copy.h"
#include "base/offload.h"
#include "spool/badmail.h"

#include <boost/json/object.hpp>

#include <algorithm>
#include <set>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

struct ToRelease {
    spool::NewMessage message;
    queue::CopyKeeper::Before before;
};

Result<ToRelease> read(const BadmailParts& parts, const std::string& id)
{
    const spool::Badmail badmail{real_files(), parts.folder};
    const auto record = badmail.find(id);
    if (!record) return record.error();
    auto text = badmail.text(id);
    if (!text) return text.error();
    spool::NewMessage message;
    message.envelope = spool::envelope_to_release(*record, wall_clock().now());
    message.body = std::make_shared<const std::string>(std::move(*text));
    const auto& known = record->evidence;
    const auto copy = std::ranges::find(known, queue::archived_evidence, &spool::Evidence::key);
    if (copy != known.end()) message.evidence.push_back(*copy);
    if (message.envelope.recipients.empty())
        return Error{EventId::badmail_no_such, "no recipient of " + id + " waits"};
    if (auto kept = spool::keep_rest_on_disk(parts.spool, message); !kept) return kept.error();
    return ToRelease{std::move(message), {record->id, record->envelope.arrived_at}};
}

net::awaitable<Response> would_release(std::shared_ptr<const BadmailParts> parts, std::string id)
{
    const auto look = [&parts, &id] {
        return spool::Badmail{real_files(), parts->folder}.find(id);
    };
    const auto found = co_await offload(parts->background, look);
    if (!found) co_return Response::error(found.error(), 404);
    co_return Response::json(json::object{{"id", id}, {"message", nullptr}, {"dry_run", true}});
}

/// Those under way: two at once would send the message twice. The server's thread only.
using Busy = std::shared_ptr<std::set<std::string>>;

net::awaitable<Response> release_once(std::shared_ptr<const BadmailParts> parts, std::string id,
                                      Request request)
{
    const auto ask = [&parts, &id] { return read(*parts, id); };
    auto found = co_await offload(parts->background, ask);
    if (!found)
        co_return Response::error(found.error(),
                                  found.error().event() == EventId::badmail_no_such ? 404 : 503);
    spool::Envelope for_queue = found->message.envelope;
    spool::Body for_first_attempt = found->message.body;
    const auto stored = co_await store_with_copy(parts->spool, parts->copies, parts->background,
                                                 std::move(found->message), found->before);
    if (!stored) co_return Response::error(stored.error(), 503);
    parts->queue.add(*stored, std::move(for_queue), std::move(for_first_attempt));
    const auto queued = stored->to_string();
    parts->events.raise(EventId::badmail_released,
                        {{"id", id}, {"by", request.by()}, {"message", queued}});
    const auto forget = [&parts, &id] {
        return spool::Badmail{real_files(), parts->folder}.remove(id);
    };
    const auto gone = co_await offload(parts->background, forget);
    if (!gone) {
        parts->events.raise(gone.error(), {{"message", id}});
        co_return Response::error(
            Error{gone.error().event(),
                  "queued as " + queued + ", but it is still in badmail: " + gone.error().detail()},
            500);
    }
    auto answer = Response::json(json::object{{"id", id}, {"message", queued}});
    answer.came_of = Change{"badmail.release", id, nullptr, json::object{{"message", queued}},
                            "imc queue delete " + queued};
    co_return answer;
}

net::awaitable<Response> release(std::shared_ptr<const BadmailParts> parts, Busy busy,
                                 Request request)
{
    const auto id = request.parameters["id"];
    if (request.dry_run()) {
        auto would = co_await would_release(std::move(parts), id);
        co_return would;
    }
    if (!busy->insert(id).second)
        co_return Response::error(
            Error{EventId::badmail_failed, id + " is being released; see imc queue ls"}, 409);
    const std::shared_ptr<void> done{nullptr, [busy, id](void*) { busy->erase(id); }};
    const auto look = [&parts, &id] {
        return spool::Badmail{real_files(), parts->folder}.find(id);
    };
    const auto known = co_await offload(parts->background, look);
    if (!known) co_return Response::error(known.error(), 404);
    Change change{"badmail.release", id, bad_message_json(*known), "in the queue", ""};
    Handler work = [parts, id](Request r) { return release_once(parts, id, std::move(r)); };
    auto answer = co_await noted(std::move(request), std::move(change), std::move(work));
    co_return answer;
}

}  // namespace

void add_badmail_api(Server& server, BadmailParts all)
{
    const auto parts = std::make_shared<const BadmailParts>(std::move(all));
    server.add(
        "POST", "/api/v1/badmail/{id}/release",
        [parts, busy = std::make_shared<std::set<std::string>>()](Request r) {
            return release(parts, busy, std::move(r));
        },
        noted_by_handler("POST", "/api/v1/badmail/{id}/release"));
}

}  // namespace imc::admin
