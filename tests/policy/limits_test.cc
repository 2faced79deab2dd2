#include "policy/limits.h"

#include "config/policy_rows.h"
#include "policy/slow_down.h"

#include <gtest/gtest.h>

namespace imc::policy {
namespace {

using namespace std::chrono_literals;

std::vector<config::LimitRow> rules(std::initializer_list<const char*> texts)
{
    std::vector<config::LimitRow> out;
    for (const auto* text : texts)
        out.push_back(*config::parse_limit_row(text, 1));
    return out;
}

const Deadline noon{100h};

TEST(Limits, BucketServesABurstAndThenFillsEvenly)
{
    Limits limits;
    const auto r = rules({"host messages 60/minute"});
    for (int i = 0; i < 60; ++i)
        ASSERT_FALSE(limits.message(r, {"192.0.2.1"}, noon));
    const auto full = limits.message(r, {"192.0.2.1"}, noon);
    ASSERT_TRUE(full);
    EXPECT_EQ(full->code, 450);
    EXPECT_EQ(full->rule, "InboundLimits host messages 60/minute");
    EXPECT_NE(full->text.find("host messages 60/minute"), std::string::npos);
    EXPECT_FALSE(full->close);
    EXPECT_FALSE(limits.message(r, {"192.0.2.2"}, noon)) << "another host has its own";
    EXPECT_FALSE(limits.message(r, {"192.0.2.1"}, noon + 1s));
    EXPECT_TRUE(limits.message(r, {"192.0.2.1"}, noon + 1s));
    EXPECT_FALSE(limits.message(r, {"192.0.2.1"}, noon + 24h));
}

TEST(Limits, ConnectionsAtOnceAreCountedUntilTheyEnd)
{
    Limits limits;
    const auto r = rules({"host connections 2", "all connections 3"});
    Limits::Held a, b, c, d;
    EXPECT_FALSE(limits.connect(r, {"192.0.2.1"}, noon, a));
    EXPECT_FALSE(limits.connect(r, {"192.0.2.1"}, noon, b));
    EXPECT_EQ(limits.connect(r, {"192.0.2.1"}, noon, c)->rule, "InboundLimits host connections 2");
    EXPECT_FALSE(limits.connect(r, {"192.0.2.2"}, noon, c));
    const auto full = limits.connect(r, {"192.0.2.3"}, noon, d);
    EXPECT_EQ(full->rule, "InboundLimits all connections 3");
    EXPECT_EQ(full->code, 421);
    EXPECT_TRUE(full->close);
    b = Limits::Held{};
    EXPECT_FALSE(limits.connect(r, {"192.0.2.1"}, noon, d));
}

TEST(Limits, NetworkIsA24OrA64)
{
    Limits limits;
    const auto r = rules({"network new-connections 1/hour"});
    Limits::Held h;
    EXPECT_FALSE(limits.connect(r, {"192.0.2.1"}, noon, h));
    EXPECT_TRUE(limits.connect(r, {"192.0.2.200"}, noon, h));
    EXPECT_FALSE(limits.connect(r, {"192.0.3.1"}, noon, h));
    EXPECT_FALSE(limits.connect(r, {"2001:db8::1"}, noon, h));
    EXPECT_TRUE(limits.connect(r, {"2001:db8::ffff:1"}, noon, h));
    EXPECT_FALSE(limits.connect(r, {"2001:db8:0:1::1"}, noon, h));
}

TEST(Limits, AccountIsCountedWhereverItComesFrom)
{
    Limits limits;
    const auto r = rules({"account recipients 2/hour", "account connections 1"});
    EXPECT_FALSE(limits.recipient(r, {"192.0.2.1", "alice"}, noon));
    EXPECT_FALSE(limits.recipient(r, {"198.51.100.1", "Alice"}, noon));
    EXPECT_TRUE(limits.recipient(r, {"203.0.113.1", "ALICE"}, noon));
    EXPECT_FALSE(limits.recipient(r, {"203.0.113.1", "bob"}, noon));
    EXPECT_FALSE(limits.recipient(r, {"203.0.113.1"}, noon)) << "a stranger is no account";
    Limits::Held first, second;
    EXPECT_FALSE(limits.authenticate(r, {"192.0.2.1", "alice"}, first));
    EXPECT_EQ(limits.authenticate(r, {"192.0.2.2", "alice"}, second)->code, 421);
}

TEST(Limits, TooManyErrorsCloseTheDoorUntilTheBucketFills)
{
    Limits limits;
    const auto r = rules({"host errors 3/hour"});
    const Client client{"192.0.2.1"};
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(limits.errors(r, client, noon));
        limits.error(r, client, noon);
    }
    EXPECT_EQ(limits.errors(r, client, noon)->code, 421);
    EXPECT_FALSE(limits.errors(r, client, noon + 21min));
}

// What one refuses, the others must not have been charged for.
TEST(Limits, RefusedRequestCostsNothingElsewhere)
{
    Limits limits;
    const auto r = rules({"all messages 3/hour", "host messages 1/hour"});
    EXPECT_FALSE(limits.message(r, {"192.0.2.1"}, noon));
    for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(limits.message(r, {"192.0.2.1"}, noon));
    EXPECT_FALSE(limits.message(r, {"192.0.2.2"}, noon));
    EXPECT_FALSE(limits.message(r, {"192.0.2.3"}, noon));
    EXPECT_EQ(limits.message(r, {"192.0.2.4"}, noon)->rule, "InboundLimits all messages 3/hour");
}

TEST(Limits, StrangersCannotMakeTheTableGrow)
{
    Limits limits{100};
    const auto r = rules({"host messages 5/hour"});
    for (int i = 0; i < 5000; ++i)
        (void)limits.message(r, {"10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)},
                             noon);
    EXPECT_EQ(limits.buckets(), 100U);
}

config::PolicySettings slow()
{
    config::PolicySettings s;
    s.unknown_recipients = 3;
    s.unknown_recipients_close = 8;
    s.unknown_recipients_window = 1h;
    s.unknown_recipients_delay = 4s;
    return s;
}

TEST(SlowDown, DelayDoublesUpToItsBoundAndThenTheSessionIsClosed)
{
    SlowDown guard;
    const auto s = slow();
    std::vector<std::chrono::milliseconds> delays;
    for (int i = 0; i < 8; ++i) {
        const auto answer = guard.unknown_recipient(s, "192.0.2.1", noon);
        delays.push_back(answer.delay);
        EXPECT_EQ(answer.begins, i == 3);
        EXPECT_EQ(answer.close.has_value(), i == 7);
    }
    EXPECT_EQ(delays, (std::vector<std::chrono::milliseconds>{0ms, 0ms, 0ms, 1s, 2s, 4s, 4s, 4s}));
    EXPECT_EQ(guard.unknown_recipient(s, "192.0.2.2", noon).delay, 0ms);
    EXPECT_EQ(guard.unknown_recipient(s, "192.0.2.1", noon + 1h).delay, 0ms) << "a new window";
}

TEST(SlowDown, HostOfIpv6IsItsNetwork)
{
    SlowDown guard;
    const auto s = slow();
    for (int i = 0; i < 3; ++i)
        (void)guard.unknown_recipient(s, "2001:db8::" + std::to_string(i), noon);
    EXPECT_EQ(guard.unknown_recipient(s, "2001:db8::99", noon).delay, 1s);
    EXPECT_EQ(guard.unknown_recipient(s, "2001:db8:0:1::99", noon).delay, 0ms);
}

TEST(SlowDown, ZeroMeansNever)
{
    SlowDown guard;
    auto s = slow();
    s.unknown_recipients = s.unknown_recipients_close = 0;
    for (int i = 0; i < 100; ++i) {
        const auto answer = guard.unknown_recipient(s, "192.0.2.1", noon);
        EXPECT_EQ(answer.delay, 0ms);
        EXPECT_FALSE(answer.close);
    }
}

}  // namespace
}  // namespace imc::policy
