#include "admin/sign_in_world.h"
#include "base/text.h"
#include "event/record_json.h"

#include <gtest/gtest.h>

namespace imc::admin {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::string text(const json::value& value, const char* key)
{
    return std::string{value.at(key).as_string()};
}

TEST(SessionApi, SignInGivesACookieThatOnlyTheBrowserSeesAndATokenForThePage)
{
    SignInWorld w;
    const auto heard = w.sign_in("ann", "pencil");
    ASSERT_EQ(heard.status(), 200u) << heard.all;
    const auto cookie = heard.header("Set-Cookie");
    EXPECT_TRUE(cookie.starts_with("imc_session=")) << cookie;
    EXPECT_TRUE(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/")) << cookie;
    EXPECT_EQ(text(heard.json(), "account"), "ann");
    EXPECT_EQ(text(heard.json(), "role"), "administrator");
    EXPECT_EQ(text(heard.json(), "csrf").size(), 64u);
    EXPECT_EQ(w.events.last(EventId::admin_signed_in),
              "ann signed in to the Administrator as administrator from 192.0.2.1:50000, by "
              "password.");
}

TEST(SessionApi, CookieIsForTlsOnlyWhenItWasGivenUnderTls)
{
    SignInWorld w;
    const auto heard = w.ask("POST /api/v1/session", {"Content-Type: application/json"},
                             R"({"account":"ann","password":"pencil"})", {}, true);
    EXPECT_TRUE(heard.header("Set-Cookie").ends_with("; Secure")) << heard.all;
}

TEST(SessionApi, SessionIsAskedByCookieAndEndsWhenItsOwnerSaysSo)
{
    SignInWorld w;
    const auto in = w.sign_in("ann", "pencil");
    const auto cookie = "Cookie: " + in.cookie();
    const auto csrf = text(in.json(), "csrf");
    const auto now = w.ask("GET /api/v1/session", {cookie});
    ASSERT_EQ(now.status(), 200u);
    EXPECT_EQ(text(now.json(), "csrf"), csrf);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {cookie}).status(), 200u);
    const auto out = w.ask("DELETE /api/v1/session", {cookie, "X-CSRF-Token: " + csrf});
    EXPECT_EQ(out.status(), 204u);
    EXPECT_TRUE(out.header("Set-Cookie").find("Max-Age=0") != std::string::npos) << out.all;
    EXPECT_EQ(w.ask("GET /api/v1/session", {cookie}).status(), 401u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {cookie}).status(), 401u);
}

TEST(SessionApi, IdleSessionIsAskedToSignInAgain)
{
    SignInWorld w;
    const auto cookie = "Cookie: " + w.sign_in("ann", "pencil").cookie();
    w.clock.time += 30min;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {cookie}).status(), 401u);
}

TEST(SessionApi, WrongPasswordLockAndSilenceAreToldApart)
{
    SignInWorld w;
    EXPECT_EQ(w.sign_in("ann", "pen").status(), 401u);
    const auto locked = w.sign_in("lock", "x");
    EXPECT_EQ(locked.status(), 429u);
    EXPECT_EQ(locked.header("Retry-After"), "900");
    EXPECT_EQ(w.sign_in("mute", "x").status(), 503u);
    EXPECT_EQ(w.sign_in("", "x").status(), 400u);
    EXPECT_EQ(w.sign_in("ann", std::string(1025, 'x')).status(), 400u);
    EXPECT_EQ(w.sessions.size(), 0u);
    EXPECT_EQ(w.events.count(EventId::admin_signed_in), 0u);
}

TEST(SessionApi, UseOfTheEmergencyAccountIsSaid)
{
    SignInWorld w;
    ASSERT_EQ(w.sign_in("emergency", "axe").status(), 200u);
    EXPECT_EQ(w.events.count(EventId::admin_emergency_used), 1u);
    EXPECT_EQ(w.sign_in("ann", "pencil").status(), 200u);
    EXPECT_EQ(w.events.count(EventId::admin_emergency_used), 1u);
}

