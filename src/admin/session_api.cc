#include "admin/session_api.h"

#include "admin/credentials.h"
#include "admin/desk.h"
#include "admin/emergency_api.h"
#include "admin/router.h"
#include "admin/token_api.h"
#include "base/offload.h"
#include "base/text.h"
#include "event/record_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t longest_word = 1024;
constexpr Access for_everybody{Role::nobody, Audited::never, true};

using PartsPtr = std::shared_ptr<const SessionParts>;

std::string word_of(const Request& request, std::string_view key)
{
    const auto* body = request.body.if_object();
    const auto* value = body == nullptr ? nullptr : body->if_contains(key);
    if (value == nullptr || !value->is_string()) return {};
    return std::string{value->as_string()};
}

Response refused(const char* why, unsigned status)
{
    return Response::error(Error{EventId::admin_refused, why}, status);
}

std::string cookie(const std::string& id, bool secure, bool gone = false)
{
    return std::string{session_cookie} + "=" + id + "; HttpOnly; SameSite=Strict; Path=/" +
           (secure ? "; Secure" : "") + (gone ? "; Max-Age=0" : "");
}

json::object to_json(const Caller& who, const std::string& csrf, std::chrono::seconds left)
{
    json::object out{{"account", who.account},
                     {"role", name_of(who.role)},
                     {"csrf", csrf},
                     {"expires", to_rfc3339(wall_clock().now() + left)}};
    if (!who.domain.empty()) out["domain"] = who.domain;
    json::array sees;
    for (const auto name : resources_of(who))
        sees.emplace_back(name);
    out["sees"] = std::move(sees);
    return out;
}

/// A session for somebody who has proved to be somebody.
WebSessions::Opened begin(const SessionParts& p, const Caller& who, bool in_directory,
                          const std::string& how, const std::string& peer)
{
    auto opened = p.sessions.open(who, in_directory);
    p.events.raise(EventId::admin_signed_in, {{"account", who.account},
                                              {"role", std::string{name_of(who.role)}},
                                              {"peer", peer},
                                              {"how", how}});
    return opened;
}

Response not_signed_in(const SignIn& result)
{
    switch (result.outcome) {
    case SignIn::Outcome::locked: {
        auto out = refused("too many failures; try again later", 429);
        out.headers.emplace_back("Retry-After", std::to_string(result.retry_after.count()));
        return out;
    }
    case SignIn::Outcome::cannot_say: return Response::error(result.why, 503);
    default: return refused("account or password is wrong", 401);
    }
}

net::awaitable<Response> sign_in(PartsPtr p, Request request)
{
    PasswordGiven given{word_of(request, "account"), word_of(request, "password"), request.address,
                        request.caller.from};
    if (given.account.empty() || given.account.size() > longest_word || given.password.empty() ||
        given.password.size() > longest_word)
        co_return refused("account and password are expected", 400);
    auto result = co_await p->judge(std::move(given));
    if (result.outcome != SignIn::Outcome::proved) co_return not_signed_in(result);
    auto who = std::move(result.who);
    who.from = request.caller.from;
    const bool emergency = !result.in_directory;
    if (emergency) p->events.raise(EventId::admin_emergency_used, {{"peer", who.from}});
    const auto opened =
        begin(*p, who, result.in_directory,
              emergency ? "the emergency account's password" : "password", who.from);
    auto out = Response::json(to_json(who, opened.csrf, opened.left));
    out.headers.emplace_back("Set-Cookie", cookie(opened.id, request.secure));
    co_return out;
}

net::awaitable<Response> who_am_i(PartsPtr p, Request request)
{
    const auto& who = request.caller;
    if (who.role == Role::nobody) co_return refused("nobody has signed in", 401);
    const auto found = p->sessions.find_key(who.session);
    if (!found) co_return Response::json(to_json(who, {}, {}));
    co_return Response::json(to_json(found->caller, found->csrf, found->left));
}

net::awaitable<Response> sign_out(PartsPtr p, Request request)
{
    if (!request.caller.session.empty()) p->sessions.close(request.caller.session);
    Response out;
    out.status = 204;
    out.headers.emplace_back("Set-Cookie", cookie({}, request.secure, true));
    co_return out;
}

