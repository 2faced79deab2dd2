#include "transfer/restriction.h"

#include "people.h"
#include "transfer/senders.h"

#include <gtest/gtest.h>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

/// Does not know an attribute, and finds nobody by it.
class Puzzled final : public Directory {
public:
    Puzzled(std::vector<Entry> known, std::string attribute)
        : entries{std::move(known)}, unknown_{"(" + attribute + "="}
    {}
    std::string description() const override { return "puzzled"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        return now()->read(dn, deadline);
    }
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override
    {
        return now()->search(base, scope, filter, deadline, limit);
    }
    Result<> understands(const Dn&, std::string_view filter, Deadline) override
    {
        if (filter.find(unknown_) == filter.npos) return {};
        return Error{EventId::directory_refused, "unknown"};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

    std::vector<Entry> entries;

private:
    std::unique_ptr<Directory> now() const { return recorded_directory(entries, "people"); }
    std::string unknown_;
};

class Restricting : public testing::Test {
protected:
    /// The rule that refuses `sender`; empty: none does.
    std::string refused(const std::string& sender, bool signed_in = false)
    {
        const auto rules = restrictions_of(object_);
        if (!rules) return {};
        auto people = std::make_shared<Tired>(entries_);
        people->answers = answers_;
        Senders senders{people, *Dn::parse("o=Contoso")};
        const auto who = senders.by_address(sender, signed_in, after(10s));
        if (std::holds_alternative<CannotSay>(who)) return "cannot say";
        if (undecided(*rules, std::get<Sender>(who))) return "cannot say";
        const auto refusal = judge(*rules, std::get<Sender>(who));
        if (!refusal) return {};
        return refusal->rule.substr(0, refusal->rule.find(' '));
    }
    void name(const std::string& attribute, const std::string& who)
    {
        object_.attributes[attribute].push_back(name_of(who));
    }

    std::vector<Entry> entries_{person("alice"), person("bob"), list_of("sales", {"bob"}),
                                list_of("all", {"sales", "all"})};
    Entry object_ = person("boss");
    int answers_ = 1000;
};

TEST_F(Restricting, WhoSaysNothingTakesMailFromEverybody)
{
    EXPECT_EQ(restrictions_of(object_), nullptr);
    EXPECT_EQ(refused("stranger@example.net"), "");
}

TEST_F(Restricting, OnlyThoseOfAuthOrigMaySend)
{
    name("authOrig", "alice");
    EXPECT_EQ(refused("alice@contoso.example"), "");
    EXPECT_EQ(refused("ALICE@Contoso.Example"), "");
    EXPECT_EQ(refused("bob@contoso.example"), "authOrig");
    EXPECT_EQ(refused("stranger@example.net"), "authOrig");
}

// ambiguous-sender-resolvep2 (Q192583, Q201904): mail whose sender two objects have was kept back.
TEST_F(Restricting, SenderThatTwoObjectsHaveIsEachOfThem)
{
    entries_.push_back(person("twin", "alice@contoso.example"));
    EXPECT_EQ(refused("alice@contoso.example"), "");
    name("authOrig", "alice");
    EXPECT_EQ(refused("alice@contoso.example"), "");
    name("unauthOrig", "twin");
    EXPECT_EQ(refused("alice@contoso.example"), "unauthOrig");
}

TEST_F(Restricting, ListThatIsNamedStandsForAllOnItAtAnyDepth)
{
    name("authOrig", "all");
    EXPECT_EQ(refused("bob@contoso.example"), "") << "bob is on sales, which is on all";
    EXPECT_EQ(refused("alice@contoso.example"), "authOrig");
}

TEST_F(Restricting, RefusalIsCloserThanAPermission)
{
    name("authOrig", "all");
    name("unauthOrig", "sales");
    EXPECT_EQ(refused("bob@contoso.example"), "unauthOrig");
    object_.attributes.erase("authOrig");
    EXPECT_EQ(refused("bob@contoso.example"), "unauthOrig");
    EXPECT_EQ(refused("stranger@example.net"), "") << "only those of sales are kept out";
}

// A sender's address is a claim; only a log-on is more.
TEST_F(Restricting, ImcAuthOnlyKeepsOutWhoHasNotSignedIn)
{
    object_.attributes["imcAuthOnly"] = {"TRUE"};
    EXPECT_EQ(refused("alice@contoso.example"), "imcAuthOnly");
    EXPECT_EQ(refused("alice@contoso.example", true), "");
    object_.attributes["imcAuthOnly"] = {"FALSE"};
    EXPECT_EQ(refused("alice@contoso.example"), "");
}

// A target may be written without its type, for the way as well as for the sender.
TEST_F(Restricting, ContactIsKnownByATargetWithoutAType)
{
    auto carol = person("carol");
    carol.attributes["objectClass"] = {"imcContact"};
    for (const char* target : {"SMTP:Carol@partner.example", "carol@partner.example"}) {
        carol.attributes["targetAddress"] = {target};
        entries_.push_back(carol);
        object_.attributes["authOrig"] = {name_of("carol")};
        EXPECT_EQ(refused("carol@partner.example"), "") << target;
        EXPECT_EQ(refused("dora@partner.example"), "authOrig") << target;
        entries_.pop_back();
    }
}

// Q154542: the page of the connector is about senders of what leaves.
class SendingOut : public Restricting {
protected:
    SendingOut()
    {
        config_.connector = *Dn::parse("cn=IMC,o=Contoso");
        entries_.push_back(person("eve"));
    }
    void named(std::vector<config::OutboundSenders::Named>& into, const std::string& who)
    {
        into.push_back({name_of(who), dn_of(who).normalized()});
    }
    /// "imcOutboundReject of cn=IMC,o=Contoso"; empty: it leaves.
    std::string stopped(const std::string& sender)
    {
        const auto rules = with_outbound(restrictions_of(object_), config_);
        if (!rules) return {};
        EXPECT_TRUE(rules->of_senders());
        Senders senders{std::make_shared<Tired>(entries_), *Dn::parse("o=Contoso")};
        const auto found = senders.by_address(sender, false, after(10s));
        const auto& who = std::get<Sender>(found);
        if (undecided(*rules, who)) return "cannot say";
        const auto no = judge(*rules, who);
        if (!no) admitted_ = admitted_by(*rules, who);
        return no ? no->rule : "";
    }