TEST(SessionApi, LinkIsMadeOnTheSocketAndSignsInOnce)
{
    SignInWorld w;
    const auto made = w.ask("POST /api/v1/admin-links", {}, {}, 0U);
    ASSERT_EQ(made.status(), 200u) << made.all;
    const auto url = text(made.json(), "url");
    ASSERT_TRUE(url.starts_with("http://127.0.0.1:8025/link/")) << url;
    const auto path = url.substr(std::string{"http://127.0.0.1:8025"}.size());
    EXPECT_EQ(w.ask("HEAD " + path).status(), 405u) << "a look must not use it up";
    const auto in = w.ask("GET " + path);
    ASSERT_EQ(in.status(), 303u) << in.all;
    EXPECT_EQ(in.header("Location"), "/");
    const auto who = w.ask("GET /api/v1/session", {"Cookie: " + in.cookie()});
    EXPECT_EQ(text(who.json(), "account"), "root (uid 0)");
    EXPECT_EQ(text(who.json(), "role"), "administrator");
    EXPECT_EQ(w.ask("GET " + path).status(), 403u);
    EXPECT_EQ(w.ask("GET /link/0").status(), 403u);
}

TEST(SessionApi, LinkIsNotMadeForWhoCameOverTcp)
{
    SignInWorld w;
    const auto in = w.sign_in("ann", "pencil");
    const auto heard =
        w.ask("POST /api/v1/admin-links",
              {"Cookie: " + in.cookie(), "X-CSRF-Token: " + text(in.json(), "csrf")});
    EXPECT_EQ(heard.status(), 403u);
    EXPECT_NE(heard.body().find("imc admin link"), std::string::npos) << heard.body();
}

TEST(SessionApi, TokenIsMadeShownOnceUsedAndTakenAway)
{
    SignInWorld w;
    const auto made =
        w.ask("POST /api/v1/tokens", {}, R"({"name":"backup","role":"operator"})", 0U);
    ASSERT_EQ(made.status(), 200u) << made.all;
    const auto bearer = "Authorization: Bearer " + text(made.json(), "token");
    EXPECT_EQ(text(made.json(), "undo"), "imc admin token delete backup");
    const auto list = w.ask("GET /api/v1/tokens", {}, {}, 0U);
    EXPECT_NE(list.body().find("\"name\":\"backup\""), std::string::npos);
    EXPECT_EQ(list.body().find("imc_"), std::string::npos);
    EXPECT_EQ(list.body().find("hash"), std::string::npos);
    const auto who = w.ask("GET /api/v1/thing", {bearer});
    EXPECT_EQ(text(who.json(), "from"), "token backup from 192.0.2.1:50000");
    EXPECT_EQ(w.ask("POST /api/v1/queue/hold", {bearer}).status(), 200u) << "no CSRF token needed";
    EXPECT_EQ(w.ask("POST /api/v1/thing", {bearer}).status(), 403u) << "needs an administrator";
    EXPECT_EQ(w.events.count(EventId::admin_token_used), 1u);
    EXPECT_EQ(w.ask("DELETE /api/v1/tokens/backup", {}, {}, 0U).status(), 200u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {bearer}).status(), 401u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {bearer}).status(), 401u);
    EXPECT_EQ(w.events.count(EventId::admin_token_refused), 1u) << "at most once a minute";
    w.clock.time += 61s;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {bearer}).status(), 401u);
    EXPECT_EQ(w.events.count(EventId::admin_token_refused), 2u);
}

TEST(SessionApi, ExpiredTokenIsRefused)
{
    SignInWorld w;
    const auto made =
        w.ask("POST /api/v1/tokens", {}, R"({"name":"short","role":"view","days":1})", 0U);
    const auto bearer = "Authorization: Bearer " + text(made.json(), "token");
    EXPECT_EQ(w.ask("GET /api/v1/thing", {bearer}).status(), 200u);
    w.wall.time += 24h;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {bearer}).status(), 401u);
    EXPECT_NE(w.events.last(EventId::admin_token_refused).find("short expired"), std::string::npos);
}

