/// What Active Directory writes of a long attribute, read; and what only looks like it, not.
#include "directory/value_range.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

TEST(RangedName, IsReadAsActiveDirectoryWritesIt)
{
    const auto part = parse_ranged_name("member;range=1500-2999");
    ASSERT_TRUE(part && *part);
    EXPECT_EQ((*part)->attribute, "member");
    EXPECT_EQ((*part)->first, 1500U);
    EXPECT_EQ((*part)->last, 2999U);
    const auto rest = parse_ranged_name("Member;RANGE=3000-*");
    ASSERT_TRUE(rest && *rest);
    EXPECT_EQ((*rest)->first, 3000U);
    EXPECT_FALSE((*rest)->last);
    EXPECT_EQ(ranged_name("member", 1500), "member;range=1500-*");
}

TEST(RangedName, OtherOptionsAreNoRange)
{
    for (const char* whole : {"", "member", "member;lang-de", "range=0-1", "memberrange=0-1;x"}) {
        const auto read = parse_ranged_name(whole);
        ASSERT_TRUE(read) << whole;
        EXPECT_FALSE(*read) << whole;
    }
}

TEST(RangedName, RangeThatCannotBeReadIsNoWhole)
{
    for (const char* flawed :
         {"member;range=", "member;range=0", "member;range=-", "member;range=0-", "member;range=-5",
          "member;range=5-4", "member;range=*-5", "member;range=0-1x", "member;range=0--1",
          "member;range=0-99999999999999999999", "member;range=9999999999999-*",
          "member;range=0-1;lang-de", "member;lang-de;range=0-1", "member;range=0-1;range=2-3"})
        EXPECT_FALSE(parse_ranged_name(flawed)) << flawed;
}

TEST(ValueRange, PartSaysWhereTheNextBegins)
{
    const Attributes staff{{"member", {}},
                           {"member;range=0-1", {"cn=a", "cn=b"}},
                           {"memberUid", {"x"}},
                           {"uSNChanged", {"4711"}}};
    const auto part = range_of(staff, "member");
    ASSERT_TRUE(part && *part);
    EXPECT_EQ((*part)->values, (std::vector<std::string>{"cn=a", "cn=b"}));
    EXPECT_EQ((*part)->next, 2U);
    EXPECT_EQ((*part)->mark, "4711");

    const auto last = range_of({{"member;range=2-*", {"cn=c"}}}, "MEMBER", 2);
    ASSERT_TRUE(last && *last);
    EXPECT_FALSE((*last)->next);
    const auto whole = range_of({{"member", {"cn=a"}}}, "member");
    ASSERT_TRUE(whole);
    EXPECT_FALSE(*whole);
}

TEST(ValueRange, WhatDoesNotAddUpIsNoAnswer)
{
    EXPECT_FALSE(range_of({{"member;range=0-2", {"cn=a", "cn=b"}}}, "member")) << "one is missing";
    EXPECT_FALSE(range_of({{"member;range=0-1", {"cn=a", "cn=b"}}}, "member", 2)) << "not asked";
    EXPECT_FALSE(
        range_of({{"member;range=0-0", {"cn=a"}}, {"member;range=1-1", {"cn=b"}}}, "member"))
        << "two";
    EXPECT_FALSE(range_of({{"member;range=x", {"cn=a"}}}, "member"));
}

TEST(ValueRange, AttributesThatCameInPartAreNamed)
{
    constexpr std::string_view rules[] = {"authOrig", "unauthOrig"};
    Entry boss{Dn{}, {{"authOrig", {}}, {"member;range=0-0", {"cn=a"}}, {"cn;lang-de", {"Chef"}}}};
    EXPECT_EQ(first_in_part(boss, rules), "");
    boss.attributes["authorig;range=0-0"] = {"cn=a"};
    EXPECT_EQ(first_in_part(boss, rules), "authOrig");
    boss.attributes.erase("authorig;range=0-0");
    boss.attributes["unauthOrig;range=?"] = {};
    EXPECT_EQ(first_in_part(boss, rules), "unauthOrig");
}

}  // namespace
}  // namespace imc
