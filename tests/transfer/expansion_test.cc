#include "transfer/expansion.h"

#include "people.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

class Lists : public testing::Test {
protected:
    /// "alice bob", or why there are none.
    std::string members(const std::string& list, std::size_t most = 100)
    {
        const auto people = std::make_shared<Tired>(entries_);
        people->answers = answers_;
        Expansion walk{people, *Dn::parse("o=Contoso"), limits_, sender_,
                       std::make_shared<SeenMembers>()};
        if (const auto why = walk.open(dn_of(list))) return "cannot say";
        std::vector<std::string> all;
        portions_.clear();
        for (bool last = false; !last;) {
            auto step = walk.next(most, after(60s));
            if (std::holds_alternative<CannotSay>(step)) return "cannot say";
            if (const auto* large = std::get_if<Expansion::TooLarge>(&step))
                return "too large: " + large->why;
            auto& portion = std::get<Expansion::Portion>(step);
            portions_.push_back(portion.addresses.size());
            for (const auto& address : portion.addresses)
                all.push_back(address.ends_with("@contoso.example")
                                  ? address.substr(0, address.find('@'))
                                  : address);
            last = portion.last;
        }
        facts_ = walk.facts();
        std::ranges::sort(all);
        std::string out;
        for (const auto& each : all)
            out += (out.empty() ? "" : " ") + each;
        return out;
    }

    std::vector<Entry> entries_{person("alice"), person("bob"), person("carol"), person("dave")};
    ExpansionLimits limits_;
    Sender sender_;
    int answers_ = 1'000'000;
    std::vector<std::size_t> portions_;
    Expansion::Facts facts_;
};

// Q143375: two lists were two copies.
TEST_F(Lists, EverybodyOnListsWithinListsIsReachedOnce)
{
    entries_.push_back(list_of("staff", {"alice", "sales", "support", "bob"}));
    entries_.push_back(list_of("sales", {"bob", "carol"}));
    entries_.push_back(list_of("support", {"carol", "dave", "sales"}));
    EXPECT_EQ(members("staff"), "alice bob carol dave");
    EXPECT_EQ(facts_.members, 4U);
    EXPECT_TRUE(facts_.loops.empty()) << "a list on two lists is no circle";
}

// duplicate-to-overlapping-lists (Q143375)
TEST_F(Lists, OneAddressOfTwoObjectsIsReachedOnce)
{
    auto twin = person("twin", "ALICE@contoso.example");
    entries_.push_back(twin);
    entries_.push_back(list_of("staff", {"alice", "twin"}));
    EXPECT_EQ(members("staff"), "alice");
}

TEST_F(Lists, CircleIsToldAsAPathAndHarmsNobody)
{
    entries_.push_back(list_of("staff", {"alice", "sales"}));
    entries_.push_back(list_of("sales", {"bob", "north"}));
    entries_.push_back(list_of("north", {"carol", "sales", "staff"}));
    EXPECT_EQ(members("staff"), "alice bob carol");
    EXPECT_EQ(facts_.loops,
              (std::vector<std::string>{"sales > north > sales", "staff > sales > north > staff"}));
}

TEST_F(Lists, ListThatIsItsOwnMemberIsACircleOfOne)
{
    entries_.push_back(list_of("staff", {"staff", "alice"}));
    EXPECT_EQ(members("staff"), "alice");
    EXPECT_EQ(facts_.loops, std::vector<std::string>{"staff > staff"});
}

TEST_F(Lists, GroupsOfTheUsualClassesAreLists)
{
    entries_.push_back(list_of("a", {"alice"}, "groupOfNames"));
    entries_.push_back(list_of("b", {"bob"}, "groupOfUniqueNames", "uniqueMember"));
    entries_.back().attributes["uniqueMember"].push_back(name_of("carol") + "#'0101'B");
    entries_.push_back(list_of("c", {"dave", "nobody"}, "posixGroup", "memberUid"));
    entries_.push_back(list_of("all", {"a", "b", "c"}, "group"));
    EXPECT_EQ(members("all"), "alice bob carol dave");
    EXPECT_EQ(facts_.missing,
              std::vector<std::string>{"uid nobody: no object with a mail address"});
}