TEST(SessionApi, TokensThatCannotBeAreRefusedAndADryRunMakesNone)
{
    SignInWorld w;
    EXPECT_EQ(w.ask("POST /api/v1/tokens", {}, R"({"name":"a b","role":"view"})", 0U).status(),
              400u);
    EXPECT_EQ(w.ask("POST /api/v1/tokens", {}, R"({"name":"a","role":"king"})", 0U).status(), 400u);
    EXPECT_EQ(
        w.ask("POST /api/v1/tokens", {}, R"({"name":"a","role":"view","days":0})", 0U).status(),
        400u);
    // It would have seen the mail of all domains.
    EXPECT_EQ(w.ask("POST /api/v1/tokens", {},
                    R"({"name":"a","role":"help_desk","domain":["contoso.example"]})", 0U)
                  .status(),
              400u);
    EXPECT_EQ(w.ask("DELETE /api/v1/tokens/a", {}, {}, 0U).status(), 404u);
    EXPECT_EQ(
        w.ask("POST /api/v1/tokens?dry_run=true", {}, R"({"name":"a","role":"view"})", 0U).status(),
        200u);
    EXPECT_TRUE(w.tokens.list()->empty());
    EXPECT_TRUE(w.audited().empty());
}

TEST(SessionApi, ChangesAreInTheAuditLogWithWhoMadeThem)
{
    SignInWorld w;
    (void)w.ask("POST /api/v1/tokens", {}, R"({"name":"backup","role":"administrator"})", 0U);
    const auto in = w.sign_in("ann", "pencil");
    (void)w.post("/api/v1/thing",
                 {"Cookie: " + in.cookie(), "X-CSRF-Token: " + text(in.json(), "csrf")},
                 R"({"password":"secret"})");
    const auto lines = w.audited();
    ASSERT_EQ(lines.size(), 2u) << "signing in changes nothing";
    EXPECT_EQ(lines[1].at("action").as_string(), "token.add");
    EXPECT_EQ(lines[1].at("who").as_string(), "root (uid 0)");
    EXPECT_EQ(lines[1].at("from").as_string(), "control socket");
    EXPECT_EQ(lines[1].at("undo").as_string(), "imc admin token delete backup");
    EXPECT_EQ(lines[0].at("action").as_string(), "POST /api/v1/thing");
    EXPECT_EQ(lines[0].at("who").as_string(), "ann");
    EXPECT_EQ(lines[0].at("from").as_string(), "192.0.2.1:50000");
    EXPECT_EQ(lines[0].at("after").at("password").as_string(), "(hidden)");
    const auto page = w.ask("GET /api/v1/audit?limit=1", {}, {}, 0U);
    EXPECT_EQ(page.header("imc-next"), "2");
    const auto rest = w.ask("GET /api/v1/audit?limit=5&after=2", {}, {}, 0U);
    EXPECT_NE(rest.body().find("token.add"), std::string::npos);
    EXPECT_EQ(rest.header("imc-next"), "");
    for (const char* query : {"after=x", "after=-1", "limit=0", "limit=1001", "limit=x"})
        EXPECT_EQ(w.ask("GET /api/v1/audit?" + std::string{query}, {}, {}, 0U).status(), 400u)
            << query;
}

TEST(SessionApi, AuditLogIsAskedByWhoWhatAndSinceWhen)
{
    SignInWorld w;
    const auto note = [&](const char* who, const char* action, const char* object) {
        Caller caller;
        caller.account = who;
        caller.from = std::string{who} == "ann" ? "192.0.2.7:50000" : "unix:root";
        ASSERT_TRUE(w.audit.write(caller, {action, object}));
    };
    note("ann", "registry.put", "Parameters\\RelayAllowList");
    w.wall.time += std::chrono::hours{48};
    note("bob", "registry.put", "Parameters\\MaxHops");
    note("ann", "queue.hold", "reason=held");
    const auto numbers = [&](const std::string& query) {
        std::string out;
        const auto body = w.ask("GET /api/v1/audit?" + query, {}, {}, 0U).body();
        for (const auto line : split(body, '\n'))
            if (!line.empty())
                out += std::to_string(boost::json::parse(line).at("number").as_int64());
        return out;
    };
    EXPECT_EQ(numbers("object=relayallow"), "1");
    EXPECT_EQ(numbers("who=ann"), "31");
    EXPECT_EQ(numbers("who=192.0.2.7"), "31") << "from where, too";
    EXPECT_EQ(numbers("action=registry&who=bob"), "2");
    EXPECT_EQ(numbers("since=" + to_rfc3339(w.wall.time)), "32");
    EXPECT_EQ(numbers("object=nothing"), "");
    const auto page = w.ask("GET /api/v1/audit?who=ann&limit=1", {}, {}, 0U);
    EXPECT_EQ(page.header("imc-next"), "3");
    EXPECT_EQ(numbers("who=ann&limit=1&after=3"), "1");
    EXPECT_EQ(w.ask("GET /api/v1/audit?since=soon", {}, {}, 0U).status(), 400u);
}

