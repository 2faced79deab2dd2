#include "policy/automatic_mail.h"

#include <gtest/gtest.h>

namespace imc::policy {
namespace {

using mail::Automatic;

struct AutomaticMailTest : testing::Test {
    AutomaticMailTest() { config.local_domains = {"contoso.example"}; }

    Automatic kept(const std::string& fields, const std::string& from = "alice@contoso.example",
                   bool null_sender = true)
    {
        const auto message =
            look_at(config, "From: Alice <" + from + ">\r\n" + fields + "\r\n", null_sender);
        return forbidden(config, message, "example.net");
    }
    config::Config config;
};

TEST_F(AutomaticMailTest, NoneOfOurPeoplesProgramsLeavesByDefault)
{
    EXPECT_EQ(kept("Auto-Submitted: auto-replied"), Automatic::reply);
    EXPECT_EQ(kept("Auto-Submitted: auto-replied (vacation)"), Automatic::out_of_office);
    EXPECT_EQ(kept("Autoforwarded: TRUE"), Automatic::forward);
}

TEST_F(AutomaticMailTest, PeopleReportsListsAndNoticesLeave)
{
    EXPECT_EQ(kept("Subject: hello", "alice@contoso.example", false), Automatic::no);
    EXPECT_EQ(kept("Subject: bounce"), Automatic::no);
    EXPECT_EQ(kept("Content-Type: multipart/report\r\nAuto-Submitted: auto-replied"),
              Automatic::no);
    EXPECT_EQ(kept("Auto-Submitted: auto-generated"), Automatic::no);
    EXPECT_EQ(kept("List-Id: <l>\r\nPrecedence: list"), Automatic::no);
    EXPECT_EQ(kept("Autoforwarded: false"), Automatic::no);
}

TEST_F(AutomaticMailTest, WhatOthersSaidIsPassedOn)
{
    EXPECT_EQ(kept("Auto-Submitted: auto-replied", "bob@example.com"), Automatic::no);
}

TEST_F(AutomaticMailTest, EachSortIsAllowedByTheProfileOfTheDomain)
{
    config::DomainProfile profile;
    profile.domain = "example.net";
    profile.allow_oof = true;
    config.profiles = {profile};
    EXPECT_EQ(kept("Auto-Submitted: auto-replied (vacation)"), Automatic::no);
    EXPECT_EQ(kept("Auto-Submitted: auto-replied"), Automatic::reply);
    config.profiles[0].allow_auto_replies = config.profiles[0].allow_auto_forward = true;
    EXPECT_EQ(kept("Auto-Submitted: auto-replied"), Automatic::no);
    EXPECT_EQ(kept("Autoforwarded: TRUE"), Automatic::no);
}

TEST_F(AutomaticMailTest, AlwaysAllowForwardingAllowsForwardsOnly)
{
    config.reports.allow_forwarding = true;
    EXPECT_EQ(kept("Autoforwarded: TRUE"), Automatic::no);
    EXPECT_EQ(kept("Auto-Submitted: auto-replied"), Automatic::reply);
}

}  // namespace
}  // namespace imc::policy