TEST_F(Lists, MembersThatASearchFindsAreReached)
{
    entries_.push_back(list_of("dynamic", {}));
    entries_.back().attributes["imcMemberURL"] = {"ldap:///o=Contoso??sub?(uid=*)",
                                                  "ldap:///o=Elsewhere??sub?(uid=*)",
                                                  "ldap:///o=Contoso??sub?(uid="};
    EXPECT_EQ(members("dynamic"), "alice bob carol dave");
    EXPECT_EQ(facts_.left_out, 2U) << "another organization, and no filter";
}

TEST_F(Lists, SearchThatFindsTheListItselfIsNoCircle)
{
    entries_.push_back(list_of("dynamic", {}));
    entries_.back().attributes["memberURL"] = {"ldap:///o=Contoso??sub?(mailNickname=*)"};
    EXPECT_EQ(members("dynamic"), "alice bob carol dave");
    EXPECT_TRUE(facts_.loops.empty());
}

TEST_F(Lists, MembersThatCannotBeReachedAreLeftOutAndNamed)
{
    auto mute = person("mute");
    mute.attributes.erase("proxyAddresses");
    entries_.push_back(mute);
    entries_.push_back(list_of("staff", {"alice", "gone", "mute"}));
    entries_.back().attributes["member"].push_back("no name");
    EXPECT_EQ(members("staff"), "alice");
    EXPECT_EQ(facts_.left_out, 3U);
    EXPECT_EQ(facts_.missing[0], name_of("gone") + ": no such object");
    EXPECT_EQ(facts_.missing[1], name_of("mute") + ": no mail address");
}

TEST_F(Lists, TooManyMembersAreNeverAPart)
{
    entries_.push_back(list_of("staff", {"alice", "bob", "carol"}));
    limits_.members = 2;
    EXPECT_EQ(members("staff"), "too large: it has more than 2 members (ListMembers)");
    limits_.members = 3;
    EXPECT_EQ(members("staff"), "alice bob carol");
}

TEST_F(Lists, ListsTooDeepAreNeverAPart)
{
    entries_.push_back(list_of("a", {"alice", "b"}));
    entries_.push_back(list_of("b", {"c"}));
    entries_.push_back(list_of("c", {"bob"}));
    limits_.depth = 2;
    EXPECT_EQ(members("a"), "too large: lists stand in each other deeper than 2: a > b > c");
    limits_.depth = 3;
    EXPECT_EQ(members("a"), "alice bob");
}

TEST_F(Lists, DirectoryThatFallsSilentInTheMiddleIsNeverAPart)
{
    entries_.push_back(list_of("staff", {"alice", "sales", "bob"}));
    entries_.push_back(list_of("sales", {"carol"}));
    for (answers_ = 0; answers_ < 5; ++answers_)
        EXPECT_EQ(members("staff"), "cannot say") << answers_ << " answers";
    EXPECT_EQ(members("staff"), "alice bob carol");
}

// AD: what is not asked for again would pass for the whole list.
TEST_F(Lists, ListThatAServerCutsIsNotTakenForTheWhole)
{
    entries_.push_back(list_of("staff", {"alice"}, "group", "member;range=0-1499"));
    EXPECT_EQ(members("staff"), "cannot say");
}

// It was a list when the message came: with nobody on it the message would be gone.
TEST_F(Lists, ObjectThatIsNoListAnyMoreAndHasNoAddressWaits)
{
    auto staff = person("staff");
    staff.attributes.erase("proxyAddresses");
    entries_.push_back(staff);
    EXPECT_EQ(members("staff"), "cannot say");
    entries_.back() = person("staff");
    EXPECT_EQ(members("staff"), "staff");
}

TEST_F(Lists, AlternateRecipientsOfMembersAreFollowed)
{
    entries_[0].attributes["altRecipient"] = {name_of("bob")};
    entries_[1].attributes["altRecipient"] = {name_of("carol")};
    entries_[1].attributes["deliverAndRedirect"] = {"TRUE"};
    entries_.push_back(list_of("staff", {"alice"}));
    EXPECT_EQ(members("staff"), "bob carol") << "alice's goes to bob, who passes a copy on";
}

