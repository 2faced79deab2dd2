/// Warnings about a directory that works.
#include "app/start/directory_checks.h"

#include "directory/recorded.h"
#include "kit/ignorant_directory.h"

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

TEST(DirectoryChecks, ServerThatCannotProveThatSomebodyIsUnknownIsAWarning)
{
    const auto judged = [](EventId says) {
        auto check = check_of({});
        check.directory = std::make_shared<kit::IgnorantDirectory>(says);
        judge_absence(check, after(std::chrono::seconds{10}));
        EXPECT_TRUE(check.verdict.ok());
        EXPECT_EQ(check.verdict.assertions.size(), 1U);
        return check.verdict.assertions.at(0);
    };
    const auto refused = judged(EventId::directory_refused);
    EXPECT_EQ(refused.status, config::Status::warning);
    EXPECT_EQ(refused.event, EventId::absence_not_proven);
    EXPECT_NE(refused.found.find("what is that?"), std::string::npos);
    EXPECT_EQ(judged(EventId{}).status, config::Status::passed);
    EXPECT_EQ(judged(EventId::directory_unreachable).status, config::Status::passed);
    auto own = check_of({});
    judge_absence(own, after(std::chrono::seconds{10}));
    EXPECT_TRUE(own.verdict.assertions.empty()) << "ours knows what it knows";
}

TEST(DirectoryChecks, ServerThatIsBehindSilentOrSlowIsNamedWithWhatIsExpectedOfIt)
{
    using namespace std::chrono_literals;
    const auto judged = [](std::vector<ServerState> states, const char* id) {
        for (auto& a : judge_server_states(states, 200ms))
            if (a.id == id) return a;
        return config::Assertion{"none", EventId{}};
    };
    ServerState fine{"ldap://one"};
    fine.latency = 199ms;
    for (const char* id : {"directory.lag", "directory.latency"}) {
        const auto a = judged({fine}, id);
        EXPECT_EQ(a.status, config::Status::passed) << id;
        EXPECT_EQ(a.where, "ldap://one");
    }
    ServerState behind{"ldap://two"}, silent{"ldap://three"}, slow{"ldap://four"};
    behind.missing = "provider 001: has 1, seen 2";
    silent.silent = Error{EventId::directory_unreachable, "nobody listens"};
    slow.latency = 1234ms;
    const auto lag = judged({fine, behind, silent, slow}, "directory.lag");
    EXPECT_EQ(lag.status, config::Status::warning);
    EXPECT_EQ(lag.event, EventId::directory_wants_mending);
    for (const char* word : {"ldap://two lacks changes: provider 001: has 1, seen 2",
                             "ldap://three does not answer", "nobody listens"})
        EXPECT_NE(lag.found.find(word), std::string::npos) << lag.found;
    EXPECT_EQ(lag.found.find("ldap://one"), std::string::npos) << lag.found;
    EXPECT_FALSE(lag.expected.empty() || lag.fix.empty() || lag.why.empty());
    const auto latency = judged({fine, behind, silent, slow}, "directory.latency");
    EXPECT_EQ(latency.status, config::Status::warning);
    EXPECT_EQ(latency.found, "ldap://four needs 1234 ms for a look-up");
    EXPECT_NE(latency.expected.find("200 ms"), std::string::npos);
    EXPECT_FALSE(latency.fix.empty());
}

// Below the root it may be one naming context of several that is hidden.
TEST(DirectoryChecks, WhereAllOfAServerIsAskedABaseIsAWayOut)
{
    const auto fix_at = [](std::optional<Dn> base) {
        auto check = check_of({});
        check.people.directory =
            std::make_shared<kit::IgnorantDirectory>(EventId::directory_refused);
        check.people.base = std::move(base);
        judge_absence(check, after(std::chrono::seconds{10}));
        return check.verdict.assertions.at(0).fix;
    };
    EXPECT_NE(fix_at(Dn{}).find("-v RecipientBase"), std::string::npos) << fix_at(Dn{});
    EXPECT_EQ(fix_at(*Dn::parse("o=Contoso")).find("-v RecipientBase"), std::string::npos);
}

}  // namespace
}  // namespace imc::app
