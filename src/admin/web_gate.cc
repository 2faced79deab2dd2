#include "admin/web_gate.h"

#include "admin/credentials.h"
#include "base/offload.h"
#include "base/text.h"

namespace imc::admin {

namespace net = boost::asio;
using namespace std::chrono;

namespace {

constexpr std::string_view sign_in_path = "/api/v1/session";
constexpr std::string_view live_path = "/api/v1/live";

bool changes(const Request& request) { return request.method != "GET" && request.method != "HEAD"; }

bool is_sign_in(const Request& request)
{
    return request.method == "POST" && request.path == sign_in_path;
}

/// A form cannot send these types to another origin without being asked about first.
bool is_no_form(const Request& request)
{
    if (request.body.is_null() && request.octets.empty()) return true;
    const auto type = request.header("content-type");
    const auto word = trim(std::string_view{type}.substr(0, type.find(';')));
    return same_word(word, "application/json") || same_word(word, "message/rfc822");
}

/// A page asks by itself, while nobody may sit before it: polls say so, and a browser opens /live
/// again whenever it breaks off. A change is always somebody's.
bool is_of_the_page(const Request& request)
{
    if (changes(request)) return false;
    return request.path == live_path || request.header("imc-background") == "1";
}

/// Empty: nothing is wrong with where it comes from.
std::string origin_flaw(const Request& request)
{
    if (!changes(request)) return {};
    if (const auto origin = request.header("origin"); !origin.empty()) {
        if (same_origin(origin, request.header("host"))) return {};
        return "it comes from a page of " + printable(origin, 200);
    }
    const auto site = request.header("sec-fetch-site");
    if (site.empty() || same_word(site, "same-origin") || same_word(site, "none")) return {};
    return "it comes from a page elsewhere (" + printable(site, 40) + ")";
}

}  // namespace

net::awaitable<std::optional<Response>> WebGate::admit(Request& request)
{
    if (auto flaw = host_flaw(request); !flaw.empty()) co_return forged(request, std::move(flaw));
    if (request.headers.contains("authorization")) {
        auto refused = co_await by_token(request);
        co_return refused;
    }
    if (auto flaw = origin_flaw(request); !flaw.empty()) co_return forged(request, std::move(flaw));
    if (changes(request) && !is_no_form(request))
        co_return Response::error(
            Error{EventId::admin_refused,
                  "a body of type application/json or message/rfc822 is expected"},
            415);
    co_return by_session(request);
}

bool WebGate::holds(const Caller& caller)
{
    if (caller.by == Caller::By::token) return parts_.tokens.holds(caller.session);
    return caller.by != Caller::By::session || parts_.sessions.holds(caller);
}

std::string WebGate::host_flaw(const Request& request) const
{
    const auto hosts = request.headers.count("host");
    const auto named = request.header("host");
    const auto host = host_of(named);
    if (hosts != 1 || !host)
        return hosts == 0 ? "it names no host" : "it names the host " + printable(named, 200);
    const bool ours = is_address(*host) || *host == "localhost" ||
                      (parts_.knows_host && parts_.knows_host(*host));
    return ours ? std::string{} : "it names the host " + *host + ", which is not ours (AdminHosts)";
}

net::awaitable<std::optional<Response>> WebGate::by_token(Request& request)
{
    const auto text = bearer_of(request.header("authorization"));
    const auto work = [this, &text] { return parts_.tokens.find(text); };
    auto seen = co_await offload(parts_.pool, work);
    if (!seen) co_return Response::error(seen.error(), 503);
    if (!seen->token) {
        if (is_time(said_refused_))
            parts_.events.raise(EventId::admin_token_refused,
                                {{"peer", request.caller.from}, {"detail", seen->why}});
        auto response =
            Response::error(Error{EventId::admin_token_refused, "the token is not valid"}, 401);
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
        co_return response;
    }
    auto& who = request.caller;
    const auto peer = who.from;
    who.by = Caller::By::token;
    who.role = seen->token->role;
    who.account = seen->token->name;
    who.domain = seen->token->domain;
    who.session = seen->token->hash;
    who.from = "token " + seen->token->name + " from " + peer;
    if (seen->first)
        parts_.events.raise(
            EventId::admin_token_used,
            {{"token", who.account}, {"role", std::string{name_of(who.role)}}, {"peer", peer}});
    co_return std::nullopt;
}

std::optional<Response> WebGate::by_session(Request& request)
{
    std::string cookies;
    const auto [first, last] = request.headers.equal_range("cookie");
    for (auto one = first; one != last; ++one)
        cookies += (cookies.empty() ? "" : "; ") + one->second;
    const auto id = cookie_of(cookies, session_cookie);
    if (id.empty()) return {};
    const auto found = parts_.sessions.find(
        id, is_of_the_page(request) ? WebSessions::Use::by_page : WebSessions::Use::by_person);
    if (!found) return {};  // it is over: somebody who has not signed in
    // Signing in anew needs a password, and takes nothing from the session that is there.
    const bool proved = same_secret(request.header("x-csrf-token"), found->csrf);
    if (changes(request) && !proved) {
        if (is_sign_in(request)) return {};
        return forged(request, "it changes something without the session's X-CSRF-Token");
    }
    const auto peer = request.caller.from;
    request.caller = found->caller;
    request.caller.from = peer;
    return {};
}

Response WebGate::forged(const Request& request, std::string what)
{
    if (is_time(said_forged_))
        parts_.events.raise(EventId::admin_request_forged,
                            {{"peer", request.caller.from}, {"detail", what}});
    return Response::error(Error{EventId::admin_request_forged, std::move(what)}, 403);
}

bool WebGate::is_time(std::atomic<std::int64_t>& said)
{
    const std::int64_t now = duration_cast<seconds>(parts_.now().time_since_epoch()).count() + 1;
    auto before = said.load();
    return (before == 0 || now - before >= 60) && said.compare_exchange_strong(before, now);
}

}  // namespace imc::admin