TEST(SessionApi, ChangeThatFailedIsSaidToHaveComeToNothing)
{
    SignInWorld w;
    EXPECT_EQ(w.ask("POST /api/v1/fails", {}, {}, 0U).status(), 409u);
    const auto lines = w.audited();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].at("of").as_int64(), 1);
    EXPECT_NE(std::string{lines[0].at("failed").as_string()}.find("it is not so"),
              std::string::npos);
}

// What cannot be written down is not done.
TEST(SessionApi, ChangeThatCannotBeAuditedIsRefused)
{
    SignInWorld w;
    ASSERT_TRUE(write_file_atomically(real_files(), w.folder / "log", "in the way of the folder"));
    EXPECT_EQ(w.ask("POST /api/v1/thing", {}, {}, 0U).status(), 503u);
    EXPECT_EQ(w.ask("POST /api/v1/tokens", {}, R"({"name":"a","role":"view"})", 0U).status(), 503u);
    EXPECT_TRUE(w.tokens.list()->empty());
    EXPECT_EQ(w.ask("GET /api/v1/thing", {}, {}, 0U).status(), 200u);
    EXPECT_EQ(w.ask("POST /api/v1/thing?dry_run=true", {}, {}, 0U).status(), 200u);
    EXPECT_EQ(w.ask("POST /api/v1/admin-links", {}, {}, 0U).status(), 200u);
    EXPECT_EQ(w.events.count(EventId::audit_not_written), 1u);
}

TEST(SessionApi, WhoSignedInWithTheEmergencyPasswordIsOutWhenItIsNoLongerRight)
{
    SignInWorld w;
    const auto emergency = "Cookie: " + w.sign_in("emergency", "axe").cookie();
    const auto ann = "Cookie: " + w.sign_in("ann", "pencil").cookie();
    EXPECT_EQ(w.ask("GET /api/v1/thing", {emergency}).status(), 200u);
    EXPECT_EQ(w.ask("DELETE /api/v1/emergency-account", {}, {}, 0U).status(), 200u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {emergency}).status(), 401u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {ann}).status(), 200u);
}

TEST(SessionApi, EmergencyAccountIsSetOnTheSocketOnly)
{
    SignInWorld w;
    const std::string body = R"({"password":"correct horse"})";
    const auto in = w.sign_in("ann", "pencil");
    EXPECT_EQ(w.ask("PUT /api/v1/emergency-account",
                    {"Cookie: " + in.cookie(), "X-CSRF-Token: " + text(in.json(), "csrf"),
                     "Content-Type: application/json"},
                    body)
                  .status(),
              403u);
    EXPECT_FALSE(*w.emergency.is_set());
    EXPECT_EQ(w.ask("PUT /api/v1/emergency-account", {}, body, 0U).status(), 200u);
    EXPECT_TRUE(*w.emergency.check("correct horse"));
    EXPECT_EQ(w.ask("DELETE /api/v1/emergency-account", {}, {}, 0U).status(), 200u);
    EXPECT_FALSE(*w.emergency.is_set());
    ASSERT_EQ(w.audited().size(), 2u);
    EXPECT_EQ(w.audited()[0].at("before").as_string(), "(set)");
    EXPECT_EQ(boost::json::serialize(w.audited()[1]).find("horse"), std::string::npos);
}

}  // namespace
}  // namespace imc::admin
