#include "admin/sign_in_world.h"

#include <gtest/gtest.h>

namespace imc::admin {
namespace {

std::string text(const boost::json::value& value, const char* key)
{
    return std::string{value.at(key).as_string()};
}

struct SignedIn : SignInWorld {
    explicit SignedIn(const std::string& account = "ann", const std::string& password = "pencil")
    {
        const auto in = sign_in(account, password);
        cookie = "Cookie: " + in.cookie();
        csrf = "X-CSRF-Token: " + text(in.json(), "csrf");
    }
    std::string cookie, csrf;
};

// DNS rebinding: a page elsewhere makes its own name lead to us, and may then read our answers.
TEST(WebGate, HostMustBeAnAddressOrANameOfOurs)
{
    SignedIn w;
    for (const char* host : {"localhost", "localhost:8025", "127.0.0.1:8025", "[::1]:8025",
                             "192.0.2.7", "admin.example.org", "ADMIN.example.org:443"})
        EXPECT_EQ(w.ask("GET /api/v1/thing", {std::string{"Host: "} + host, w.cookie}).status(),
                  200u)
            << host;
    for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
                             "admin.example.org.evil.example", "a b", ""})
        EXPECT_EQ(w.ask("GET /api/v1/thing", {std::string{"Host: "} + host, w.cookie}).status(),
                  403u)
            << host;
    EXPECT_EQ(w.events.count(EventId::admin_request_forged), 1u) << "at most once a minute";
}

TEST(WebGate, TwoHostsAreNone)
{
    SignedIn w;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {"Host: localhost", "Host: localhost", w.cookie}).status(),
              403u);
}

TEST(WebGate, ChangeByCookieNeedsTheSessionsCsrfToken)
{
    SignedIn w;
    EXPECT_EQ(w.ask("POST /api/v1/thing", {w.cookie}).status(), 403u);
    EXPECT_EQ(w.ask("POST /api/v1/thing", {w.cookie, "X-CSRF-Token: x"}).status(), 403u);
    const SignedIn other;
    EXPECT_EQ(w.ask("POST /api/v1/thing", {w.cookie, other.csrf}).status(), 403u);
    EXPECT_TRUE(w.audited().empty());
    EXPECT_EQ(w.ask("POST /api/v1/thing", {w.cookie, w.csrf}).status(), 200u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {w.cookie}).status(), 200u);
}

TEST(WebGate, ChangeFromAPageOfAnotherOriginIsRefusedEvenWithTheToken)
{
    SignedIn w;
    const auto from = [&](const std::string& header) {
        return w.ask("POST /api/v1/thing", {w.cookie, w.csrf, header}).status();
    };
    EXPECT_EQ(from("Origin: http://localhost:8025"), 200u);
    EXPECT_EQ(from("Origin: http://evil.example"), 403u);
    EXPECT_EQ(from("Origin: http://localhost:9999"), 403u);
    EXPECT_EQ(from("Origin: null"), 403u);
    EXPECT_EQ(from("Sec-Fetch-Site: cross-site"), 403u);
    EXPECT_EQ(from("Sec-Fetch-Site: same-site"), 403u);
    EXPECT_EQ(from("Sec-Fetch-Site: same-origin"), 200u);
}

TEST(WebGate, AViewEndsWithTheTokenThatOpenedIt)
{
    SignInWorld w;
    ApiTokens::Wish wish;
    wish.name = "watcher";
    wish.role = Role::view;
    const auto made = w.tokens.add(wish);
    ASSERT_TRUE(made);
    bool is_taken_back = true;
    w.server.add("GET", "/api/v1/view", [&](Request) -> boost::asio::awaitable<Response> {
        Streaming view = [&](Pieces& pieces) -> boost::asio::awaitable<void> {
            const bool first = co_await pieces.write("one ");
            EXPECT_TRUE(first) << "the token holds";
            if (is_taken_back) (void)w.tokens.remove("watcher");
            w.tokens.look();
            (void)co_await pieces.write("two ");
            EXPECT_EQ(pieces.over(), is_taken_back);
            (void)co_await pieces.write("three ");
        };
        co_return Response::events(std::move(view));
    });
    const auto watch = [&] {
        return w.ask("GET /api/v1/view", {"Authorization: Bearer " + made->text}).body();
    };
    is_taken_back = false;
    EXPECT_NE(watch().find("three"), std::string::npos);
    is_taken_back = true;
    const auto cut = watch();
    EXPECT_NE(cut.find("one"), std::string::npos);
    EXPECT_EQ(cut.find("two"), std::string::npos) << cut;
    EXPECT_EQ(w.ask("GET /api/v1/view", {"Authorization: Bearer " + made->text}).status(), 401u);
}

// A browser left alone asks for /overview every ten seconds, for ever.
TEST(WebGate, WhatThePagesAskByThemselvesKeepsNoSessionOpen)
{
    using namespace std::chrono_literals;
    SignedIn w;
    const auto heard = [&](const std::string& line, std::vector<std::string> more = {}) {
        more.push_back(w.cookie);
        return w.ask(line, std::move(more)).status();
    };
    for (int i = 0; i < 2; ++i) {
        w.clock.time += 29min;
        EXPECT_EQ(heard("GET /api/v1/thing"), 200u) << "a person asked " << i;
    }
    for (int i = 0; i < 29; ++i) {
        w.clock.time += 1min;
        ASSERT_EQ(heard("GET /api/v1/thing", {"imc-background: 1"}), 200u) << i;
        ASSERT_NE(heard("GET /api/v1/live"), 401u) << i;
    }
    w.clock.time += 1min;
    EXPECT_EQ(heard("GET /api/v1/thing", {"imc-background: 1"}), 401u);
    EXPECT_EQ(heard("GET /api/v1/thing"), 401u) << "it is over for everybody";
}

