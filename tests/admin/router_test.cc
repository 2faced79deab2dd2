#include "admin/router.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace imc::admin {
namespace {

namespace net = boost::asio;
namespace json = boost::json;

net::awaitable<Response> nothing(Request) { co_return Response{}; }

Request asked(const std::string& method, const std::string& target)
{
    Request out;
    out.method = method;
    take_target(target, out);
    return out;
}

TEST(Router, RolesFollowFromMethodAndPathUnlessSaidOtherwise)
{
    const auto role = [](const char* method, const char* path) {
        return usual_access(method, path).role;
    };
    EXPECT_EQ(role("GET", "/api/v1/queue"), Role::view);
    EXPECT_EQ(role("GET", "/api/v1/queue/{id}/text"), Role::operates);
    EXPECT_EQ(role("GET", "/api/v1/queue/{id}/headers"), Role::operates);
    EXPECT_EQ(role("GET", "/api/v1/track/{message}"), Role::help_desk);
    EXPECT_EQ(role("GET", "/api/v1/explain/rcpt"), Role::help_desk);
    EXPECT_EQ(role("GET", "/api/v1/registry"), Role::view);
    EXPECT_EQ(role("POST", "/api/v1/queue/hold"), Role::operates);
    EXPECT_EQ(role("POST", "/api/v1/queue-imports/{number}/store"), Role::administrator);
    EXPECT_EQ(role("POST", "/api/v1/queue-imports"), Role::administrator);
    EXPECT_EQ(role("POST", "/api/v1/link/open"), Role::operates);
    EXPECT_EQ(role("POST", "/api/v1/badmail/{id}/release"), Role::operates);
    EXPECT_EQ(role("PUT", "/api/v1/registry"), Role::administrator);
    EXPECT_EQ(role("DELETE", "/api/v1/directory/entry"), Role::administrator);
    EXPECT_EQ(role("POST", "/api/v1/queueing"), Role::administrator);
}

TEST(Router, HelpDeskOfOneDomainHasWhatAsksForItsDomain)
{
    for (const char* path : {"/api/v1/track/{id}", "/api/v1/rejects", "/api/v1/explain/rcpt",
                             "/api/v1/overview", "/api/v1/events/explain/{what}"})
        EXPECT_TRUE(is_for_one_domain(path)) << path;
    for (const char* path : {"/api/v1/queue", "/api/v1/queue/{id}/envelope", "/api/v1/live",
                             "/api/v1/events", "/api/v1/quarantine", "/api/v1/badmail",
                             "/api/v1/directory/search", "/api/v1/audit", "/api/v1/tracker"})
        EXPECT_FALSE(is_for_one_domain(path)) << path;
}

TEST(Router, ResourcesThatPagesOfferAreThoseThatAreAnswered)
{
    const auto sees = [](Role role, const std::string& domain, std::string_view name) {
        Caller caller;
        caller.role = role;
        caller.domain = domain;
        const auto all = resources_of(caller);
        return std::ranges::find(all, name) != all.end();
    };
    for (const char* name : {"track", "rejects", "explain", "overview", "stat"})
        EXPECT_TRUE(sees(Role::help_desk, "contoso.example", name)) << name;
    for (const char* name : {"audit", "badmail", "check", "config", "directory", "events", "live",
                             "queue", "quarantine", "registry"}) {
        EXPECT_FALSE(sees(Role::help_desk, "contoso.example", name)) << name;
        EXPECT_TRUE(sees(Role::help_desk, "", name)) << name;
        EXPECT_TRUE(sees(Role::operates, "contoso.example", name)) << name << ": of no domain then";
    }
    EXPECT_FALSE(sees(Role::view, "", "track"));
    EXPECT_TRUE(sees(Role::view, "", "queue"));
    EXPECT_TRUE(resources_of({}).empty()) << "who has not signed in";
}

TEST(Router, WhatChangesSomethingIsAuditedAndNothingElse)
{
    const auto audited = [](const char* method, const char* path) {
        return usual_access(method, path).audited == Audited::by_router;
    };
    EXPECT_TRUE(audited("POST", "/api/v1/queue/hold"));
    EXPECT_TRUE(audited("PUT", "/api/v1/registry"));
    EXPECT_TRUE(audited("POST", "/api/v1/queue-imports/{number}/store"));
    EXPECT_FALSE(audited("POST", "/api/v1/queue-imports/{number}/text"));
    EXPECT_FALSE(audited("GET", "/api/v1/queue"));
    EXPECT_FALSE(usual_access("GET", "/api/v1/queue").works_while_held);
}

TEST(Router, HeadIsAskedAsGetAndOtherMethodsAreNot)
{
    Router router;
    router.add("GET", "/a/{x}", nothing, {});
    auto head = asked("HEAD", "/a/1%2F2");
    ASSERT_NE(router.find(head), nullptr);
    EXPECT_EQ(head.parameters["x"], "1/2");
    auto other = asked("POST", "/a/1");
    EXPECT_EQ(router.find(other), nullptr);
}

// Dots are names like any other: no path leads up or out.
TEST(Router, DotsInAPathAreTakenAsTheyStand)
{
    Router router;
    router.add("GET", "/a/b", nothing, {});
    for (const char* path : {"/a/../a/b", "/a/./b", "/a/%2e%2e/a/b", "/x/../a/b", "/a%2Fb"}) {
        auto in = asked("GET", path);
        EXPECT_EQ(router.find(in), nullptr) << path;
    }
}

TEST(Router, NoteOfAChangeHasPathQueryAndBodyWithoutSecrets)
{
    auto in = asked("PUT", "/api/v1/registry?key=a&token=abc");
    in.body = json::parse(R"({"name":"x","password":"pencil","deep":[{"apiToken":"t","n":1}]})");
    const auto change = change_of(in, "/api/v1/registry");
    EXPECT_EQ(change.action, "PUT /api/v1/registry");
    EXPECT_EQ(change.object, "/api/v1/registry?key=a&token=(hidden)");
    const auto after = json::serialize(change.after);
    EXPECT_EQ(after.find("pencil"), std::string::npos) << after;
    EXPECT_EQ(after.find("\"t\""), std::string::npos) << after;
    EXPECT_NE(after.find("\"n\":1"), std::string::npos) << after;
}

TEST(Router, ValuesOfASecretAttributeAreNotNoted)
{
    auto in = asked("PATCH", "/api/v1/directory/entry");
    in.body = json::parse(
        R"({"dn":"cn=a","changes":[{"op":"replace","attribute":"userPassword","values":["pencil"]},)"
        R"({"op":"add","attribute":"mail","values":["a@b.example"]}]})");
    const auto after = json::serialize(change_of(in, "/api/v1/directory/entry").after);
    EXPECT_EQ(after.find("pencil"), std::string::npos) << after;
    EXPECT_NE(after.find("a@b.example"), std::string::npos) << after;
}

TEST(Router, LongBodiesAreNotedByTheirSize)
{
    auto in = asked("PUT", "/x");
    in.body = json::object{{"text", std::string(10'000, 'x')}};
    EXPECT_LT(json::serialize(change_of(in, "/x").after).size(), 100u);
    Request piece;
    piece.octets = "Subject: private\r\n";
    EXPECT_EQ(json::serialize(change_of(piece, "/x").after), "{\"octets\":18}");
}

TEST(Router, DryRunIsSaidByQueryOrBody)
{
    EXPECT_TRUE(asked("POST", "/x?dry_run=true").dry_run());
    EXPECT_FALSE(asked("POST", "/x?dry_run=false").dry_run());
    auto in = asked("POST", "/x");
    in.body = json::object{{"dry_run", true}};
    EXPECT_TRUE(in.dry_run());
    in.body = json::object{{"dry_run", "true"}};
    EXPECT_FALSE(in.dry_run());
}

TEST(Router, DryRunIsClearWhenItIsTrueOrFalse)
{
    for (const char* target : {"/x", "/x?dry_run=true", "/x?dry_run=false", "/x?dry_run=0"})
        EXPECT_TRUE(asked("POST", target).dry_run_is_clear()) << target;
    for (const char* target : {"/x?dry_run", "/x?dry_run=yes", "/x?dry_run=true&dry_run=no"})
        EXPECT_FALSE(asked("POST", target).dry_run_is_clear()) << target;
    EXPECT_TRUE(asked("POST", "/x?dry_run=false&dry_run=true").dry_run());
    auto in = asked("POST", "/x");
    in.body = json::object{{"dry_run", "true"}};
    EXPECT_FALSE(in.dry_run_is_clear());
    in.body = json::object{{"dry_run", nullptr}};
    EXPECT_TRUE(in.dry_run_is_clear());
}

TEST(Router, MethodsOfAPathAreThoseOfAllThatFitIt)
{
    Router router;
    router.add("GET", "/a/{x}", nothing, {});
    router.add("POST", "/a/b", nothing, {});
    EXPECT_EQ(router.methods_at(asked("PUT", "/a/b")), "GET, HEAD, POST");
    EXPECT_EQ(router.methods_at(asked("PUT", "/a/c")), "GET, HEAD");
    EXPECT_EQ(router.methods_at(asked("PUT", "/a")), "");
}

// As deep as a body may be, it would be too deep within a line of the log, and the line be lost.
TEST(Router, NoteOfADeepChangeCanBeReadBack)
{
    auto in = asked("POST", "/x");
    in.body = json::parse(std::string(32, '[') + std::string(32, ']'));
    const auto change = change_of(in, "/x");
    boost::system::error_code failure;
    (void)json::parse(json::serialize(json::object{{"after", change.after}}), failure);
    EXPECT_FALSE(failure) << failure.message();
    in.body = json::object{{"a", json::array{json::object{{"b", 1}}}}};
    EXPECT_EQ(change_of(in, "/x").after, in.body);
}

TEST(Router, NoteOfANumberBeyondAllIsJson)
{
    auto in = asked("POST", "/x");
    in.body = json::parse(R"({"a":1e999,"b":[-1e999,1.5]})");
    const auto after = change_of(in, "/x").after;
    EXPECT_EQ(after.at("a"), "(too large)");
    EXPECT_EQ(after.at("b").at(0), "(too large)");
    EXPECT_EQ(after.at("b").at(1), 1.5);
}

// The audit log is JSON, whatever a stranger's octets are.
TEST(Router, NoteOfAChangeIsUtf8)
{
    const auto change = change_of(asked("POST", "/a/\xff\n?\xff=\xff"), "/a/{x}");
    EXPECT_EQ(change.object, "/a/\\xff\\x0a?%FF=%FF");
}

// One person is one spelling in the audit log, over the control socket and without it.
TEST(Router, UserOfThisHostIsNamedWithItsNumberAndANumberWithoutNameAlone)
{
    EXPECT_EQ(account_of_uid(0), "root (uid 0)");
    EXPECT_EQ(account_of_uid(4'000'000'007), "uid 4000000007");
}

TEST(Router, WhoDidItIsTheUserOfTheSocketOrTheAccount)
{
    Request in;
    in.uid = 7;
    in.caller.by = Caller::By::socket;
    EXPECT_EQ(in.by(), "uid=7");
    in.caller.by = Caller::By::session;
    in.caller.account = "ann";
    EXPECT_EQ(in.by(), "account=ann");
    in.caller.account = "root (uid 0)";
    EXPECT_EQ(in.by(), "account=root") << "the spool keeps one word";
    in.caller.account = "ann";
    in.caller.by = Caller::By::token;
    EXPECT_EQ(in.by(), "token=ann");
}

}  // namespace
}  // namespace imc::admin