// Mail for them alone waits, and says what is wrong (40865).
TEST_F(Lists, MemberWhoseRedirectionIsBrokenIsNotForgotten)
{
    entries_[0].attributes["altRecipient"] = {name_of("gone")};
    entries_[1].attributes["altRecipient"] = {name_of("carol")};
    entries_[2].attributes["altRecipient"] = {name_of("bob")};
    entries_.push_back(list_of("staff", {"alice", "bob", "dave"}));
    EXPECT_EQ(members("staff"), "alice bob dave");
}

TEST_F(Lists, ListWithinThatRefusesTheSenderIsToldAndTheOthersAreReached)
{
    entries_.push_back(list_of("board", {"carol"}));
    entries_.back().attributes["authOrig"] = {name_of("alice")};
    entries_.push_back(list_of("staff", {"bob", "board", "more"}));
    entries_.push_back(list_of("more", {"board"}));
    sender_.address = "dave@contoso.example";
    EXPECT_EQ(members("staff"), "bob");
    ASSERT_EQ(facts_.refused, 1U) << "once, though two paths lead there";
    EXPECT_EQ(facts_.refusals.front().address, "board@contoso.example");
    EXPECT_EQ(facts_.refusals.front().why,
              "authOrig of cn=board,o=Contoso: dave@contoso.example is not among those who may "
              "send to it");
    sender_.names = {dn_of("alice").normalized()};
    EXPECT_EQ(members("staff"), "bob carol");
}

TEST_F(Lists, ListWithinThatIsDisabledIsToldAndItsMembersGetNothing)
{
    entries_.push_back(list_of("closed", {"carol"}));
    entries_.back().attributes["imcDisabled"] = {"true"};
    entries_.push_back(list_of("staff", {"bob", "closed", "more"}));
    entries_.push_back(list_of("more", {"closed"}));
    EXPECT_EQ(members("staff"), "bob");
    ASSERT_EQ(facts_.refused, 1U) << "once, though two paths lead there";
    EXPECT_EQ(facts_.refusals.front().address, "closed@contoso.example");
    EXPECT_EQ(facts_.refusals.front().status, "550 5.2.1");
    EXPECT_EQ(members("closed"), "carol") << "of the list that is addressed, RCPT says it";
    entries_.back() = list_of("more", {"carol"});
    EXPECT_EQ(members("staff"), "bob carol") << "who is on an open list, too, is reached";
}

TEST_F(Lists, ListWithinThatTakesNothingSoLargeIsToldAndTheOthersAreReached)
{
    entries_.push_back(list_of("small", {"carol"}));
    entries_.back().attributes["imcMaxReceiveKB"] = {"2"};
    entries_.push_back(list_of("staff", {"bob", "small"}));
    EXPECT_EQ(members("staff"), "bob carol") << "how large it is, nobody says";
    limits_.message_octets = 2048;
    EXPECT_EQ(members("staff"), "bob carol");
    EXPECT_EQ(facts_.refused, 0U);
    limits_.message_octets = 2049;
    EXPECT_EQ(members("staff"), "bob");
    ASSERT_EQ(facts_.refused, 1U);
    EXPECT_EQ(facts_.refusals.front().status, "552 5.2.3");
    EXPECT_EQ(facts_.refusals.front().why,
              "imcMaxReceiveKB of cn=small,o=Contoso: the message has 2049 octets, at most 2048");
}

TEST_F(Lists, ReachedMembersAreKeptWithTheirPathsForPeople)
{
    entries_.push_back(list_of("staff", {"sales"}));
    entries_.push_back(list_of("sales", {"alice"}));
    (void)members("staff");
    ASSERT_EQ(facts_.reached.size(), 1U);
    EXPECT_EQ(facts_.reached.front().address, "alice@contoso.example");
    EXPECT_EQ(facts_.reached.front().why, "staff > sales");
}

/// A list of so many, whose members are made up as they are asked for.
class Crowd final : public Directory {
public:
    explicit Crowd(std::size_t members) : list_{list_of("all", {})}
    {
        auto& values = list_.attributes["member"];
        for (std::size_t i = 0; i < members; ++i)
            values.push_back("cn=m" + std::to_string(i) + ",o=Contoso");
    }
    std::string description() const override { return "crowd"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn& dn, Deadline) override
    {
        const auto name = short_name(dn);
        if (name == "all") return list_;
        Entry one{dn, {}};
        one.attributes["mail"] = {name + "@contoso.example"};
        return one;
    }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        return std::vector<Entry>{};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

private:
    Entry list_;
};

