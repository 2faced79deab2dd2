#include "admin/queue_actions_api.h"

#include "admin/noted.h"
#include "admin/queue_undo.h"
#include "admin/queue_words.h"
#include "base/text.h"
#include "config/parse.h"
#include "event/caught.h"
#include "event/record_json.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using queue::Verb;

namespace {

constexpr auto a_moment = 300ms;  ///< until an action that goes on is answered
constexpr std::size_t remembered = 100;
constexpr std::size_t most_text = 400;

/// One that goes on by itself. Of the executor's thread.
struct Action {
    std::uint64_t number = 0;
    std::shared_ptr<queue::Progress> progress = std::make_shared<queue::Progress>();
    std::optional<Result<queue::Done>> ended = {};
    std::optional<QueueUndo> undo = {};  ///< when it has ended
    std::vector<std::shared_ptr<net::steady_timer>> listeners = {};
};

struct OrderDesk {
    queue::Queue& queue;
    EventLog& events;
    net::any_io_executor executor;
    std::string option;
    std::uint64_t last = 0;
    std::map<std::uint64_t, std::shared_ptr<Action>> actions = {};
};
using DeskPtr = std::shared_ptr<OrderDesk>;

/// What was asked for, by whom, and where that stands in the audit log.
struct Order {
    queue::Instruction instruction;
    Request request;
    Change change;
    std::uint64_t noted = 0;
};

json::object to_json(const queue::Done& done)
{
    json::array sample;
    for (const auto& each : done.sample)
        sample.push_back(json::object{{"id", each.id.to_string()},
                                      {"sender", each.sender},
                                      {"address", each.address},
                                      {"reason", queue::name_of(each.reason)}});
    return json::object{{"action", done.action},
                        {"messages", done.messages},
                        {"recipients", done.recipients},
                        {"in_delivery", done.in_delivery},
                        {"held", done.held},
                        {"sample", std::move(sample)}};
}

Error refused(const std::string& what) { return Error{EventId::admin_refused, what}; }

Result<std::string> text_of(const json::object& body, const char* key)
{
    const auto* const value = body.if_contains(key);
    if (value == nullptr) return std::string{};
    if (!value->is_string())
        return refused("\"" + std::string{key} + "\" is not a text, which was expected");
    std::string text{value->as_string()};
    if (text.size() > most_text || std::ranges::any_of(text, is_control) || !is_utf8(text))
        return refused("\"" + std::string{key} + "\" has " + std::to_string(text.size()) +
                       " octets; one line of UTF-8 of at most " + std::to_string(most_text) +
                       " expected");
    return text;
}

bool is_true(const json::object& body, const char* key)
{
    const auto* const value = body.if_contains(key);
    return value != nullptr && value->is_bool() && value->as_bool();
}

/// "in" PERIOD, "at" TIME, or neither. @param otherwise  what neither means
Result<WallTime> time_of(const json::object& body, WallTime now, WallTime otherwise)
{
    const auto in = text_of(body, "in");
    if (!in) return in.error();
    const auto at = text_of(body, "at");
    if (!at) return at.error();
    const std::array said{body.contains("in"), body.contains("at"), is_true(body, "now"),
                          is_true(body, "normal")};
    if (std::ranges::count(said, true) > 1)
        return refused(R"(more than one of "in", "at", "now" and "normal" found; one expected)");
    // A field that was left empty is no wish that it be now, or for ever.
    if (body.contains("in") && in->empty())
        return refused(R"("in" is empty; a period as 2d or 90m expected)");
    if (body.contains("at") && at->empty())
        return refused(R"("at" is empty; 2026-11-24 or 2026-11-24T12:00 (UTC) expected)");
    if (!in->empty()) {
        const auto period = queue::parse_period("in", *in);
        if (!period) return period.error();
        return now + *period;
    }
    if (at->empty()) return otherwise;
    const auto time = parse_time(*at, {});
    if (!time || *time < WallTime{} + 24h * 365)
        return refused("'" + printable(*at, 60) +
                       "' is no time; 2026-11-24 or 2026-11-24T12:00 (UTC) expected");
    return *time;
}

bool takes(Verb verb, std::string_view key)
{
    if (key == "in" || key == "at") return verb == Verb::hold || verb == Verb::expire;
    if (key == "to") return verb == Verb::reroute;
    if (key == "normal") return verb == Verb::reroute || verb == Verb::expire;
    if (key == "now") return verb == Verb::remove || verb == Verb::expire;
    return true;
}

/// What is said and not heard would be missed: "release" with "in" is done at once.
Result<> only_what_it_takes(Verb verb, const json::object& body)
{
    for (const auto& [key, value] : body)
        if (!takes(verb, key) && !value.is_null() && value != json::value(false))
            return refused("\"" + std::string{key} + "\" found, which " +
                           std::string{queue::name_of(verb)} + " does not take");
    return {};
}

Result<queue::Instruction> instruction_of(Verb verb, const json::object& body, WallTime now)
{
    queue::Instruction out;
    out.verb = verb;
    const auto words = words_of_body(body);
    if (!words) return words.error();
    if (const auto fits = only_what_it_takes(verb, body); !fits) return fits.error();
    auto selector = queue::parse_selector(*words);
    if (!selector) return selector.error();
    if (selector->empty()) return queue::selects_nothing();
    out.selector = std::move(*selector);
    auto text = text_of(body, "text");
    if (!text) return text.error();
    out.text = std::move(*text);
    if (verb == Verb::hold || verb == Verb::expire) {
        const bool hold = verb == Verb::hold;
        const bool said = body.contains("in") || body.contains("at") || is_true(body, "now") ||
                          is_true(body, "normal");
        if (!hold && !said)
            return refused("none of \"in\", \"at\", \"now\" and \"normal\" found; when it "
                           "expires expected");
        const auto time = time_of(body, now,
                                  hold                      ? WallTime::max()
                                  : is_true(body, "normal") ? WallTime{}
                                                            : now);
        if (!time) return time.error();
        if (hold && *time <= now)
            return refused("held until " + to_rfc3339(*time) +
                           ", which is over; a time to come expected");
        out.until = *time;
    }
    if (verb == Verb::bounce && out.text.empty())
        return refused("no \"text\" found; what the sender is to read expected");
    if (verb == Verb::reroute) {
        auto route = text_of(body, "to");
        if (!route) return route.error();
        if (route->empty() && !is_true(body, "normal"))
            return refused("neither \"to\" nor \"normal\" found; HOST[:PORT] expected, or normal");
        if (!route->empty())
            if (const auto host = config::parse_host(*route, 25); !host) return host.error();
        out.route = std::move(*route);
    }
    out.at_once = verb == Verb::remove && is_true(body, "now");
    return out;
}

/// How many, and the number by which they are meant.
json::object counts_of(const queue::Done& done)
{
    auto out = to_json(done);
    out.erase("sample");
    return out;
}

void put_undo(json::object& into, const std::optional<QueueUndo>& undo, const std::string& option)
{
    into["undo"] = undo ? json::value(undo->command(option)) : json::value(nullptr);
    into["undo_by"] = undo ? json::value(undo->steps()) : json::value(nullptr);
}

json::object state_of(const Action& action, const std::string& option)
{
    json::object out{{"number", action.number},
                     {"finished", action.ended.has_value()},
                     {"cancelled", action.progress->cancelled.load()},
                     {"done", action.progress->done.load()},
                     {"of", action.progress->of.load()}};
    if (!action.ended || !*action.ended) return out;
    for (auto& [key, value] : to_json(**action.ended))
        out[key] = value;
    put_undo(out, action.undo, option);
    return out;
}

/// Whom it would touch now, and what would become of them.
Change announced(const queue::Instruction& instruction, const queue::Done& seen,
                 const std::string& selected)
{
    auto before = to_json(seen);
    before.erase("action");
    json::object after{{"verb", queue::name_of(instruction.verb)}};
    if (!instruction.text.empty()) after["text"] = instruction.text;
    if (instruction.verb == Verb::reroute)
        after["to"] = instruction.route.empty() ? "as configured" : instruction.route;
    if (instruction.verb == Verb::hold || instruction.verb == Verb::expire)
        after["until"] = admin::to_json(instruction.until);
    if (instruction.at_once) after["now"] = true;
    return {"queue." + std::string{queue::name_of(instruction.verb)}, selected, std::move(before),
            std::move(after), ""};
}

net::awaitable<Response> after_a_moment(std::shared_ptr<Action> action, std::string option)
{
    if (!action->ended) {
        auto timer =
            std::make_shared<net::steady_timer>(co_await net::this_coro::executor, a_moment);
        action->listeners.push_back(timer);
        boost::system::error_code woken;
        co_await timer->async_wait(net::redirect_error(net::use_awaitable, woken));
        std::erase(action->listeners, timer);
    }
    if (action->ended && !*action->ended) {
        const auto& error = action->ended->error();
        const bool wrong = error.event() == EventId::admin_refused;
        co_return Response::error(error, wrong ? 400 : 503);
    }
    co_return Response::json(state_of(*action, option), action->ended ? 200 : 202);
}

/// The second line of the audit log; it is there when the action is answered.
net::awaitable<void> tell(const Order& order, const Action& action,
                          const Result<queue::Done>& ended, const std::string& option)
{
    const auto& request = order.request;
    if (!ended) {
        std::string why = ended.error().to_string();
        co_await request.came_to_nothing(order.noted, std::move(why));
        co_return;
    }
    Response answer;
    auto counts = counts_of(*ended);
    if (action.progress->cancelled) counts["cancelled"] = true;
    answer.came_of = Change{order.change.action, order.change.object, nullptr, std::move(counts),
                            action.undo ? action.undo->command(option) : std::string{}};
    co_await request.ended(order.noted, order.change, answer);
}

net::awaitable<void> carry_out(DeskPtr desk, std::shared_ptr<Action> action, Order order)
{
    const std::string verb{queue::name_of(order.instruction.verb)};
    const auto& text = order.instruction.text;
    auto instruction = order.instruction;
    Result<queue::Done> ended{Error{}};
    try {
        queue::Administration administration{desk->queue};
        ended = co_await administration.carry_out(std::move(instruction), action->progress);
    } catch (...) {  // whoever waits for it hears of its end
        ended = Error{EventId::exception_handled, caught_words()};
    }
    if (ended) {
        action->undo = queue_undo(order.instruction, *ended, wall_clock().now());
        desk->events.raise(EventId::queue_administered,
                           {{"verb", verb},
                            {"recipients", std::to_string(ended->recipients)},
                            {"messages", std::to_string(ended->messages)},
                            {"selected", order.change.object},
                            {"by", order.instruction.by},
                            {"action", std::to_string(ended->action)},
                            {"detail", text.empty() ? "no text" : text}});
    } else {
        desk->events.raise(ended.error(), {{"verb", verb}});
    }
    co_await tell(order, *action, ended, desk->option);
    action->ended = std::move(ended);
    for (const auto& timer : action->listeners)
        timer->cancel();
}

bool makes_room(OrderDesk& desk)
{
    while (desk.actions.size() >= remembered) {
        const auto over = std::ranges::find_if(
            desk.actions, [](const auto& each) { return each.second->ended.has_value(); });
        if (over == desk.actions.end()) return false;
        desk.actions.erase(over);
    }
    return true;
}

net::awaitable<Response> act(DeskPtr desk, Verb verb, Request request)
{
    const auto* const body = request.body.if_object();
    if (body == nullptr) co_return Response::error(queue::selects_nothing());
    auto instruction = instruction_of(verb, *body, wall_clock().now());
    if (!instruction) co_return Response::error(instruction.error());
    instruction->by = request.by();
    const auto preview = queue::Administration{desk->queue}.preview(*instruction);
    if (request.dry_run()) {
        auto seen = to_json(preview);
        put_undo(seen, {}, desk->option);
        seen["dry_run"] = true;
        co_return Response::json(seen);
    }
    if (!makes_room(*desk))
        co_return Response::error(refused("100 actions are at work; wait for one to end"), 503);
    auto change = announced(*instruction, preview, queue::to_options(*words_of_body(*body)));
    Order order{std::move(*instruction), std::move(request), std::move(change)};
    auto told = order.change;
    const auto number = co_await order.request.note(std::move(told));
    if (!number) co_return Response::error(number.error(), 503);
    order.noted = *number;
    desk->events.raise(EventId::queue_action_begun,
                       {{"verb", std::string{queue::name_of(verb)}},
                        {"by", order.instruction.by},
                        {"selected", order.change.object},
                        {"recipients", std::to_string(preview.recipients)},
                        {"messages", std::to_string(preview.messages)},
                        {"in_delivery", std::to_string(preview.in_delivery)}});
    auto action = std::make_shared<Action>();
    action->number = ++desk->last;
    desk->actions.emplace(action->number, action);
    net::co_spawn(desk->executor, carry_out(desk, action, std::move(order)), net::detached);
    auto answer = co_await after_a_moment(action, desk->option);
    co_return answer;
}

std::shared_ptr<Action> action_of(const OrderDesk& desk, const Request& request)
{
    const auto number = parse_number(request.parameters.at("number"));
    const auto found = number ? desk.actions.find(*number) : desk.actions.end();
    return found == desk.actions.end() ? nullptr : found->second;
}

Response no_action(const Request& request)
{
    return Response::error(refused("no action '" + printable(request.parameters.at("number"), 40) +
                                   "'; the last 100 since the start are remembered"),
                           404);
}

net::awaitable<Response> how_it_stands(DeskPtr desk, Request request)
{
    auto action = action_of(*desk, request);
    if (!action) co_return no_action(request);
    auto answer = co_await after_a_moment(std::move(action), desk->option);
    co_return answer;
}

net::awaitable<Response> go_no_further(DeskPtr desk, std::shared_ptr<Action> action)
{
    action->progress->cancelled = true;
    auto answer = co_await after_a_moment(std::move(action), desk->option);
    co_return answer;
}

/// What has ended cannot be cancelled, and is told as it is.
net::awaitable<Response> cancel(DeskPtr desk, Request request)
{
    auto action = action_of(*desk, request);
    if (!action) co_return no_action(request);
    Response answer;
    if (action->ended || request.dry_run()) {
        answer = co_await after_a_moment(std::move(action), desk->option);
        co_return answer;
    }
    Change change{
        "queue.cancel", "action " + std::to_string(action->number),
        json::object{{"done", action->progress->done.load()}, {"of", action->progress->of.load()}},
        "no further recipients are taken", ""};
    Handler work = [desk, action](const Request&) { return go_no_further(desk, action); };
    answer = co_await noted(std::move(request), std::move(change), std::move(work));
    co_return answer;
}

}  // namespace

void add_queue_actions_api(Server& server, queue::Queue& queue, EventLog& events,
                           net::any_io_executor executor, std::string option)
{
    const auto desk = std::make_shared<OrderDesk>(
        OrderDesk{queue, events, std::move(executor), std::move(option)});
    for (std::size_t i = 0; i < queue::verbs; ++i) {
        const auto verb = static_cast<Verb>(i);
        const auto path = "/api/v1/queue/" + std::string{queue::name_of(verb)};
        server.add(
            "POST", path, [desk, verb](Request r) { return act(desk, verb, std::move(r)); },
            noted_by_handler("POST", path));
    }
    server.add("GET", "/api/v1/queue-actions/{number}",
               [desk](Request r) { return how_it_stands(desk, std::move(r)); });
    server.add(
        "DELETE", "/api/v1/queue-actions/{number}",
        [desk](Request r) { return cancel(desk, std::move(r)); },
        noted_by_handler("DELETE", "/api/v1/queue-actions/{number}"));
}

}  // namespace imc::admin
