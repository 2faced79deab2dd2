#include "transfer/sole_alias.h"

#include "people.h"
#include "transfer/resolver.h"

#include <gtest/gtest.h>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

class Twins : public testing::Test {
protected:
    Twins()
    {
        config_->local_domains = {"contoso.example"};
        config_->organization = *Dn::parse("o=Contoso");
        config_->paths = Paths{"/nowhere"};
    }
    /// A second object of alice's alias.
    Entry& twin()
    {
        auto& out = entries_.emplace_back(person("twin"));
        out.attributes["mailNickname"] = {"alice"};
        return out;
    }
    std::string rcpt(const std::string& name)
    {
        const RecipientResolver resolver{config_, std::make_shared<Tired>(entries_)};
        evidence_.clear();
        Request request;
        const auto address = name + "@contoso.example";
        request.recipient = address;
        const auto found = resolver.resolve(request, after(10s), &evidence_);
        if (const auto* route = std::get_if<Route>(&found)) return route->key;
        if (const auto* refused = std::get_if<Refused>(&found)) {
            EXPECT_EQ(refused->event, EventId::maildir_shared);
            return std::to_string(refused->code) + " " + refused->status;
        }
        return std::holds_alternative<CannotSay>(found) ? "cannot say" : "something else";
    }

    std::shared_ptr<config::Config> config_ = std::make_shared<config::Config>();
    std::vector<Entry> entries_{person("alice"), person("bob")};
    Evidence evidence_;
};

TEST_F(Twins, OfOneAliasGetNoMailIntoOneFolder)
{
    EXPECT_EQ(rcpt("alice"), "maildir:alice");
    twin();
    EXPECT_EQ(rcpt("alice"), "451 4.2.0");
    EXPECT_EQ(rcpt("twin"), "451 4.2.0");
    EXPECT_EQ(rcpt("bob"), "maildir:bob") << "the others are not concerned";
    ASSERT_FALSE(evidence_.empty());
    EXPECT_EQ(rcpt("twin"), "451 4.2.0");
    EXPECT_EQ(evidence_.back().step, "folder");
    EXPECT_NE(evidence_.back().finding.find(name_of("alice")), std::string::npos);
}

TEST_F(Twins, WithFoldersOfTheirOwnAreTwoPeople)
{
    twin().attributes["homeMDB"] = {"maildir:/srv/twin"};
    EXPECT_EQ(rcpt("alice"), "maildir:alice");
    EXPECT_EQ(rcpt("twin"), "maildir:/srv/twin");
}

TEST_F(Twins, ThatAreNoMailboxesHaveNoFolder)
{
    twin().attributes["objectClass"] = {"imcList"};
    EXPECT_EQ(rcpt("alice"), "maildir:alice");
    auto& contact = twin();
    contact.attributes["objectClass"] = {"imcContact"};
    contact.attributes["targetAddress"] = {"SMTP:x@example.net"};
    EXPECT_EQ(rcpt("alice"), "maildir:alice");
}

TEST_F(Twins, WhoGetNoMailFillNoFolder)
{
    twin().attributes.erase("proxyAddresses");
    EXPECT_EQ(rcpt("alice"), "maildir:alice");
    twin().attributes["altRecipient"] = {name_of("bob")};
    EXPECT_EQ(rcpt("alice"), "maildir:alice");
    entries_.back().attributes["deliverAndRedirect"] = {"TRUE"};
    EXPECT_EQ(rcpt("alice"), "451 4.2.0");
}

TEST_F(Twins, WhoseAliasDiffersInCaseHaveTwoFolders)
{
    twin().attributes["mailNickname"] = {"ALICE"};
    EXPECT_EQ(rcpt("alice"), "maildir:alice");
    EXPECT_EQ(rcpt("twin"), "maildir:ALICE");
}

TEST_F(Twins, AreNoConcernOfAnLmtpServer)
{
    twin();
    config_->lmtp = "lmtp:127.0.0.1:24";
    EXPECT_EQ(rcpt("alice"), "lmtp:[127.0.0.1]:24");
}

TEST_F(Twins, OfWhomTheDirectoryCannotTellWait)
{
    const auto people = std::make_shared<Tired>(entries_);
    SoleAlias aliases{people, config_->organization};
    const Route route{ToMaildir{"/nowhere/mail/alice/Maildir"}, "maildir:alice", "", ""};
    people->answers = 0;
    EXPECT_TRUE(std::holds_alternative<CannotSay>(
        aliases.sharers(*config_, entries_[0], route, after(10s))));
    people->answers = 1000;
    EXPECT_TRUE(std::get<std::vector<std::string>>(
                    aliases.sharers(*config_, entries_[0], route, after(10s)))
                    .empty());
    const int asked = people->asked;
    (void)aliases.sharers(*config_, entries_[0], route, after(10s));
    EXPECT_EQ(people->asked, asked) << "remembered while the directory does not change";
    people->answers = 0;
    EXPECT_TRUE(std::holds_alternative<CannotSay>(
        aliases.sharers(*config_, entries_[1], route, after(10s))))
        << "not his";
    people->answers = 1000;
    EXPECT_TRUE(std::holds_alternative<CannotSay>(
        aliases.sharers(*config_, person("carol"), route, after(10s))))
        << "whom it does not find by his alias";
}

// Forgetting everybody at once would ask the directory for all of them again, in one go.
TEST(SoleAliasMemory, WhenItIsFullTheOneThatGotNoMailForTheLongestTimeIsForgotten)
{
    config::Config config;
    config.local_domains = {"contoso.example"};
    config.organization = *Dn::parse("o=Contoso");
    const std::vector<Entry> entries{person("a"), person("b"), person("c"), person("d")};
    const auto people = std::make_shared<Tired>(entries);
    SoleAlias aliases{people, config.organization, 3};
    const auto questions = [&](std::size_t who) {
        const auto alias = std::string{entries[who].first("mailNickname")};
        const Route route{ToMaildir{"/nowhere/mail/" + alias + "/Maildir"}, "maildir:" + alias, "",
                          ""};
        const int before = people->asked;
        const auto others = aliases.sharers(config, entries[who], route, after(10s), 1);
        EXPECT_TRUE(std::get<std::vector<std::string>>(others).empty());
        return people->asked - before;
    };
    for (const std::size_t who : {0U, 1U, 2U})
        EXPECT_EQ(questions(who), 1) << who;
    EXPECT_EQ(questions(0), 0) << "remembered, and used again";
    EXPECT_EQ(questions(3), 1) << "in place of b";
    for (const std::size_t who : {0U, 2U, 3U})
        EXPECT_EQ(questions(who), 0) << who;
    EXPECT_EQ(questions(1), 1);
}

}  // namespace
}  // namespace imc::transfer