TEST_F(Lists, HundredThousandMembersComeInPortions)
{
    Expansion walk{std::make_shared<Crowd>(100'000),
                   *Dn::parse("o=Contoso"),
                   {},
                   {},
                   std::make_shared<SeenMembers>()};
    ASSERT_FALSE(walk.open(dn_of("all")));
    std::size_t count = 0, largest = 0;
    for (bool last = false; !last;) {
        auto step = walk.next(5000, after(1h));
        auto* portion = std::get_if<Expansion::Portion>(&step);
        ASSERT_NE(portion, nullptr);
        count += portion->addresses.size();
        largest = std::max(largest, portion->addresses.size());
        last = portion->last;
    }
    EXPECT_EQ(count, 100'000U);
    EXPECT_EQ(largest, 5000U);
    EXPECT_EQ(walk.facts().reached.size(), Expansion::examples) << "for people, some are enough";
}

TEST_F(Lists, WalkGivesWayWhenItsTimeIsOverAndGoesOnLater)
{
    Expansion walk{std::make_shared<Crowd>(10),
                   *Dn::parse("o=Contoso"),
                   {},
                   {},
                   std::make_shared<SeenMembers>()};
    ASSERT_FALSE(walk.open(dn_of("all")));
    auto none = walk.next(100, Deadline{});
    EXPECT_TRUE(std::get<Expansion::Portion>(none).addresses.empty());
    EXPECT_FALSE(std::get<Expansion::Portion>(none).last);
    auto all = walk.next(100, after(1h));
    EXPECT_EQ(std::get<Expansion::Portion>(all).addresses.size(), 10U);
}

TEST(MemberUrl, IsReadAsRfc4516Says)
{
    const auto url = parse_member_url("LDAP://host:389/ou=B%20C,o=Contoso??sub?(cn=a%3fb)");
    ASSERT_TRUE(url) << url.error().to_string();
    EXPECT_EQ(url->base.to_rfc4514(), "ou=B C,o=Contoso");
    EXPECT_EQ(url->scope, Scope::subtree);
    EXPECT_EQ(url->filter, "(cn=a?b)");
    EXPECT_EQ(parse_member_url("ldap:///o=Contoso")->scope, Scope::base);
    for (const char* flawed : {"", "http:///o=x", "ldap://host", "ldap:///o=x??tree",
                               "ldap:///o=x?\?\?(a=b)?!ext", "ldap:///%zz", "ldap:///o=x%2"})
        EXPECT_FALSE(parse_member_url(flawed)) << flawed;
}

TEST(Manners, OfAListAreItsOwnersUnlessItSaysOtherwise)
{
    auto list = list_of("staff", {});
    const auto manners = [&](std::vector<Entry> people) {
        Tired directory{std::move(people)};
        auto found = manners_of(list, directory, "admin@contoso.example", after(10s));
        return std::get<ListManners>(std::move(found));
    };
    EXPECT_EQ(manners({}).reports_to, ReportsTo::originator);
    list.attributes["owner"] = {name_of("gone"), name_of("alice")};
    EXPECT_EQ(manners({person("alice")}).reports_to, ReportsTo::owner);
    EXPECT_EQ(manners({person("alice")}).owner, "alice@contoso.example");
    EXPECT_EQ(manners({}).reports_to, ReportsTo::originator) << "nobody is left who owns it";
    list.attributes["imcReportsTo"] = {"Owner"};
    EXPECT_EQ(manners({}).owner, "admin@contoso.example");
    list.attributes["imcReportsTo"] = {"nobody"};
    EXPECT_EQ(manners({person("alice")}).reports_to, ReportsTo::nobody);
    list.attributes["imcReportsTo"] = {"originator"};
    EXPECT_EQ(manners({person("alice")}).reports_to, ReportsTo::originator);

    Tired silent{{person("alice")}};
    silent.answers = 0;
    EXPECT_TRUE(std::holds_alternative<CannotSay>(manners_of(list, silent, "", after(10s))));
}

}  // namespace
}  // namespace imc::transfer
