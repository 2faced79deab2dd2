/// Warnings about a directory that works.
#include "app/start/directory_checks.h"

#include "directory/recorded.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

Entry mailbox(const std::string& name, Attributes more)
{
    more["mailNickname"] = {"ann"};
    return {Dn::parse_rfc4514("cn=" + name + ",o=Contoso").value(), std::move(more)};
}

StartCheck check_of(std::vector<Entry> people)
{
    auto config = std::make_shared<config::Config>();
    config->organization = Dn::parse_rfc4514("o=Contoso").value();
    StartCheck check;
    check.config = std::move(config);
    check.directory = recorded_directory(std::move(people), "people");
    return check;
}

// A start must not be refused because two people are called alike.
TEST(DirectoryChecks, WhatWantsMendingIsAWarningWithWhatMendsIt)
{
    auto check =
        check_of({mailbox("a", {{"altRecipient", {"cn=gone,o=Contoso"}}}), mailbox("b", {})});
    judge_directory_health(Paths{"/nowhere"}, check, after(std::chrono::seconds{10}));
    EXPECT_TRUE(check.verdict.ok());
    for (const char* id : {"directory.duplicates", "directory.references"}) {
        const auto* a = check.verdict.find(id);
        ASSERT_NE(a, nullptr) << id;
        EXPECT_EQ(a->status, config::Status::warning) << id;
        EXPECT_EQ(a->event, EventId::directory_wants_mending) << id;
        EXPECT_NE(a->fix.find("imc dir modify"), std::string::npos) << a->fix;
    }
    EXPECT_NE(check.verdict.find("directory.duplicates")->found.find("cn=b"), std::string::npos);
    EXPECT_NE(check.verdict.find("directory.references")->found.find("cn=gone"), std::string::npos);
}

TEST(DirectoryChecks, DirectoryThatCannotBeAskedIsNotJudged)
{
    auto check = check_of({});
    check.directory =
        silent_directory("people", Error{EventId::directory_unreachable, "no answer"});
    judge_directory_health(Paths{"/nowhere"}, check, after(std::chrono::seconds{10}));
    EXPECT_TRUE(check.verdict.ok());
    EXPECT_NE(check.verdict.find("directory.duplicates")->why.find("not looked at"),
              std::string::npos);
    check.verdict = {};
    check.unreachable = true;
    judge_directory_health(Paths{"/nowhere"}, check, after(std::chrono::seconds{10}));
    EXPECT_TRUE(check.verdict.assertions.empty());
}

}  // namespace
}  // namespace imc::app
