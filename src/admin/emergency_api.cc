#include "admin/emergency_api.h"

#include "base/offload.h"

#include <boost/json/object.hpp>

#include <cstring>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

struct Parts {
    const EmergencyAccount& account;
    WebSessions& sessions;
    net::thread_pool& pool;
};
using PartsPtr = std::shared_ptr<const Parts>;

constexpr std::size_t longest_password = 1024;

Response refused(const char* why, unsigned status)
{
    return Response::error(Error{EventId::admin_refused, why}, status);
}

/// Notes, then does it. @param work  on the pool
net::awaitable<Response> change(PartsPtr p, Request request, std::string action, std::string done,
                                std::function<Result<>()> work)
{
    if (request.caller.by != Caller::By::socket)
        co_return refused("the emergency account is set on the host itself: imc admin password",
                          403);
    if (request.dry_run())
        co_return Response::json(
            json::object{{"done", "would have " + done}, {"undo", nullptr}, {"dry_run", true}});
    const auto look = [p] { return p->account.is_set(); };
    const auto before = co_await offload(p->pool, look);
    Change what;
    what.action = std::move(action);
    what.object = EmergencyAccount::name;
    what.before = before && *before ? "(set)" : "(not set)";
    const auto noted = co_await request.note(std::move(what));
    if (!noted) co_return Response::error(noted.error(), 503);
    const auto result = co_await offload(p->pool, work);
    if (!result) {
        co_await request.came_to_nothing(*noted, result.error().to_string());
        co_return Response::error(result.error(), 400);
    }
    // Whoever had the old password is out.
    p->sessions.close_all_of(EmergencyAccount::name);
    co_return Response::json(json::object{{"done", done}, {"undo", nullptr}});
}

net::awaitable<Response> set(PartsPtr p, Request request)
{
    const auto* body = request.body.if_object();
    const auto* given = body == nullptr ? nullptr : body->if_contains("password");
    if (given == nullptr || !given->is_string() || given->as_string().empty() ||
        given->as_string().size() > longest_password)
        co_return refused("a password of 1 to 1024 octets is expected", 400);
    auto password = std::make_shared<std::string>(given->as_string());
    auto work = [p, password] {
        auto done = p->account.set(*password);
        explicit_bzero(password->data(), password->size());
        return done;
    };
    auto response = co_await change(p, std::move(request), "emergency-account.set",
                                    "set the password of the emergency account", std::move(work));
    co_return response;
}

net::awaitable<Response> remove(PartsPtr p, Request request)
{
    auto work = [p] { return p->account.remove(); };
    auto response = co_await change(p, std::move(request), "emergency-account.delete",
                                    "deleted the emergency account", std::move(work));
    co_return response;
}

}  // namespace

void add_emergency_api(Server& server, const EmergencyAccount& account, WebSessions& sessions,
                       net::thread_pool& pool)
{
    const auto p = std::make_shared<const Parts>(Parts{account, sessions, pool});
    const Access access{Role::administrator, Audited::by_handler, true};
    server.add(
        "PUT", "/api/v1/emergency-account", [p](Request r) { return set(p, std::move(r)); },
        access);
    server.add(
        "DELETE", "/api/v1/emergency-account", [p](Request r) { return remove(p, std::move(r)); },
        access);
}

}  // namespace imc::admin