/// Only a GET takes it: whoever looks at the link first must not use it up.
net::awaitable<Response> follow_link(PartsPtr p, Request request)
{
    if (request.method != "GET") co_return refused("a link is followed by GET", 405);
    auto who = p->links.take(request.parameters.at("code"));
    if (!who) {
        Response out{403, "This link was used already, or its ten minutes are over.\n"
                          "Make another: imc admin link\n"};
        out.content_type = "text/plain; charset=utf-8";
        co_return out;
    }
    const auto peer = request.caller.from;
    const auto opened = begin(*p, *who, false, "one-time link", peer);
    Response out;
    out.status = 303;
    out.content_type = "text/plain; charset=utf-8";
    out.headers.emplace_back("Location", "/");
    out.headers.emplace_back("Set-Cookie", cookie(opened.id, request.secure));
    co_return out;
}

net::awaitable<Response> make_link(PartsPtr p, Request request)
{
    if (request.caller.by != Caller::By::socket)
        co_return refused("links are made on the host itself: imc admin link", 403);
    const auto where = p->url();
    if (!where) co_return Response::error(where.error(), 409);
    const auto code = p->links.make(request.caller);
    const auto until = wall_clock().now() + OneTimeLinks::valid;
    co_return Response::json(
        json::object{{"url", *where + "/link/" + code}, {"expires", to_rfc3339(until)}});
}

net::awaitable<Response> administrators(PartsPtr p)
{
    const auto work = [p] { return p->administrators(); };
    const auto all = co_await offload(p->pool, work);
    std::string body;
    for (const auto& one : all)
        body += json::serialize(json::object{{"account", one.account},
                                             {"role", one.role},
                                             {"domain", one.domain},
                                             {"where", one.where}}) +
                "\n";
    co_return Response::lines(std::move(body));
}

net::awaitable<Response> audit(PartsPtr p, Request request)
{
    const auto page = page_asked(request);
    if (!page) co_return Response::error(page.error());
    const auto before = page->after.empty() ? 0 : parse_number(page->after);
    if (!before) co_return bad("after: not a cursor of this list");
    const auto since = time_asked(request, "since");
    if (!since) co_return Response::error(since.error());
    const AuditFilter filter{request.first("who"), request.first("object"), request.first("action"),
                             *since};
    const auto limit = page->limit;
    const auto work = [p, before, limit, &filter] { return p->audit.read(*before, limit, filter); };
    const auto found = co_await offload(p->pool, work);
    if (!found) co_return Response::error(found.error(), 503);
    std::string body, next;
    for (const auto& line : found->lines)
        body += json::serialize(line) + "\n";
    if (found->next != 0) next = std::to_string(found->next);
    co_return Response::lines(std::move(body), next);
}

}  // namespace

void add_session_api(Server& server, SessionParts parts)
{
    const auto p = std::make_shared<const SessionParts>(std::move(parts));
    server.add(
        "POST", "/api/v1/session", [p](Request r) { return sign_in(p, std::move(r)); },
        for_everybody);
    server.add(
        "GET", "/api/v1/session", [p](Request r) { return who_am_i(p, std::move(r)); },
        for_everybody);
    server.add(
        "DELETE", "/api/v1/session", [p](Request r) { return sign_out(p, std::move(r)); },
        for_everybody);
    server.add(
        "GET", "/link/{code}", [p](Request r) { return follow_link(p, std::move(r)); },
        for_everybody);
    // The event of its use tells; and it is for the day when nothing can be written.
    server.add("POST", "/api/v1/admin-links", [p](Request r) { return make_link(p, std::move(r)); },
               {Role::administrator, Audited::never, true});
    server.add("GET", "/api/v1/administrators", [p](Request) { return administrators(p); },
               {Role::administrator, Audited::never, true});
    server.add("GET", "/api/v1/audit", [p](Request r) { return audit(p, std::move(r)); },
               {Role::view, Audited::never, true});
    add_token_api(server, p->tokens, p->pool);
    add_emergency_api(server, p->emergency, p->sessions, p->pool);
}

}  // namespace imc::admin
