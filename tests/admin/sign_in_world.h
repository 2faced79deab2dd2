#pragma once
/// @file tests/admin/sign_in_world.h  A server with its gate and its sign-in, asked by plain calls.
#include "admin/audit_on_pool.h"
#include "admin/moved_clocks.h"
#include "admin/session_api.h"
#include "admin/web_gate.h"
#include "kit/coroutine.h"
#include "kit/scripted_stream.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace imc::admin {

inline boost::asio::awaitable<bool> serve_whole(Server& server,
                                                std::unique_ptr<smtp::Stream> stream, HttpPeer peer)
{
    auto conversation = server.serve(std::move(stream), std::move(peer));
    co_await std::move(conversation);
    co_return true;
}

/// "ann" is an administrator with the password "pencil", "otto" an operator with "rubber"; "lock"
/// is locked, and of "mute" nobody can say.
inline boost::asio::awaitable<SignIn> judge_by_name(PasswordGiven given)
{
    SignIn out;
    if (given.account == "lock") {
        out.outcome = SignIn::Outcome::locked;
        out.retry_after = std::chrono::seconds{900};
    } else if (given.account == "mute") {
        out.outcome = SignIn::Outcome::cannot_say;
        out.why = Error{EventId::directory_unreachable, "told to be silent"};
    } else if ((given.account == "ann" && given.password == "pencil") ||
               (given.account == "otto" && given.password == "rubber")) {
        out.outcome = SignIn::Outcome::proved;
        out.in_directory = true;
        out.who.account = given.account;
        out.who.role = given.account == "ann" ? Role::administrator : Role::operates;
    } else if (given.account == "emergency" && given.password == "axe") {
        out.outcome = SignIn::Outcome::proved;
        out.who.account = given.account;
        out.who.role = Role::administrator;
    }
    co_return out;
}

inline boost::asio::awaitable<Response> say_who(Request request)
{
    co_return Response::json(
        boost::json::object{{"account", request.caller.account}, {"from", request.caller.from}});
}

inline boost::asio::awaitable<Response> fail_with_conflict(Request)
{
    co_return Response::error(Error{EventId::admin_refused, "it is not so"}, 409);
}

/// Header and body of an answer.
struct Heard {
    std::string all;
    unsigned status() const
    {
        return all.size() < 12 ? 0U : static_cast<unsigned>(std::stoul(all.substr(9, 3)));
    }
    std::string body() const
    {
        const auto at = all.find("\r\n\r\n");
        return at == std::string::npos ? std::string{} : all.substr(at + 4);
    }
    std::string header(const std::string& name) const
    {
        const auto at = all.find("\r\n" + name + ": ");
        if (at == std::string::npos || at > all.find("\r\n\r\n")) return {};
        const auto begin = at + name.size() + 4;
        return all.substr(begin, all.find("\r\n", begin) - begin);
    }
    std::string cookie() const
    {
        const auto whole = header("Set-Cookie");
        return whole.substr(0, whole.find(';'));
    }
    boost::json::value json() const { return boost::json::parse(body()); }
};

struct SignInWorld {
    TemporaryFolder folder;
    KeptEvents events;
    MovedSteady clock;
    MovedWall wall;
    WebSessions sessions{{}, clock.now()};
    OneTimeLinks links{clock.now()};
    ApiTokens tokens{folder / "secrets/admin-tokens", real_files(), wall};
    EmergencyAccount emergency{folder / "secrets/admin-password"};
    Audit audit{folder / "log/audit", events.log, real_files(), wall};
    boost::asio::io_context io;
    boost::asio::thread_pool pool{1};
    Server server{folder / "admin.sock", io.get_executor()};

    SignInWorld()
    {
        SessionParts parts{sessions,
                           links,
                           tokens,
                           emergency,
                           audit,
                           events.log,
                           pool,
                           judge_by_name,
                           [] { return Result<std::string>{"http://127.0.0.1:8025"}; },
                           [] {
                               return std::vector<NamedAdministrator>{
                                   {"ann", "administrator", "", "imcAdministrator"}};
                           }};
        add_session_api(server, std::move(parts));
        server.add("GET", "/api/v1/thing", say_who);
        server.add("POST", "/api/v1/thing", say_who);
        server.add("POST", "/api/v1/queue/hold", say_who);
        server.add("POST", "/api/v1/fails", fail_with_conflict);
        server.audit(std::make_shared<AuditOnPool>(audit, pool));
        server.gate(std::make_shared<WebGate>(WebGateParts{
            sessions, tokens, events.log, pool,
            [](const std::string& host) { return host == "admin.example.org"; }, clock.now()}));
    }
    ~SignInWorld() { pool.join(); }

    /// One request on a connection of its own. @param headers  lines without CRLF
    Heard ask(const std::string& line, std::vector<std::string> headers = {},
              const std::string& body = {}, std::optional<unsigned> uid = {}, bool secure = false)
    {
        std::string text = line + " HTTP/1.1\r\n";
        bool named = false;
        for (const auto& header : headers) {
            named = named || header.starts_with("Host");
            text += header + "\r\n";
        }
        if (!named) text += "Host: localhost:8025\r\n";
        if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        smtp::ScriptedPeer peer{{text + "\r\n" + body}};
        HttpPeer who;
        who.address = uid ? "" : "192.0.2.1";
        who.port = uid ? 0 : 50000;
        who.secure = secure;
        who.uid = uid;
        kit::run(io, serve_whole(server, std::make_unique<smtp::ScriptedStream>(peer), who));
        return {peer.heard};
    }
    Heard post(const std::string& path, std::vector<std::string> headers, const std::string& body)
    {
        headers.emplace_back("Content-Type: application/json");
        return ask("POST " + path, std::move(headers), body);
    }
    Heard sign_in(const std::string& account, const std::string& password)
    {
        return post("/api/v1/session", {},
                    R"({"account":")" + account + R"(","password":")" + password + "\"}");
    }
    std::vector<boost::json::object> audited() { return *audit.read(0, 100); }
};

}  // namespace imc::admin
