#include "admin/web_sessions.h"

#include "admin/moved_clocks.h"
#include "admin/one_time_links.h"

#include <gtest/gtest.h>

namespace imc::admin {
namespace {

using namespace std::chrono_literals;

Caller ann()
{
    Caller out;
    out.account = "ann";
    out.role = Role::operates;
    return out;
}

struct World {
    MovedSteady clock;
    WebSessions sessions{SessionRules{30min, 12h, 3}, clock.now()};
};

TEST(WebSessions, SessionIsFoundByItsIdAndSaysWhoAndWhatFor)
{
    World w;
    const auto opened = w.sessions.open(ann(), true);
    EXPECT_EQ(opened.id.size(), 64u);
    EXPECT_EQ(opened.csrf.size(), 64u);
    EXPECT_NE(opened.id, opened.csrf);
    EXPECT_EQ(opened.left, 30min);
    const auto found = w.sessions.find(opened.id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->caller.account, "ann");
    EXPECT_EQ(found->caller.role, Role::operates);
    EXPECT_EQ(found->caller.by, Caller::By::session);
    EXPECT_EQ(found->csrf, opened.csrf);
}

TEST(WebSessions, WhatIsNoIdFindsNothing)
{
    World w;
    const auto opened = w.sessions.open(ann(), true);
    EXPECT_FALSE(w.sessions.find(""));
    EXPECT_FALSE(w.sessions.find(opened.id.substr(1)));
    EXPECT_FALSE(w.sessions.find(std::string(64, '0')));
    // What is kept is the hash: knowing it opens nothing.
    EXPECT_FALSE(w.sessions.find(w.sessions.find(opened.id)->caller.session));
}

TEST(WebSessions, IdleSessionEndsAndAskingKeepsItOpen)
{
    World w;
    const auto opened = w.sessions.open(ann(), true);
    for (int i = 0; i < 5; ++i) {
        w.clock.time += 29min;
        EXPECT_TRUE(w.sessions.find(opened.id));
    }
    w.clock.time += 30min;
    EXPECT_FALSE(w.sessions.find(opened.id));
}

TEST(WebSessions, AfterItsLongestTimeASessionEndsWhateverWasAsked)
{
    World w;
    const auto opened = w.sessions.open(ann(), true);
    for (int i = 0; i < 47; ++i) {
        w.clock.time += 15min;
        ASSERT_TRUE(w.sessions.find(opened.id)) << i;
    }
    EXPECT_EQ(w.sessions.find(opened.id)->left, 15min);
    w.clock.time += 15min;
    EXPECT_FALSE(w.sessions.find(opened.id));
}

TEST(WebSessions, LookingWhetherItIsOpenIsNoUseOfIt)
{
    World w;
    const auto opened = w.sessions.open(ann(), true);
    const auto key = w.sessions.find(opened.id)->caller.session;
    w.clock.time += 20min;
    EXPECT_TRUE(w.sessions.is_open(key));
    w.clock.time += 10min;
    EXPECT_FALSE(w.sessions.is_open(key));
}

TEST(WebSessions, WhatAPageAsksByItselfIsNoUseOfItEither)
{
    World w;
    const auto opened = w.sessions.open(ann(), true);
    w.clock.time += 20min;
    const auto found = w.sessions.find(opened.id, WebSessions::Use::by_page);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->left, 10min);
    w.clock.time += 10min;
    EXPECT_FALSE(w.sessions.find(opened.id, WebSessions::Use::by_page));
}

TEST(WebSessions, ClosedOneIsGone)
{
    World w;
    const auto opened = w.sessions.open(ann(), true);
    w.sessions.close(w.sessions.find(opened.id)->caller.session);
    EXPECT_FALSE(w.sessions.find(opened.id));
}

TEST(WebSessions, WithoutRoomTheOneUsedLongestAgoGoes)
{
    World w;
    const auto first = w.sessions.open(ann(), true);
    w.clock.time += 1min;
    const auto second = w.sessions.open(ann(), true);
    w.clock.time += 1min;
    const auto third = w.sessions.open(ann(), true);
    w.clock.time += 1min;
    EXPECT_TRUE(w.sessions.find(first.id));
    const auto fourth = w.sessions.open(ann(), true);
    EXPECT_EQ(w.sessions.size(), 3u);
    EXPECT_TRUE(w.sessions.find(first.id));
    EXPECT_FALSE(w.sessions.find(second.id));
    EXPECT_TRUE(w.sessions.find(third.id));
    EXPECT_TRUE(w.sessions.find(fourth.id));
}

TEST(WebSessions, WhoIsTakenOffTheListIsOutAndAnotherRoleHoldsAtOnce)
{
    World w;
    const auto opened = w.sessions.open(ann(), true);
    auto root = ann();
    root.account = "root";
    const auto by_link = w.sessions.open(root, false);
    const auto before = w.sessions.find(opened.id)->caller;
    EXPECT_TRUE(w.sessions.holds(before));
    w.sessions.judge_again([](const std::string&) {
        return WebSessions::Standing{Role::help_desk, "contoso.example"};
    });
    EXPECT_FALSE(w.sessions.holds(before)) << "a view that it opened is over";
    EXPECT_TRUE(w.sessions.holds(w.sessions.find(opened.id)->caller));
    EXPECT_EQ(w.sessions.find(opened.id)->caller.role, Role::help_desk);
    EXPECT_EQ(w.sessions.find(opened.id)->caller.domain, "contoso.example");
    EXPECT_EQ(w.sessions.find(by_link.id)->caller.role, Role::operates);
    w.sessions.judge_again([](const std::string&) { return WebSessions::Standing{}; });
    EXPECT_FALSE(w.sessions.find(opened.id));
    EXPECT_TRUE(w.sessions.find(by_link.id));
}

TEST(OneTimeLinks, CodeSignsInOnce)
{
    MovedSteady clock;
    OneTimeLinks links{clock.now()};
    const auto code = links.make(ann());
    EXPECT_FALSE(links.take("x" + code));
    const auto who = links.take(code);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->account, "ann");
    EXPECT_FALSE(links.take(code));
}

TEST(OneTimeLinks, CodeIsOverAfterTenMinutes)
{
    MovedSteady clock;
    OneTimeLinks links{clock.now()};
    const auto code = links.make(ann());
    clock.time += OneTimeLinks::valid;
    EXPECT_FALSE(links.take(code));
}

TEST(OneTimeLinks, SeventeenthPushesTheFirstOut)
{
    MovedSteady clock;
    OneTimeLinks links{clock.now()};
    const auto first = links.make(ann());
    std::string second;
    for (std::size_t i = 0; i < OneTimeLinks::most; ++i) {
        const auto code = links.make(ann());
        if (i == 0) second = code;
    }
    EXPECT_FALSE(links.take(first));
    EXPECT_TRUE(links.take(second));
}

}  // namespace
}  // namespace imc::admin
