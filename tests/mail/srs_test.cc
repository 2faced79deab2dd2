#include "mail/srs.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

constexpr WallTime today{std::chrono::milliseconds{1'795'000'000'000}};
constexpr std::chrono::hours day{24};
const Srs ours{"our key"}, theirs{"another key"};

std::string local_of(const std::optional<std::string>& address)
{
    return address ? address->substr(0, address->rfind('@')) : "";
}

TEST(Srs, SenderComesBackFromItsRewrittenForm)
{
    const auto out = ours.forward("ann@example.net", "contoso.example", today);
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->starts_with("SRS0=") && out->ends_with("=example.net=ann@contoso.example"))
        << *out;
    EXPECT_EQ(ours.reverse(local_of(out), today), "ann@example.net");
    EXPECT_EQ(ours.reverse(local_of(out), today + 20 * day), "ann@example.net");
}

TEST(Srs, LocalPartsWithSignsOfTheSchemeComeBackToo)
{
    for (const char* sender : {"a=b=c@example.net", "=x@example.net", "a+b-c@example.net"})
        EXPECT_EQ(ours.reverse(local_of(ours.forward(sender, "contoso.example", today)), today),
                  sender);
}

TEST(Srs, WhatWeHaveNotMadeIsNobodysAddress)
{
    const auto out = local_of(ours.forward("ann@example.net", "contoso.example", today));
    EXPECT_FALSE(theirs.reverse(out, today));
    EXPECT_FALSE(Srs{""}.reverse(out, today));
    auto other = out;
    other.replace(other.find("=ann"), 4, "=eve");
    EXPECT_FALSE(ours.reverse(other, today)) << "the hash is of the whole";
    for (const char* text : {"SRS0", "SRS0=", "SRS0==", "SRS0=aaaaaaaa=aa=example.net=x",
                             "srs1=a=b", "SRS1=aaaaaaaa=x==y", "ann", ""})
        EXPECT_FALSE(ours.reverse(text, today)) << text;
}

TEST(Srs, AddressIsOfNoUseAfterThreeWeeks)
{
    const auto out = local_of(ours.forward("ann@example.net", "contoso.example", today));
    EXPECT_TRUE(ours.reverse(out, today + Srs::days_valid * day));
    EXPECT_FALSE(ours.reverse(out, today + (Srs::days_valid + 1) * day));
    EXPECT_TRUE(ours.reverse(out, today - day)) << "a clock behind";
    EXPECT_FALSE(ours.reverse(out, today - 3 * day));
}

TEST(Srs, LetterCaseThatARelayFoldsIsNoForgery)
{
    auto out = local_of(ours.forward("Ann@example.net", "contoso.example", today));
    for (auto& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    EXPECT_EQ(ours.reverse(out, today), "ann@example.net");
}

// However many forwarders there are, the address does not grow, and the first one is told.
TEST(Srs, SecondForwarderNamesTheFirst)
{
    const auto first = theirs.forward("ann@example.net", "first.example", today);
    ASSERT_TRUE(first);
    const Srs third_party{"third"};
    const auto second = ours.forward(*first, "b.example", today);
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->starts_with("SRS1=")) << *second;
    EXPECT_EQ(ours.reverse(local_of(second), today), first);
    const auto third = third_party.forward(*second, "third.example", today);
    ASSERT_TRUE(third);
    EXPECT_EQ(local_of(third).size(), local_of(second).size());
    EXPECT_EQ(third_party.reverse(local_of(third), today), first) << "not over the second";
}

TEST(Srs, WhatDoesNotFitStaysAsItIs)
{
    EXPECT_FALSE(ours.forward(std::string(60, 'x') + "@example.net", "contoso.example", today));
    EXPECT_FALSE(ours.forward("", "contoso.example", today));
    EXPECT_FALSE(ours.forward("postmaster", "contoso.example", today));
    EXPECT_FALSE(Srs{""}.forward("ann@example.net", "contoso.example", today));
}

}  // namespace
}  // namespace imc::mail
