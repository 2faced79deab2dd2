#include "metrics/rates.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace imc::metrics {
namespace {

using namespace std::chrono_literals;

const WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} + 12h};

TEST(Rates, WhatGrewStandsInItsMinute)
{
    Rates rates{{"in", "out"}};
    rates.sample(noon, {100, 7});
    rates.sample(noon + 30s, {103, 7});
    rates.sample(noon + 59s, {105, 8});
    rates.sample(noon + 61s, {106, 8});
    const auto read = rates.read();
    EXPECT_EQ(read.from, noon);
    ASSERT_EQ(read.series.size(), 2U);
    EXPECT_EQ(read.series[0].name, "in");
    EXPECT_EQ(read.series[0].grown, (std::vector<std::uint64_t>{5, 1}));
    EXPECT_EQ(read.series[1].grown, (std::vector<std::uint64_t>{1, 0}));
}

TEST(Rates, BeforeTheFirstSampleThereIsNothing)
{
    const auto read = Rates{{"in"}}.read();
    ASSERT_EQ(read.series.size(), 1U);
    EXPECT_TRUE(read.series[0].grown.empty());
}

TEST(Rates, MoreThanADayIsForgotten)
{
    Rates rates{{"in"}};
    rates.sample(noon, {0});
    rates.sample(noon + 1s, {9});
    rates.sample(noon + 24h, {10});
    const auto read = rates.read();
    EXPECT_EQ(read.from, noon + 1min);
    ASSERT_EQ(read.series[0].grown.size(), Rates::minutes);
    EXPECT_EQ(read.series[0].grown.front(), 0U);
    EXPECT_EQ(read.series[0].grown.back(), 1U);
}

TEST(Rates, AClockThatJumpsFarLeavesNothingOfBefore)
{
    Rates rates{{"in"}};
    rates.sample(noon, {0});
    rates.sample(noon + 1s, {9});
    rates.sample(noon + 100 * 24h, {11});
    const auto grown = rates.read().series[0].grown;
    ASSERT_EQ(grown.size(), Rates::minutes);
    EXPECT_EQ(std::count(grown.begin(), grown.end(), 0U),
              static_cast<std::ptrdiff_t>(Rates::minutes) - 1);
    EXPECT_EQ(grown.back(), 2U);
}

TEST(Rates, AClockThatGoesBackAddsToTheMinuteItWasIn)
{
    Rates rates{{"in"}};
    rates.sample(noon, {0});
    rates.sample(noon - 1h, {4});
    const auto read = rates.read();
    EXPECT_EQ(read.from, noon);
    EXPECT_EQ(read.series[0].grown, (std::vector<std::uint64_t>{4}));
}

TEST(Rates, ACounterThatShrankBeganAnew)
{
    Rates rates{{"in"}};
    rates.sample(noon, {50});
    rates.sample(noon + 1s, {3});
    EXPECT_EQ(rates.read().series[0].grown, (std::vector<std::uint64_t>{3}));
}

}  // namespace
}  // namespace imc::metrics