    config::Config config_;
    std::string admitted_;
};

TEST_F(SendingOut, NobodyIsAskedWhereTheConnectorSaysNothing)
{
    EXPECT_EQ(with_outbound(nullptr, config_), nullptr);
    const auto rules = restrictions_of(object_);
    EXPECT_EQ(with_outbound(rules, config_), rules);
}

TEST_F(SendingOut, ConnectorsRulesAreThoseOfRecipientsUnderOtherNames)
{
    named(config_.outbound.reject, "sales");
    EXPECT_EQ(stopped("bob@contoso.example"), "imcOutboundReject of cn=IMC,o=Contoso");
    EXPECT_EQ(stopped("alice@contoso.example"), "");
    EXPECT_EQ(admitted_, "imcOutboundReject, which does not name it");
    EXPECT_EQ(stopped(""), "") << "reports leave";
    named(config_.outbound.accept, "alice");
    EXPECT_EQ(stopped("alice@contoso.example"), "");
    EXPECT_EQ(admitted_, "imcOutboundAccept " + name_of("alice"));
    EXPECT_EQ(stopped("eve@contoso.example"), "imcOutboundAccept of cn=IMC,o=Contoso");
    EXPECT_EQ(stopped("stranger@example.net"), "imcOutboundAccept of cn=IMC,o=Contoso");
}

TEST_F(SendingOut, WhatTheRecipientSaysIsAskedFirstAndBothCount)
{
    named(config_.outbound.reject, "eve");
    name("authOrig", "eve");
    name("authOrig", "alice");
    EXPECT_EQ(stopped("bob@contoso.example"), "authOrig of " + name_of("boss"));
    EXPECT_EQ(stopped("eve@contoso.example"), "imcOutboundReject of cn=IMC,o=Contoso");
    EXPECT_EQ(stopped("alice@contoso.example"), "");
}

TEST_F(SendingOut, DoubtAboutAListOfTheConnectorIsNoAnswer)
{
    named(config_.outbound.reject, "sales");
    const auto rules = with_outbound(nullptr, config_);
    Sender sender{"ann@example.net"};
    EXPECT_FALSE(undecided(*rules, sender));
    sender.doubts.emplace(dn_of("sales").normalized(), "not indexed");
    EXPECT_TRUE(undecided(*rules, sender));
    sender.names.insert(dn_of("sales").normalized());
    EXPECT_FALSE(undecided(*rules, sender)) << "she is on it for sure";
}

TEST_F(Restricting, ReportsGoToEverybodyButLists)
{
    name("authOrig", "alice");
    object_.attributes["imcAuthOnly"] = {"TRUE"};
    EXPECT_EQ(refused(""), "");
    object_.attributes["objectClass"] = {"imcList"};
    EXPECT_EQ(refused(""), "imcAuthOnly");
    object_.attributes.erase("imcAuthOnly");
    EXPECT_EQ(refused(""), "authOrig");
}

TEST_F(Restricting, ContactIsKnownByWhereItsMailGoes)
{
    auto contact = person("carol");
    contact.attributes["objectClass"] = {"imcContact"};
    contact.attributes["targetAddress"] = {"SMTP:carol@partner.example"};
    entries_.push_back(contact);
    name("authOrig", "carol");
    EXPECT_EQ(refused("carol@partner.example"), "");
    EXPECT_EQ(refused("other@partner.example"), "authOrig");
}

TEST_F(Restricting, DirectoryThatFallsSilentRefusesNobody)
{
    name("authOrig", "all");
    for (answers_ = 0; answers_ < 5; ++answers_)
        EXPECT_EQ(refused("bob@contoso.example"), "cannot say") << answers_;
    EXPECT_EQ(refused("bob@contoso.example"), "");
}

Entry found_by(const std::string& name, const std::vector<std::string>& urls)
{
    auto out = list_of(name, {});
    out.attributes["imcMemberURL"] = urls;
    return out;
}

TEST_F(Restricting, ListWhoseMembersASearchFindsStandsForThem)
{
    entries_.push_back(found_by("b-people", {"ldap:///o=Contoso??sub?(uid=b*)"}));
    entries_.push_back(list_of("outer", {"b-people"}));
    name("authOrig", "b-people");
    EXPECT_EQ(refused("bob@contoso.example"), "");
    EXPECT_EQ(refused("alice@contoso.example"), "authOrig");
    EXPECT_EQ(refused("stranger@example.net"), "authOrig");
    object_.attributes.erase("authOrig");
    name("unauthOrig", "outer");
    EXPECT_EQ(refused("bob@contoso.example"), "unauthOrig") << "through a list that names it";
    EXPECT_EQ(refused("alice@contoso.example"), "");
}

TEST_F(Restricting, SearchMayFindListsTheSenderIsOn)
{
    entries_.push_back(found_by("of-lists", {"ldap:///o=Contoso??one?(cn=sales)"}));
    name("authOrig", "of-lists");
    EXPECT_EQ(refused("bob@contoso.example"), "") << "bob is on sales";
    EXPECT_EQ(refused("alice@contoso.example"), "authOrig");
}

TEST_F(Restricting, BaseAndScopeOfTheSearchCount)
{
    entries_.push_back(
        found_by("elsewhere", {"ldap:///o=Fabrikam??sub?(uid=*)", "ldap:///o=Contoso??base?(uid=*)",
                               "ldap:///o=Contoso??sub?(uid=", "http://x"}));
    name("authOrig", "elsewhere");
    EXPECT_EQ(refused("bob@contoso.example"), "authOrig");
    entries_.push_back(found_by("only-alice", {"ldap:///" + name_of("alice") + "??base?(uid=*)"}));
    name("authOrig", "only-alice");
    EXPECT_EQ(refused("alice@contoso.example"), "");
    EXPECT_EQ(refused("bob@contoso.example"), "authOrig");
}

TEST_F(Restricting, ListOfWhichNobodyCanSayHoldsUpOnlyWhomItDecides)
{
    auto people = std::make_shared<Puzzled>(entries_, "room");
    people->entries.push_back(found_by("by-room", {"ldap:///o=Contoso??sub?(room=1)"}));
    people->entries.push_back(list_of("outer", {"by-room"}));
    Senders senders{people, *Dn::parse("o=Contoso")};
    const auto found = senders.by_address("bob@contoso.example", false, after(10s));
    const auto& bob = std::get<Sender>(found);
    const auto is_undecided = [&](const std::string& attribute, std::vector<std::string> names) {
        auto object = person("boss");
        for (const auto& one : names)
            object.attributes[attribute].push_back(name_of(one));
        return undecided(*restrictions_of(object), bob).has_value();
    };
    EXPECT_TRUE(is_undecided("authOrig", {"by-room"}));
    EXPECT_TRUE(is_undecided("unauthOrig", {"outer"})) << "it names the one in doubt";
    EXPECT_FALSE(is_undecided("authOrig", {"by-room", "sales"})) << "bob is on sales";
    EXPECT_FALSE(is_undecided("unauthOrig", {"sales"}));
    EXPECT_TRUE(is_undecided("unauthOrig", {"by-room"}));
}

TEST_F(Restricting, WhoSendsIsLookedUpOnceAMinute)
{
    auto people = std::make_shared<Tired>(entries_);
    Senders senders{people, *Dn::parse("o=Contoso")};
    (void)senders.by_address("bob@contoso.example", false, after(10s));
    const int asked = people->asked;
    EXPECT_GT(asked, 0);
    const auto again = senders.by_address("Bob@contoso.example", true, after(10s));
    EXPECT_EQ(people->asked, asked);
    EXPECT_TRUE(std::get<Sender>(again).signed_in) << "that is not remembered of another session";
    for (std::size_t i = 0; i < Senders::remembered; ++i)
        (void)senders.by_address("x" + std::to_string(i) + "@example.net", false, after(10s));
    const int before = people->asked;
    (void)senders.by_address("bob@contoso.example", false, after(10s));
    EXPECT_GT(people->asked, before) << "the oldest is forgotten";
}

/// Does not know an attribute any more, or never did.
class Forgetful final : public Directory {
public:
    explicit Forgetful(std::vector<Entry> entries)
        : known_{recorded_directory(std::move(entries), "people")}
    {}
    std::string description() const override { return "people"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        return known_->read(dn, deadline);
    }
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override
    {
        return known_->search(base, scope, filter, deadline, limit);
    }
    Result<> understands(const Dn&, std::string_view filter, Deadline) override
    {
        ++asked;
        if (forgotten.empty() || filter.find("(" + forgotten + "=") == filter.npos) return {};
        return Error{EventId::directory_refused, "does not know " + forgotten};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

    std::string forgotten;
    int asked = 0;

private:
    std::unique_ptr<Directory> known_;
};

TEST_F(Restricting, WhoIsOnNoListIsSoByEachAttributeThatNamesMembers)
{
    const auto people = std::make_shared<Forgetful>(std::vector{person("dora")});
    Senders senders{people, *Dn::parse("o=Contoso")};
    const auto is_known = [&](const std::string& name) {
        return std::holds_alternative<Sender>(
            senders.by_address(name + "@contoso.example", false, after(10s)));
    };
    for (const char* name : {"member", "uniqueMember"}) {
        people->forgotten = name;
        EXPECT_FALSE(is_known("dora")) << name;
    }
    people->forgotten = "proxyAddresses";
    EXPECT_FALSE(is_known("nobody")) << "he could be somebody";
    people->forgotten.clear();
    EXPECT_TRUE(is_known("dora"));
}

TEST_F(Restricting, ServerThatNeverKnewNamesOfUnixHasNoSuchListAndOneThatForgotThemCannotSay)
{
    const auto people =
        std::make_shared<Forgetful>(std::vector{person("dora"), person("emil"), person("fred")});
    Senders senders{people, *Dn::parse("o=Contoso")};
    const auto is_known = [&](const std::string& name) {
        return std::holds_alternative<Sender>(
            senders.by_address(name + "@contoso.example", false, after(10s)));
    };
    people->forgotten = "memberUid";
    EXPECT_TRUE(is_known("dora"));
    people->forgotten.clear();
    EXPECT_TRUE(is_known("emil"));
    people->forgotten = "memberUid";
    EXPECT_FALSE(is_known("fred"));
}

// He may be on another one by his uid, which alone lets him in.
TEST_F(Restricting, WhoIsOnAListByNameIsNotJudgedWhereUidsOfMembersAreForgotten)
{
    const auto people = std::make_shared<Forgetful>(
        std::vector{person("dora"), person("emil"), list_of("some", {"emil"})});
    Senders senders{people, *Dn::parse("o=Contoso")};
    const auto is_known = [&](const std::string& name) {
        return std::holds_alternative<Sender>(
            senders.by_address(name + "@contoso.example", false, after(10s)));
    };
    EXPECT_TRUE(is_known("dora"));
    people->forgotten = "memberUid";
    EXPECT_FALSE(is_known("emil"));
    people->forgotten.clear();
    EXPECT_TRUE(is_known("emil"));
}

TEST_F(Restricting, StrangerIsProvenToBeOneByOneQuestion)
{
    const auto people = std::make_shared<Forgetful>(std::vector<Entry>{});
    Senders senders{people, *Dn::parse("o=Contoso")};
    (void)senders.by_address("ann@example.net", false, after(10s));
    EXPECT_EQ(people->asked, 1);
}

TEST_F(Restricting, SizesAreReadInKib)
{
    object_.attributes["imcMaxReceiveKB"] = {"10"};
    EXPECT_EQ(restrictions_of(object_)->octets, 10'240U);
    EXPECT_FALSE(restrictions_of(object_)->of_senders());
    entries_[1].attributes["imcMaxSendKB"] = {"20"};
    Senders senders{std::make_shared<Tired>(entries_), *Dn::parse("o=Contoso")};
    const auto bob = senders.by_address("bob@contoso.example", true, after(10s));
    EXPECT_EQ(std::get<Sender>(bob).octets, 20'480U);
    EXPECT_EQ(std::get<Sender>(bob).object, name_of("bob"));
}

}  // namespace
}  // namespace imc::transfer
