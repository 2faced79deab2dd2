#include "app/service/state_board.h"

#include "base/time.h"
#include "event/record_json.h"

#include <unistd.h>

namespace imc::app {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

json::object with_loading(json::object facts, const std::string& loading)
{
    if (!loading.empty()) facts["loading"] = loading;
    return facts;
}

net::awaitable<admin::Response> tell(json::object facts) { co_return admin::Response::json(facts); }

}  // namespace

void StateBoard::set(std::string_view state)
{
    const std::lock_guard lock{mutex_};
    facts_["state"] = state;
    facts_["since"] = to_rfc3339(wall_clock().now());
}

void StateBoard::set(std::string_view key, json::value value)
{
    const std::lock_guard lock{mutex_};
    if (value.is_null())
        facts_.erase(key);
    else
        facts_[key] = std::move(value);
}

void StateBoard::set(const config::Verdict& verdict)
{
    const auto* decides = verdict.deciding();
    set("verdict", config::to_json(verdict));
    set("event", decides == nullptr ? json::value{} : static_cast<unsigned>(decides->event));
    set("deciding", decides == nullptr ? json::value{} : json::value(decides->id));
}

json::object StateBoard::read() const
{
    const std::lock_guard lock{mutex_};
    json::object out = facts_;
    out["pid"] = static_cast<int>(::getpid());
    out["version"] = IMC_VERSION;
    return out;
}

std::string StateBoard::held_text() const
{
    const auto facts = read();
    if (!facts.contains("event")) return "the service is starting";
    return "the service is held by event " +
           std::to_string(facts.at("event").to_number<unsigned>()) + " (" +
           std::string{facts.at("deciding").as_string()} +
           "): no mail is accepted or sent; imc check says what to mend";
}

void add_state_api(admin::Server& server, std::shared_ptr<const StateBoard> board,
                   std::function<std::string()> loading)
{
    server.add("GET", "/api/v1/state",
               [board = std::move(board), loading = std::move(loading)](admin::Request) {
                   return tell(with_loading(board->read(), loading ? loading() : ""));
               },
               {admin::Role::view, admin::Audited::never, true});
}

}  // namespace imc::app
