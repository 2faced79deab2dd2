#include "policy/size_limits.h"

#include "config/policy_rows.h"

#include <gtest/gtest.h>

namespace imc::policy {
namespace {

config::Config with(std::initializer_list<const char*> rows)
{
    config::Config config;
    config.message_octets = 1000;
    for (const auto* row : rows)
        config.policy.sizes.push_back(*config::parse_size_row(row, 1));
    return config;
}

TEST(SizeLimits, ClosestRuleDecidesAndIsNamed)
{
    const auto config =
        with({"in 2 KB", "out 3 KB", "role submission 4 KB", "listener 127.0.0.1:25 5 KB",
              "domain example.net 6 KB", "domain a.example.net 7 KB", "account alice 8 KB"});
    SizeQuestion q;
    const auto limit = [&] { return size_limit(config, q); };
    EXPECT_EQ(limit().rule, "SizeLimits in 2 KB");
    q.outbound = true;
    EXPECT_EQ(limit().octets, 3000U);
    q.role = "submission";
    EXPECT_EQ(limit().octets, 4000U);
    q.listener = "127.0.0.1:25";
    EXPECT_EQ(limit().octets, 5000U);
    q.sender_domain = "b.example.net";
    EXPECT_EQ(limit().octets, 6000U);
    q.sender_domain = "x.a.example.net";
    EXPECT_EQ(limit().octets, 7000U);
    const std::vector<std::string> recipients{"elsewhere.example", "c.example.net"};
    q.recipient_domains = recipients;
    EXPECT_EQ(limit().octets, 6000U) << "of several domains the least";
    q.account = "Alice";
    EXPECT_EQ(limit().rule, "SizeLimits account alice 8 KB");
    EXPECT_EQ(size_limit(with({}), {}).rule, "InboundSizeLimit");
}

TEST(SizeLimits, OutboundLimitIsForOtherDomains)
{
    auto config = with({});
    config.policy.outbound_octets = 500;
    SizeQuestion q;
    EXPECT_EQ(size_limit(config, q).octets, 1000U);
    q.outbound = true;
    EXPECT_EQ(size_limit(config, q).rule, "OutboundSizeLimit");
    EXPECT_EQ(size_limit(with({"account alice none"}), {.account = "alice"}).octets, 0U);
}

TEST(SizeLimits, WhatIsOfferedIsTheLargestThatSomebodyMayBring)
{
    EXPECT_EQ(offered_size(with({}), "127.0.0.1:25", "mx"), 1000U);
    EXPECT_EQ(offered_size(with({"role mx 2 KB", "domain example.net 1 B"}), "127.0.0.1:25", "mx"),
              2000U);
    EXPECT_EQ(offered_size(with({"account alice 9 KB"}), "127.0.0.1:25", "mx"), 9000U);
    EXPECT_EQ(offered_size(with({"account alice none"}), "127.0.0.1:25", "mx"), 0U);
    EXPECT_EQ(offered_size(with({"out 5 KB"}), "127.0.0.1:25", "mx"), 5000U);
}

// size-exact-boundary, Q146264: mail passed up to 1,023 octets above the limit.
TEST(Regression, SizeExactBoundary)
{
    const SizeLimit limit{100'000, "InboundSizeLimit"};
    EXPECT_FALSE(judge_size(limit, 100'000));
    for (const std::uint64_t size : {100'001ULL, 101'023ULL, 101'024ULL}) {
        const auto no = judge_size(limit, size);
        ASSERT_TRUE(no) << size;
        EXPECT_EQ(no->code, 552);
        EXPECT_EQ(no->enhanced, "5.3.4");
    }
    EXPECT_FALSE(judge_size({0, "none"}, 1ULL << 60U));
}

// ndr-size-text-wrong, Q257264, Q270910: the text named neither the limit nor whose it was.
TEST(Regression, SizeTextNamesSizeLimitAndRule)
{
    EXPECT_EQ(judge_size({1000, "SizeLimits in 1 KB"}, 1001)->text,
              "Message of 1001 octets, at most 1000 (SizeLimits in 1 KB)");
}

}  // namespace
}  // namespace imc::policy
