#include "transfer/list_members.h"

#include "people.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

class Members : public testing::Test {
protected:
    std::string told(const Entry& list, std::size_t most = 10)
    {
        Tired people{entries_};
        auto answer = members_of(list, people, *Dn::parse("o=Contoso"), most, after(10s));
        asked_ = people.asked;
        if (std::holds_alternative<NotAList>(answer)) return "no list";
        if (std::holds_alternative<TooManyMembers>(answer)) return "too many";
        if (std::holds_alternative<CannotSay>(answer)) return "cannot say";
        auto& addresses = std::get<ListMembers>(answer).addresses;
        std::ranges::sort(addresses);
        std::string out;
        for (const auto& address : addresses)
            out += (out.empty() ? "" : " ") + address.substr(0, address.find('@'));
        return out;
    }

    std::vector<Entry> entries_{person("alice"), person("bob"), person("carol"),
                                list_of("sales", {"carol"})};
    int asked_ = 0;
};

TEST_F(Members, EachKindOfListTellsItsOwn)
{
    EXPECT_EQ(told(list_of("l", {"alice", "bob"})), "alice bob");
    EXPECT_EQ(told(list_of("l", {"alice", "bob"}, "groupOfNames")), "alice bob");
    EXPECT_EQ(told(list_of("l", {"alice"}, "groupOfUniqueNames", "uniqueMember")), "alice");
    EXPECT_EQ(told(list_of("l", {"bob", "nobody"}, "posixGroup", "memberUid")), "bob");
    auto urls = list_of("l", {}, "groupOfURLs");
    urls.attributes["memberURL"] = {"ldap:///o=Contoso??sub?(uid=a*)",
                                    "ldap:///o=Else??sub?(uid=*)"};
    EXPECT_EQ(told(urls), "alice");
    EXPECT_EQ(told(person("alice")), "no list");
}

TEST_F(Members, ListWithinStaysOneAddressAndNobodyIsToldTwice)
{
    auto all = list_of("all", {"alice", "sales", "all"});
    entries_.push_back(all);
    all.attributes["memberUid"] = {"alice"};
    all.attributes["imcMemberURL"] = {"ldap:///o=Contoso??sub?(mailNickname=*)"};
    EXPECT_EQ(told(all), "alice bob carol sales");
}

TEST_F(Members, UidOfTwoPeopleIsNobodys)
{
    auto twin = person("twin");
    twin.attributes["uid"] = {"alice"};
    entries_.push_back(twin);
    EXPECT_EQ(told(list_of("l", {"alice", "bob"}, "posixGroup", "memberUid")), "bob");
}

TEST_F(Members, MoreThanMayBeToldAreNotRead)
{
    EXPECT_EQ(told(list_of("l", {"alice", "bob", "carol"}), 2), "too many");
    EXPECT_EQ(asked_, 0);
    auto found = list_of("l", {});
    found.attributes["imcMemberURL"] = {"ldap:///o=Contoso??sub?(uid=*)",
                                        "ldap:///o=Contoso??sub?(cn=*)"};
    EXPECT_EQ(told(found, 2), "too many");
    EXPECT_EQ(asked_, 1) << "the second search is not made";
    EXPECT_EQ(told(found, 3), "too many");
    EXPECT_EQ(told(found, 4), "alice bob carol sales");
}

}  // namespace
}  // namespace imc::transfer
