#include "admin/token_api.h"

#include "base/offload.h"
#include "base/text.h"
#include "event/record_json.h"

#include <boost/json/serialize.hpp>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

struct Parts {
    ApiTokens& tokens;
    net::thread_pool& pool;
};
using PartsPtr = std::shared_ptr<const Parts>;

Response refused(const std::string& why, unsigned status = 400)
{
    return Response::error(Error{EventId::admin_refused, why}, status);
}

Response failed(const Error& error)
{
    return Response::error(error, error.event() == EventId::admin_refused ? 400 : 503);
}

/// What the body asks for; what is wrong with it, as an Error.
Result<ApiTokens::Wish> wish_of(const Request& request)
{
    const auto wrong = [](const char* what) { return Error{EventId::admin_refused, what}; };
    const auto* body = request.body.if_object();
    if (body == nullptr) return wrong("name, role and days are expected");
    const auto text = [&](const char* key) {
        const auto* value = body->if_contains(key);
        return value != nullptr && value->is_string() ? std::string{value->as_string()}
                                                      : std::string{};
    };
    ApiTokens::Wish out;
    out.name = text("name");
    const auto role = parse_role(text("role"));
    if (!role) return wrong("role: view, help_desk, operator or administrator is expected");
    out.role = *role;
    // A help desk of one domain must not become one of all.
    if (const auto* domain = body->if_contains("domain");
        domain != nullptr && !domain->is_string() && !domain->is_null())
        return wrong("domain: a text is expected");
    out.domain = text("domain");
    if (const auto* days = body->if_contains("days"); days != nullptr && !days->is_null()) {
        boost::system::error_code flaw;
        const auto number = days->to_number<std::uint32_t>(flaw);
        if (flaw) return wrong("days: 1 to 3650 are expected");
        out.days = number;
    }
    out.by = request.caller.account;
    return out;
}

net::awaitable<Response> list(PartsPtr p)
{
    const auto work = [p] { return p->tokens.list(); };
    const auto tokens = co_await offload(p->pool, work);
    if (!tokens) co_return failed(tokens.error());
    std::string body;
    const auto now = wall_clock().now();
    for (const auto& token : *tokens)
        body += json::serialize(to_shown(token, now)) + "\n";
    co_return Response::lines(std::move(body));
}

net::awaitable<Response> add(PartsPtr p, Request request)
{
    auto wish = wish_of(request);
    if (!wish) co_return failed(wish.error());
    const auto judge = [p, &wish] { return p->tokens.judge(*wish); };
    const auto sound = co_await offload(p->pool, judge);
    if (!sound) co_return failed(sound.error());
    const auto undo = "imc admin token delete " + wish->name;
    if (request.dry_run())
        co_return Response::json(json::object{
            {"done", "would make the token " + wish->name}, {"undo", nullptr}, {"dry_run", true}});
    Change change;
    change.action = "token.add";
    change.object = wish->name;
    change.after =
        json::object{{"role", name_of(wish->role)}, {"domain", wish->domain}, {"days", wish->days}};
    change.undo = undo;
    const auto noted = co_await request.note(std::move(change));
    if (!noted) co_return failed(noted.error());
    const auto work = [p, &wish] { return p->tokens.add(*wish); };
    const auto made = co_await offload(p->pool, work);
    if (!made) {
        co_await request.came_to_nothing(*noted, made.error().to_string());
        co_return failed(made.error());
    }
    auto out = to_shown(made->token, wall_clock().now());
    out["token"] = made->text;
    out["done"] = "made the token " + wish->name + "; it is shown this once";
    out["undo"] = undo;
    co_return Response::json(out);
}

net::awaitable<Response> remove(PartsPtr p, Request request)
{
    const auto name = request.parameters.at("name");
    const auto look = [p] { return p->tokens.list(); };
    const auto tokens = co_await offload(p->pool, look);
    if (!tokens) co_return failed(tokens.error());
    const auto found = std::ranges::find(*tokens, name, &ApiToken::name);
    if (found == tokens->end()) co_return refused("there is no token " + printable(name, 80), 404);
    const auto now = wall_clock().now();
    if (request.dry_run())
        co_return Response::json(json::object{
            {"done", "would delete the token " + name}, {"undo", nullptr}, {"dry_run", true}});
    Change change;
    change.action = "token.delete";
    change.object = name;
    change.before = to_shown(*found, now);
    const auto noted = co_await request.note(std::move(change));
    if (!noted) co_return failed(noted.error());
    const auto work = [p, &name] { return p->tokens.remove(name); };
    const auto removed = co_await offload(p->pool, work);
    if (!removed) {
        co_await request.came_to_nothing(*noted, removed.error().to_string());
        co_return failed(removed.error());
    }
    co_return Response::json(
        json::object{{"done", "deleted the token " + name + "; its text cannot be had again"},
                     {"undo", nullptr}});
}

}  // namespace

json::object to_shown(const ApiToken& token, WallTime now)
{
    json::object out{{"name", token.name},
                     {"role", name_of(token.role)},
                     {"made", to_rfc3339(token.made)},
                     {"expires", to_rfc3339(token.expires)},
                     {"expired", token.expires <= now},
                     {"by", token.by}};
    if (!token.domain.empty()) out["domain"] = token.domain;
    return out;
}

void add_token_api(Server& server, ApiTokens& tokens, net::thread_pool& pool)
{
    const auto p = std::make_shared<const Parts>(Parts{tokens, pool});
    server.add("GET", "/api/v1/tokens", [p](Request) { return list(p); },
               {Role::administrator, Audited::never, true});
    server.add("POST", "/api/v1/tokens", [p](Request r) { return add(p, std::move(r)); },
               {Role::administrator, Audited::by_handler, true});
    server.add("DELETE", "/api/v1/tokens/{name}",
               [p](Request r) { return remove(p, std::move(r)); },
               {Role::administrator, Audited::by_handler, true});
}

}  // namespace imc::admin
