/// What directory.h promises of searches, asked of both engines alike.
#include "directory/contract.h"

#include <set>

namespace imc::contract {
namespace {

using Values = std::vector<std::string>;

// ---- searching

TEST_P(DirectoryContract, ScopeSaysHowDeepASearchGoes)
{
    ASSERT_TRUE(tree_.add("cn=box", container));
    ASSERT_TRUE(tree_.add("cn=in,cn=box", container));
    ASSERT_TRUE(tree_.add("cn=deep,cn=in,cn=box", container));
    const std::string all = "(objectClass=*)";
    EXPECT_EQ(tree_.find(all, Scope::base, Tree::below("cn=box")), "box");
    EXPECT_EQ(tree_.find(all, Scope::one_level, Tree::below("cn=box")), "in");
    EXPECT_EQ(tree_.find(all, Scope::subtree, Tree::below("cn=box")), "box deep in");
    EXPECT_EQ(tree_.find("(cn=deep)", Scope::one_level, Tree::below("cn=box")), "");
    EXPECT_EQ(tree_.find("(cn=deep)", Scope::base, Tree::below("CN=Deep,CN=in,CN=box")), "deep");
    EXPECT_EQ(tree_.find("(cn=deep)", Scope::base, Tree::below("cn=box")), "");
    EXPECT_EQ(tree_.find("(cn=deep)", Scope::subtree, Dn{}), "deep");
    EXPECT_EQ(tree_.find(all, Scope::base, Dn{}), "");
    EXPECT_EQ(tree_.find(all, Scope::one_level, Dn{}), "example");
}

TEST_P(DirectoryContract, FiltersMeanTheSame)
{
    ASSERT_TRUE(tree_.add("cn=ann", {{"objectClass", {"imcMailbox"}},
                                     {"mailNickname", {"ann"}},
                                     {"displayName", {"Ann  of the\xc3\x85land"}},
                                     {"description", {"x (1) * y\\z"}},
                                     {"userPassword", {std::string{"Se\0cret", 7}}},
                                     {"deliverAndRedirect", {"TRUE"}},
                                     {"altRecipient", {"CN=Bob, O=Org,DC=example, dc=org"}}}));
    ASSERT_TRUE(tree_.add("cn=bob", {{"objectClass", {"imcMailbox"}},
                                     {"mailNickname", {"bob"}},
                                     {"deliverAndRedirect", {"FALSE"}}}));
    ASSERT_TRUE(tree_.add("cn=c1", {{"objectClass", {"imcConnector"}},
                                    {"imcHomeServer", {"cn=s"}},
                                    {"imcDeliveryRouting", {"Example.org;;dns"}},
                                    {"imcMaxMessageKB", {"90"}}}));
    ASSERT_TRUE(tree_.add("cn=c2", {{"objectClass", {"imcConnector"}},
                                    {"imcHomeServer", {"cn=s"}},
                                    {"imcMaxMessageKB", {"1000"}},
                                    {"imcMessageTimeoutHours", {"-5"}}}));
    const std::vector<std::pair<std::string, std::string>> table{
        {"(cn=ANN)", "ann"},
        {"(CN=ann)", "ann"},
        {"(cn= ann )", "ann"},
        {"(displayName=ann of the\\c3\\85LAND)", "ann"},
        {"(displayName=ann   of the\xc3\x85land)", "ann"},
        {"(cn=an)", ""},
        {"(cn=)", ""},
        // and, or, not
        {"(&(objectClass=imcMailbox)(cn=ann))", "ann"},
        {"(&(objectClass=imcMailbox)(cn=c1))", ""},
        {"(|(cn=ann)(cn=c1))", "ann c1"},
        {"(&(objectClass=imcMailbox)(!(cn=ann)))", "bob"},
        {"(&(objectClass=imcMailbox)(!(description=nothing)))", "ann bob"},
        {"(!(objectClass=*))", ""},
        {"(&(cn=c*)(|(cn=c1)(&(cn=c2)(!(cn=c1)))))", "c1 c2"},
        {"(&)", "Org ann bob c1 c2"},
        {"(|)", ""},
        // presence
        {"(description=*)", "ann"},
        {"(&(objectClass=imcMailbox)(!(description=*)))", "bob"},
        // parts
        {"(cn=a*)", "ann"},
        {"(cn=*N)", "ann"},
        {"(cn=a*n)", "ann"},
        {"(cn=an*nn)", ""},
        {"(cn=*o*)", "bob"},
        {"(displayName=*n of*)", "ann"},
        {"(displayName=*N  oF*)", "ann"},
        {"(mailNickname=*)", "ann bob"},
        {"(objectClass=imc*)", ""},
        {"(altRecipient=cn=bob*)", ""},
        {"(imcMaxMessageKB=9*)", ""},
        // escapes
        {"(description=x \\281\\29 \\2a y\\5cz)", "ann"},
        {"(description=*\\2a*)", "ann"},
        {"(description=*\\5c*)", "ann"},
        {"(userPassword=Se\\00cret)", "ann"},
        // what the schema compares how
        {"(userPassword=se\\00cret)", ""},
        {"(imcDeliveryRouting=Example.org;;dns)", "c1"},
        {"(imcDeliveryRouting=example.org;;dns)", ""},
        {"(imcDeliveryRouting=Exam*)", "c1"},
        {"(imcDeliveryRouting=exam*)", ""},
        {"(altRecipient=cn=bob,o=org,dc=EXAMPLE,dc=org)", "ann"},
        {"(deliverAndRedirect=TRUE)", "ann"},
        // numbers
        {"(imcMaxMessageKB=90)", "c1"},
        {"(imcMaxMessageKB>=90)", "c1 c2"},
        {"(imcMaxMessageKB>=91)", "c2"},
        {"(imcMaxMessageKB<=90)", "c1"},
        {"(imcMessageTimeoutHours<=-4)", "c2"},
        {"(imcMessageTimeoutHours>=-4)", ""},
        // undefined, and so its opposite (RFC 4511 4.5.1.7)
        {"(noSuchAttribute=x)", ""},
        {"(!(noSuchAttribute=x))", ""},
        {"(!(noSuchAttribute=*))", ""},
        {"(|(noSuchAttribute=x)(cn=ann))", "ann"},
        {"(&(!(noSuchAttribute=x))(cn=ann))", ""},
        {"(!(imcMaxMessageKB=many))", ""},
        {"(!(altRecipient=nobody))", ""},
        {"(cn>=b)", ""},
        {"(!(cn>=b))", ""},
        // no filters
        {"", no_filter},
        {"cn=ann", no_filter},
        {"(cn=ann", no_filter},
        {"(cn=ann))", no_filter},
        {"(cn)", no_filter},
        {"(=ann)", no_filter},
        {"(c n=ann)", no_filter},
        {"(!(cn=a)(cn=b))", no_filter},
        {"(!)", no_filter},
        {"(cn=\\2)", no_filter},
        {"(cn=\\zz)", no_filter},
        {"(cn:caseExactMatch:=ann)", no_filter},
        {"(cn=(ann)", no_filter},
    };
    for (const auto& [filter, expected] : table)
        EXPECT_EQ(tree_.find(filter), expected) << filter;
}

TEST_P(DirectoryContract, MoreThanTheLimitIsAnErrorAndNeverAPart)
{
    for (const char* name : {"cn=a", "cn=b", "cn=c"})
        ASSERT_TRUE(tree_.add(name, container));
    const auto search = [&](std::size_t limit) {
        const auto found = tree_.directory().search(Tree::top(), Scope::one_level,
                                                    "(objectClass=*)", soon(), limit);
        return found ? std::to_string(found->size()) : event_of(found);
    };
    EXPECT_EQ(search(4), "3");
    EXPECT_EQ(search(3), "3");
    EXPECT_EQ(search(2), refused);
    EXPECT_EQ(search(0), refused);
}

// More than two pages of an LDAP server.
TEST_P(DirectoryContract, ScanBringsEveryObjectOfTheSubtreeThatMatchesUntilItIsEnough)
{
    std::vector<Change> changes{
        {.kind = Change::Kind::add, .dn = Tree::below("cn=box"), .attributes = container}};
    std::set<std::string> expected;
    for (int i = 0; i < 1200; ++i) {
        const auto name = "m" + std::to_string(i);
        changes.push_back({.kind = Change::Kind::add,
                           .dn = Tree::below("cn=" + name + ",cn=box"),
                           .attributes = {{"objectClass", {"imcMailbox"}},
                                          {"cn", {name}},
                                          {"mailNickname", {name}}}});
        expected.insert(name);
    }
    ASSERT_EQ(event_of(tree_.directory().apply(changes, after(300s))), "done");
    std::set<std::string> seen;
    const auto scan = [&](const Dn& base, const std::string& filter, std::size_t enough) {
        seen.clear();
        return event_of(tree_.directory().scan(base, filter, after(120s), [&](Entry&& entry) {
            EXPECT_TRUE(seen.insert(std::string{entry.first("mailNickname")}).second);
            return seen.size() < enough;
        }));
    };
    EXPECT_EQ(scan(Tree::top(), "(mailNickname=*)", 5000), "done");
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(scan(Tree::top(), "(mailNickname=m7)", 5000), "done");
    EXPECT_EQ(seen, std::set<std::string>{"m7"});
    EXPECT_EQ(scan(Tree::top(), "(mailNickname=*)", 3), "done");
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_EQ(scan(Tree::below("cn=none"), "(mailNickname=*)", 3), no_such_object);
    EXPECT_EQ(scan(Tree::top(), "(mailNickname", 3), no_filter);
    EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace imc::contract
