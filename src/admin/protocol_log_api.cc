#include "admin/protocol_log_api.h"

#include "admin/noted.h"
#include "base/text.h"
#include "event/diagnostics.h"
#include "event/record_json.h"

#include <boost/json/array.hpp>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

constexpr unsigned most_minutes = 24 * 60;

Error wrong(const std::string& what) { return Error{EventId::admin_refused, what}; }

json::array list(const std::vector<std::string>& words)
{
    json::array out;
    for (const auto& word : words)
        out.push_back(json::value(word));
    return out;
}

std::optional<unsigned> level_of(const json::value& value)
{
    if (value.is_string()) return parse_level(std::string_view{value.get_string()});
    boost::system::error_code flaw;
    const auto number = value.to_number<unsigned>(flaw);
    return flaw ? std::nullopt : parse_level(std::to_string(number));
}

Result<ProtocolLogOrder> order_of(const Request& request)
{
    ProtocolLogOrder out;
    out.by = request.by();
    const auto* body = request.body.if_object();
    if (body == nullptr) return wrong("an object is expected");
    const auto* level = body->if_contains("level");
    const auto wanted = level == nullptr ? std::nullopt : level_of(*level);
    if (!wanted) return wrong("level: None, Minimum, Medium or Maximum is expected");
    out.level = *wanted;
    if (const auto* peers = body->if_contains("peers"); peers != nullptr && !peers->is_null()) {
        if (!peers->is_array()) return wrong("peers: a list of texts is expected");
        for (const auto& peer : peers->get_array()) {
            if (!peer.is_string()) return wrong("peers: a list of texts is expected");
            out.peers.emplace_back(peer.get_string());
        }
    }
    if (const auto* minutes = body->if_contains("minutes");
        minutes != nullptr && !minutes->is_null()) {
        boost::system::error_code flaw;
        const auto number = minutes->to_number<unsigned>(flaw);
        if (flaw || number < 1 || number > most_minutes)
            return wrong("minutes: 1 to " + std::to_string(most_minutes) + " are expected");
        out.length = std::chrono::minutes{number};
    }
    return out;
}

net::awaitable<Response> show(const ProtocolLogDesk& desk)
{
    co_return Response::json(to_json(desk.state()));
}

net::awaitable<Response> carry_out(ProtocolLogDesk& desk, ProtocolLogOrder order, bool dry_run)
{
    const auto level = std::string{name_of_level(order.level)};
    const bool ends = order.level == 0;
    if (const auto done = desk.order(std::move(order), dry_run); !done)
        co_return Response::error(done.error());
    auto out = to_json(desk.state());
    out["done"] = ends ? "the protocol log is what ProtocolLogLevel says"
                       : "the protocol log is at level " + level;
    if (ends)
        out["undo"] = nullptr;
    else
        out["undo"] = "imc service protocol-log --revert";
    out["dry_run"] = dry_run;
    co_return Response::json(out);
}

net::awaitable<Response> put(ProtocolLogDesk& desk, Request request)
{
    auto order = order_of(request);
    if (!order) co_return Response::error(order.error());
    Response response;
    if (request.dry_run()) {
        response = co_await carry_out(desk, std::move(*order), true);
        co_return response;
    }
    const auto undo = order->level == 0 ? std::string{} : "imc service protocol-log --revert";
    Change change{"protocol-log.put", "protocol log", to_json(desk.state()), request.body, undo};
    Handler work = [&desk, order = std::move(*order)](const Request&) {
        return carry_out(desk, order, false);
    };
    response = co_await noted(std::move(request), std::move(change), std::move(work));
    co_return response;
}

}  // namespace

json::object to_json(const ProtocolLogState& state)
{
    json::object out{{"level", state.level},
                     {"name", name_of_level(state.level)},
                     {"peers", list(state.peers)},
                     {"temporary", nullptr}};
    if (const auto& more = state.temporary)
        out["temporary"] = json::object{{"level", more->level},
                                        {"name", name_of_level(more->level)},
                                        {"peers", list(more->peers)},
                                        {"until", to_rfc3339(more->until)},
                                        {"by", more->by}};
    return out;
}

void add_protocol_log_api(Server& server, ProtocolLogDesk& desk)
{
    server.add("GET", "/api/v1/protocol-log", [&desk](Request) { return show(desk); });
    server.add(
        "PUT", "/api/v1/protocol-log",
        [&desk](Request request) { return put(desk, std::move(request)); },
        noted_by_handler("PUT", "/api/v1/protocol-log"));
}

}  // namespace imc::admin