// Else a change that says it comes from no person would not count as one's.
TEST(WebGate, ChangeIsAlwaysAPersons)
{
    using namespace std::chrono_literals;
    SignedIn w;
    w.clock.time += 29min;
    EXPECT_EQ(w.ask("POST /api/v1/thing", {w.cookie, w.csrf, "imc-background: 1"}).status(), 200u);
    w.clock.time += 29min;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {w.cookie}).status(), 200u);
}

// Otherwise a page elsewhere could sign its visitor in as somebody else.
TEST(WebGate, SigningInFromAPageOfAnotherOriginIsRefused)
{
    SignInWorld w;
    const auto heard = w.post("/api/v1/session", {"Origin: http://evil.example"},
                              R"({"account":"ann","password":"pencil"})");
    EXPECT_EQ(heard.status(), 403u);
    EXPECT_EQ(w.sessions.size(), 0u);
}

TEST(WebGate, BodyThatAFormCouldSendIsRefused)
{
    SignedIn w;
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data", "application/jsonx"})
        EXPECT_EQ(w.ask("POST /api/v1/thing",
                        {w.cookie, w.csrf, std::string{"Content-Type: "} + type}, "{}")
                      .status(),
                  415u)
            << type;
    EXPECT_EQ(w.ask("POST /api/v1/thing", {w.cookie, w.csrf}, "{}").status(), 415u);
    EXPECT_EQ(w.ask("POST /api/v1/thing",
                    {w.cookie, w.csrf, "Content-Type: application/json; charset=utf-8"}, "{}")
                  .status(),
              200u);
}

TEST(WebGate, NobodyHearsNothingOfTheApiNotEvenWhichPathsThereAre)
{
    SignInWorld w;
    for (const char* line :
         {"GET /api/v1/thing", "GET /api/v1/nothing", "POST /api/v1/thing", "GET /api/v1/audit",
          "GET /api/v1/tokens", "GET /api/v1/session", "GET /api/v1/administrators"})
        EXPECT_EQ(w.ask(line).status(), 401u) << line;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {"Cookie: imc_session=" + std::string(64, '0')}).status(),
              401u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {"Authorization: Basic YTpi"}).status(), 401u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {"Authorization: Bearer imc_" + std::string(64, '0')})
                  .header("WWW-Authenticate"),
              "Bearer");
}

TEST(WebGate, RoleDecidesWhatASessionMayDo)
{
    SignedIn w{"otto", "rubber"};
    EXPECT_EQ(w.ask("GET /api/v1/thing", {w.cookie}).status(), 200u);
    EXPECT_EQ(w.ask("POST /api/v1/queue/hold", {w.cookie, w.csrf}).status(), 200u);
    const auto refused = w.ask("POST /api/v1/thing", {w.cookie, w.csrf});
    EXPECT_EQ(refused.status(), 403u);
    EXPECT_NE(refused.body().find("administrator"), std::string::npos);
    EXPECT_EQ(w.ask("GET /api/v1/tokens", {w.cookie}).status(), 403u);
}

TEST(WebGate, HelpDeskOfOneDomainIsShownNothingOfTheOthers)
{
    SignInWorld w;
    ApiTokens::Wish wish;
    wish.name = "desk";
    wish.role = Role::help_desk;
    wish.domain = "contoso.example";
    const auto made = w.tokens.add(wish);
    ASSERT_TRUE(made);
    const auto token = "Authorization: Bearer " + made->text;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {token}).status(), 403u);
    const auto session = w.ask("GET /api/v1/session", {token});
    ASSERT_EQ(session.status(), 200u);
    EXPECT_EQ(text(session.json(), "domain"), "contoso.example");
    EXPECT_EQ(boost::json::serialize(session.json().at("sees")),
              R"(["explain","overview","stat","rejects","track"])");
    EXPECT_EQ(w.ask("GET /api/v1/audit", {token}).status(), 403u) << "as it was told";
}

TEST(WebGate, WhoHasSignedInMaySendALargeBody)
{
    SignedIn w;
    const auto large = "\"" + std::string(100'000, 'x') + "\"";
    EXPECT_EQ(w.post("/api/v1/thing", {w.cookie, w.csrf}, large).status(), 200u);
    EXPECT_EQ(w.post("/api/v1/thing", {}, large).status(), 401u);
}

// A request with both must not pass by the weaker of them.
TEST(WebGate, WrongTokenIsNotMadeGoodByACookie)
{
    SignedIn w;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {w.cookie, "Authorization: Bearer imc_0"}).status(), 401u);
}

TEST(WebGate, SocketIsForRootAndTheServicesUser)
{
    SignInWorld w;
    EXPECT_EQ(w.ask("GET /api/v1/thing", {"Host: imc"}, {}, 0U).status(), 200u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {"Host: imc"}, {}, ::geteuid()).status(), 200u);
    EXPECT_EQ(w.ask("GET /api/v1/thing", {"Host: imc"}, {}, ::geteuid() + 4711).status(), 403u);
}

TEST(WebGate, WhileHeldOnlyWhatWorksThenIsAnswered)
{
    SignedIn w;
    w.server.held([] { return Error{EventId::service_held, "held by event 4086"}; });
    const auto held = w.ask("GET /api/v1/thing", {w.cookie});
    EXPECT_EQ(held.status(), 503u);
    EXPECT_NE(held.body().find("held by event 4086"), std::string::npos);
    EXPECT_EQ(w.ask("GET /api/v1/session", {w.cookie}).status(), 200u);
    EXPECT_EQ(w.ask("GET /api/v1/audit", {w.cookie}).status(), 200u);
    EXPECT_EQ(w.sign_in("ann", "pencil").status(), 200u);
}

}  // namespace
}  // namespace imc::admin
