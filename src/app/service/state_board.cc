#include "app/service/state_board.h"

#include "base/time.h"
#include "event/record_json.h"

#include <thread>
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

std::shared_ptr<void> StateBoard::busy()
{
    const std::lock_guard lock{mutex_};
    ++busy_;
    return {nullptr, [this](void*) {
                const std::lock_guard again{mutex_};
                --busy_;
                quiet_since_ = std::chrono::steady_clock::now();
            }};
}

void StateBoard::let_answers_go(Deadline deadline) const
{
    // From the end of the work to the last octet on the socket.
    constexpr std::chrono::milliseconds on_its_way{500};
    for (;; std::this_thread::sleep_for(std::chrono::milliseconds{20})) {
        const auto now = std::chrono::steady_clock::now();
        const std::lock_guard lock{mutex_};
        if (now >= deadline || (busy_ == 0 && now - quiet_since_ >= on_its_way)) return;
    }
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
