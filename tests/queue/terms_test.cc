#include "queue/terms.h"

#include <gtest/gtest.h>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'700'000'000'000ms};

TEST(Terms, EvidenceIsReadBack)
{
    for (const auto& terms :
         {Terms{}, Terms{.held_until = WallTime::max(), .text = "held=5 text=odd words"},
          Terms{.held_until = noon,
                .expires = noon + 1h,
                .deleted = noon + 2h,
                .action = 17,
                .by = "uid=0",
                .released = true,
                .text = "ticket 4"}}) {
        const auto read = parse_evidence(to_evidence(terms));
        ASSERT_TRUE(read) << to_evidence(terms);
        EXPECT_EQ(*read, terms) << to_evidence(terms);
    }
    EXPECT_EQ(to_evidence({.held_until = noon, .action = 17, .by = "uid=0", .text = "x"}),
              "held=1700000000000 action=17 by=uid=0 text=x");
    EXPECT_EQ(parse_evidence("later=1 held=2 text=")->held_until, WallTime{2ms})
        << "words of later versions are skipped";
}

TEST(Terms, WhatIsNoEvidenceIsNotGuessed)
{
    for (const auto* text :
         {"", "held=1", "held=x text=", "held text=", "=", "held=99999999999999999999 text="})
        EXPECT_FALSE(parse_evidence(text)) << text;
}

TEST(Terms, KeyNamesTheRecipient)
{
    EXPECT_EQ(evidence_key(42), "terms.42");
    EXPECT_EQ(recipient_of_key("terms.42"), 42U);
    for (const auto* key : {"crashes", "terms.", "terms.x", "terms.99999999999"})
        EXPECT_FALSE(recipient_of_key(key)) << key;
}

// deferred-delivery-past-expiry (Q214682): mail that was deferred for longer than the message
// time-out was returned the moment it was released.
TEST(Terms, DeferredDeliveryPastExpiry)
{
    EXPECT_EQ(ends(noon, 48h, nullptr), noon + 48h);
    Terms terms;
    EXPECT_EQ(ends(noon, 48h, &terms), noon + 48h);
    terms.held_until = noon + 24h;
    EXPECT_EQ(ends(noon, 48h, &terms), noon + 48h) << "shorter than the time-out: as ever";
    terms.held_until = noon + 72h;
    EXPECT_EQ(ends(noon, 48h, &terms), noon + 120h) << "all of its time from the release on";
    terms.held_until = WallTime::max();
    EXPECT_EQ(ends(noon, 48h, &terms), WallTime::max());
    terms.expires = noon + 1h;
    EXPECT_EQ(ends(noon, 48h, &terms), noon + 1h) << "an administrator's word comes first";
}

}  // namespace
}  // namespace imc::queue
