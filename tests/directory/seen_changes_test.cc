/// Which server has which provider's changes.
#include "directory/seen_changes.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

std::string csn(const std::string& time, const std::string& provider,
                const std::string& count = "000000")
{
    return "20250101" + time + ".000000Z#" + count + "#" + provider + "#000000";
}

SeenChanges changes(const std::vector<std::string>& stamps, const std::string& context = "dc=a")
{
    SeenChanges out;
    for (const auto& one : stamps)
        out.take(context, one);
    return out;
}

TEST(ContextCsn, IsReadAsOpenLdapWritesIt)
{
    const auto read = parse_context_csn("20261124130000.123456Z#00002a#01f#000003");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->provider, 0x1fU);
    EXPECT_EQ(read->stamp.count, 0x2aU);
    EXPECT_EQ(read->stamp.part, 3U);
    EXPECT_EQ(read->stamp.microseconds, 1'795'525'200'123'456U);
    const auto old = parse_context_csn("20261124130000Z#000001#00#000000");  // OpenLDAP 2.3
    ASSERT_TRUE(old);
    EXPECT_EQ(old->stamp.microseconds, 1'795'525'200'000'000U);
}

TEST(ContextCsn, WhatIsNoneIsNone)
{
    for (const char* text :
         {"", "#", "20261124130000Z", "20261124130000Z#000000#000",
          "20261324130000.000000Z#000000#000#000000", "20261124250000.000000Z#000000#000#000000",
          "20261124130000.Z#000000#000#000000", "20261124130000.1234567Z#000000#000#000000",
          "20261124130000.000000#000000#000#000000", "20261124130000.000000Z#00000g#000#000000",
          "20261124130000.000000Z#000000#1000#000000", "20261124130000.000000Z##000#000000",
          "20261124130000.000000Z#000000#-01#000000", "19691124130000.000000Z#000000#000#000000",
          "20261124130000.000000Z#000000#000#000000#", "+0261124130000.000000Z#000000#000#000000"})
        EXPECT_FALSE(parse_context_csn(text)) << text;
}

TEST(SeenChanges, ServerIsAsNewOnlyIfItIsForEachProvider)
{
    const auto seen = changes({csn("120000", "001"), csn("120000", "002")});
    EXPECT_TRUE(seen.has(seen));
    EXPECT_TRUE(changes({csn("130000", "001"), csn("120000", "002")}).has(seen));
    const auto lags = changes({csn("130000", "001"), csn("110000", "002")});
    EXPECT_FALSE(lags.has(seen)) << "it has the newest change of all";
    EXPECT_EQ(lags.missing(seen),
              "provider 002: has " + csn("110000", "002") + ", seen " + csn("120000", "002"));
    EXPECT_EQ(changes({csn("130000", "001")}).missing(seen),
              "provider 002: has nothing, seen " + csn("120000", "002"));
    EXPECT_TRUE(seen.has({})) << "nothing was seen";
    EXPECT_FALSE(SeenChanges{}.has(seen));
}

TEST(SeenChanges, OneMomentIsToldApartByItsCount)
{
    const auto seen = changes({csn("120000", "001", "00000a")});
    EXPECT_FALSE(changes({csn("120000", "001", "000009")}).has(seen));
    EXPECT_TRUE(changes({csn("120000", "001", "00000A")}).has(seen));
}

TEST(SeenChanges, ContextsAreJudgedApart)
{
    const auto seen = changes({csn("120000", "001")}, "dc=a");
    EXPECT_FALSE(changes({csn("130000", "001")}, "dc=b").has(seen));
}

TEST(SeenChanges, OnlyWhatIsNewerIsTaken)
{
    auto seen = changes({csn("120000", "001")});
    EXPECT_FALSE(seen.take(changes({csn("110000", "001"), "no stamp"})));
    EXPECT_TRUE(changes({csn("120000", "001")}).has(seen));
    EXPECT_TRUE(seen.take(changes({csn("110000", "002")}))) << "another provider's";
    EXPECT_FALSE(seen.take(changes({csn("110000", "002")})));
    EXPECT_TRUE(seen.take(changes({csn("110001", "002")})));
}

}  // namespace
}  // namespace imc
