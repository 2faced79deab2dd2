#include "smtp/sasl/attempts.h"

#include <gtest/gtest.h>

namespace imc::smtp::sasl {
namespace {

using namespace std::chrono_literals;

const Attempts::Clock::time_point start{1h};

AttemptRules few()
{
    AttemptRules rules;
    rules.account_failures = 3;
    rules.address_failures = 5;
    rules.window = 600s;
    rules.lock = 900s;
    rules.wait = 1s;
    rules.longest_wait = 4s;
    return rules;
}

TEST(Attempts, NameIsLockedAfterItsFailuresAndOpenAgainAfterTheLock)
{
    Attempts attempts{few()};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(attempts.enter("ann", "192.0.2." + std::to_string(i), start).open);
    const auto first = attempts.enter("Ann", "192.0.2.9", start);
    EXPECT_FALSE(first.open);
    EXPECT_TRUE(first.first_refusal);
    const auto second = attempts.enter("ann", "192.0.2.9", start + 899s);
    EXPECT_FALSE(second.open);
    EXPECT_FALSE(second.first_refusal);
    EXPECT_TRUE(attempts.enter("bob", "192.0.2.9", start).open);
    EXPECT_TRUE(attempts.enter("ann", "192.0.2.9", start + 900s).open);
}

// A hundred guesses at once are a hundred guesses: each counts before it is judged.
TEST(Attempts, ThoseThatAreStillBeingJudgedCount)
{
    Attempts attempts{few()};
    unsigned through = 0;
    for (int i = 0; i < 100; ++i)
        through += attempts.enter("ann", "192.0.2." + std::to_string(i), start).open ? 1 : 0;
    EXPECT_EQ(through, 3U);
}

TEST(Attempts, AddressIsLockedWhateverNamesItTries)
{
    Attempts attempts{few()};
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(attempts.enter("u" + std::to_string(i), "2001:db8::/64", start).open);
    EXPECT_FALSE(attempts.enter("u9", "2001:db8::/64", start).open);
    EXPECT_TRUE(attempts.enter("u9", "2001:db8:0:1::/64", start).open);
}

TEST(Attempts, CountBeginsAnewAfterTheWindow)
{
    Attempts attempts{few()};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(attempts.enter("ann", "g" + std::to_string(i), start).open);
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(attempts.enter("ann", "h" + std::to_string(i), start + 600s).open);
    EXPECT_FALSE(attempts.enter("ann", "h9", start + 600s).open);
}

TEST(Attempts, SuccessForgivesTheNameAndTheAttemptOfTheAddress)
{
    Attempts attempts{few()};
    for (int round = 0; round < 20; ++round) {
        EXPECT_TRUE(attempts.enter("ann", "here", start).open);
        EXPECT_TRUE(attempts.enter_account("ann", "here", start).open);
        attempts.succeeded("ann", "ann", "here", start);
    }
    // Failures of the address stay: one good account is no key to guess others with.
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(attempts.enter("u" + std::to_string(i), "here", start).open);
    attempts.succeeded("ann", "ann", "here", start);
    EXPECT_TRUE(attempts.enter("u7", "here", start).open);
    EXPECT_FALSE(attempts.enter("u8", "here", start).open);
}

TEST(Attempts, WhatNobodyCouldDecideIsAsIfItHadNotBeen)
{
    Attempts attempts{few()};
    for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(attempts.enter("ann", "here", start).open);
        attempts.undecided("ann", {}, "here");
    }
}

// Otherwise anybody could keep somebody out of his mailbox.
TEST(Attempts, StrangersDoNotLockAnAccountForTheAddressItSignsInFrom)
{
    Attempts attempts{few()};
    EXPECT_TRUE(attempts.enter("ann", "home", start).open);
    attempts.succeeded("ann", "ann", "home", start);
    for (int i = 0; i < 10; ++i) {
        (void)attempts.enter("ann", "bot" + std::to_string(i), start);
        (void)attempts.enter_account("ann", "bot" + std::to_string(i), start);
    }
    EXPECT_FALSE(attempts.enter("ann", "cafe", start).open);
    EXPECT_FALSE(attempts.enter_account("ann", "cafe", start).open);
    EXPECT_TRUE(attempts.enter("ann", "home", start).open);
    EXPECT_TRUE(attempts.enter_account("ann", "home", start).open);
}

TEST(Attempts, WaitDoublesUpToItsBound)
{
    Attempts attempts{few()};
    std::vector<std::chrono::milliseconds> waits;
    for (int i = 0; i < 3; ++i) {
        (void)attempts.enter("ann", "g" + std::to_string(i), start);
        waits.push_back(attempts.failed("ann", "g" + std::to_string(i), start));
    }
    EXPECT_EQ(waits, (std::vector<std::chrono::milliseconds>{1s, 2s, 4s}));
    for (int i = 0; i < 5; ++i)
        (void)attempts.enter("x" + std::to_string(i), "same", start);
    EXPECT_EQ(attempts.failed("y", "same", start), 4s);
}

TEST(Attempts, TableStaysWithinItsSizeAndLocksOutliveAFlood)
{
    auto rules = few();
    rules.entries = 100;
    Attempts attempts{rules};
    for (int i = 0; i < 4; ++i)
        (void)attempts.enter("ann", "g" + std::to_string(i), start);
    for (int i = 0; i < 10'000; ++i)
        (void)attempts.enter("u" + std::to_string(i), "a" + std::to_string(i), start);
    EXPECT_LE(attempts.size(), 100U);
    EXPECT_FALSE(attempts.enter("ann", "g9", start).open);
}

TEST(AddressGroup, IsTheAddressOrItsSlash64)
{
    EXPECT_EQ(address_group("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(address_group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(address_group("2001:DB8:1:2::7"), "2001:db8:1:2::/64");
}

}  // namespace
}  // namespace imc::smtp::sasl
