#include "admin/link_api.h"

#include "admin/noted.h"
#include "event/record_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

json::value time_of(std::optional<WallTime> when)
{
    if (!when || *when == WallTime{}) return nullptr;
    return json::value(to_rfc3339(*when));
}

json::object state_json(const LinkState& s)
{
    return {{"state", s.open ? "open" : "closed"},
            {"why", s.why},
            {"since", time_of(s.since)},
            {"opens_at", time_of(s.opens_at)},
            {"opens_when", s.opens_when},
            {"schedule", json::array(s.schedule.begin(), s.schedule.end())},
            {"waiting", s.waiting},
            {"oldest", time_of(s.oldest)},
            {"failure", s.failure}};
}

Response answer(const LinkState& s) { return Response::json(state_json(s)); }

/// Before, and what is meant.
Change link_change(LinkDesk& desk, const std::string& action, json::object after,
                   const std::string& undo)
{
    const auto state = desk.state();
    return {"link." + action, "link",
            json::object{{"state", state.open ? "open" : "closed"}, {"why", state.why}},
            std::move(after), undo};
}

net::awaitable<Response> open_now(LinkDesk& desk, std::optional<std::chrono::minutes> length)
{
    const auto state = co_await desk.open(length);
    co_return answer(state);
}

net::awaitable<Response> close_now(LinkDesk& desk)
{
    const auto state = co_await desk.close();
    co_return answer(state);
}

net::awaitable<Response> open(LinkDesk& desk, Request request)
{
    if (!request.body.is_null() && !request.body.is_object())
        co_return Response::error(Error{EventId::admin_refused, "an object is expected"});
    std::optional<std::chrono::minutes> length;
    if (const auto* body = request.body.if_object())
        if (const auto* minutes = body->if_contains("minutes"); minutes && !minutes->is_null()) {
            boost::system::error_code flaw;
            const auto number = minutes->to_number<std::uint32_t>(flaw);
            if (flaw || number < 1 || number > 10080)
                co_return Response::error(
                    Error{EventId::admin_refused, "minutes: 1 to 10080 are expected"});
            length = std::chrono::minutes{number};
        }
    if (request.dry_run()) co_return answer(desk.state());
    json::object meant{{"state", "open"}};
    if (length) meant["minutes"] = length->count();
    auto change = link_change(desk, "open", std::move(meant), "imc link close");
    Handler work = [&desk, length](const Request&) { return open_now(desk, length); };
    auto response = co_await noted(std::move(request), std::move(change), std::move(work));
    co_return response;
}

net::awaitable<Response> close(LinkDesk& desk, Request request)
{
    if (request.dry_run()) co_return answer(desk.state());
    auto change = link_change(desk, "close", {{"state", "closed"}}, "imc link open");
    Handler work = [&desk](const Request&) { return close_now(desk); };
    auto response = co_await noted(std::move(request), std::move(change), std::move(work));
    co_return response;
}

net::awaitable<Response> show(LinkDesk& desk) { co_return answer(desk.state()); }

net::awaitable<Response> etrn(LinkDesk& desk, Request request)
{
    const auto rows = co_await desk.etrn(request.dry_run());
    Response out;
    out.content_type = "application/x-ndjson";
    for (const auto& row : rows)
        out.body += json::serialize(json::object{{"host", row.host},
                                                 {"node", row.node},
                                                 {"outcome", row.outcome},
                                                 {"reply", row.reply}}) +
                    "\n";
    co_return out;
}

}  // namespace

void add_link_api(Server& server, LinkDesk& desk)
{
    server.add("GET", "/api/v1/link", [&desk](Request) { return show(desk); });
    server.add(
        "POST", "/api/v1/link/open", [&desk](Request r) { return open(desk, std::move(r)); },
        noted_by_handler("POST", "/api/v1/link/open"));
    server.add(
        "POST", "/api/v1/link/close", [&desk](Request r) { return close(desk, std::move(r)); },
        noted_by_handler("POST", "/api/v1/link/close"));
    server.add("POST", "/api/v1/link/etrn",
               [&desk](Request r) { return etrn(desk, std::move(r)); });
}

}  // namespace imc::admin
