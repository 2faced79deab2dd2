/// What directory.h promises of strange names, strange values and deadlines, asked of both engines
/// alike.
#include "directory/contract.h"

namespace imc::contract {
namespace {

using Kind = AttributeChange::Kind;
using Values = std::vector<std::string>;

// ---- strange names and values

TEST_P(DirectoryContract, NamesWithSpecialCharactersAreNamesLikeOthers)
{
    const std::vector<std::string> names{"a, b",
                                         "a+b",
                                         "a\"b",
                                         "a\\b",
                                         "a<b>c",
                                         "a;b",
                                         "#a",
                                         " a",
                                         "a ",
                                         "a=b",
                                         "a/b",
                                         "a*b",
                                         "a(b)c",
                                         "\xc3\xa5\xe6\x97\xa5",
                                         "a\nb",
                                         "#",
                                         "\\,",
                                         "a,b=c,d=e",
                                         "\xf0\x9f\x93\xa7",
                                         "CN=x,o=",
                                         "\"\""};
    for (const auto& name : names) {
        const Dn object = Tree::top().child("cn", name);
        const Dn inside = object.child("cn", "in");
        ASSERT_EQ(event_of(tree_.apply(
                      {{.kind = Change::Kind::add, .dn = object, .attributes = container},
                       {.kind = Change::Kind::add, .dn = inside, .attributes = container}})),
                  "done")
            << name;
        const auto read = tree_.directory().read(inside, soon());
        ASSERT_TRUE(std::holds_alternative<Entry>(read)) << name;
        EXPECT_TRUE(same(std::get<Entry>(read).dn, inside)) << name;
        EXPECT_EQ(tree_.find("(cn=" + escape_filter_value(name) + ")", Scope::one_level),
                  std::string{trim(name)} == name ? name : tree_.find("(cn=*)", Scope::one_level))
            << name;
        EXPECT_EQ(tree_.find("(objectClass=*)", Scope::one_level, object), "in") << name;
        EXPECT_EQ(event_of(tree_.apply(
                      {{.kind = Change::Kind::rename, .dn = inside, .new_rdn = {{"cn", name}}}})),
                  "done")
            << name;
        EXPECT_EQ(
            event_of(tree_.apply({{.kind = Change::Kind::remove, .dn = object.child("cn", name)},
                                  {.kind = Change::Kind::remove, .dn = object}})),
            "done")
            << name;
    }
    EXPECT_EQ(tree_.find("(cn=*)"), "");
}

TEST_P(DirectoryContract, StrangeValuesComeBackAsTheyWere)
{
    const Values values{"*",
                        "(",
                        ")",
                        "\\",
                        "\\2a",
                        ": x",
                        "< y",
                        "a\nb",
                        "a\r\nb",
                        "\t",
                        "\xc3\xa5\xe6\x97\xa5",
                        "'; DROP TABLE entries; --",
                        "%s%n",
                        "\x7f",
                        "@"};
    ASSERT_TRUE(tree_.add("cn=box", {{"objectClass", {"imcContainer"}}, {"description", values}}));
    auto expected = values;
    std::ranges::sort(expected);
    EXPECT_EQ(tree_.values("cn=box", "description"), expected);
    for (const auto& value : values) {
        if (trim(value).empty()) continue;  // white space is nobody's to search for
        EXPECT_EQ(tree_.find("(description=" + escape_filter_value(value) + ")"), "box") << value;
    }
    const std::string binary{"\0\xff\x80 a\0", 6};
    ASSERT_TRUE(tree_.add(
        "cn=ann",
        {{"objectClass", {"imcMailbox"}}, {"mailNickname", {"ann"}}, {"userPassword", {binary}}}));
    EXPECT_EQ(tree_.values("cn=ann", "userPassword"), Values{binary});
}

TEST_P(DirectoryContract, LargeAndManyValuesComeBackWhole)
{
    std::string large;
    while (large.size() < 500'000)
        large += "0123456789 abcdefghij " + std::to_string(large.size());
    ASSERT_TRUE(tree_.add("cn=box", {{"objectClass", {"imcContainer"}}, {"description", {large}}}));
    EXPECT_EQ(tree_.values("cn=box", "description"), Values{large});
    Values addresses;
    for (int i = 0; i < 1000; ++i)
        addresses.push_back("smtp:ann" + std::to_string(i) + "@a.example");
    ASSERT_TRUE(tree_.add("cn=list", {{"objectClass", {"imcList"}}, {"mailNickname", {"l"}}}));
    ASSERT_TRUE(tree_.modify("cn=list", {{Kind::add, "description", addresses}}));
    EXPECT_EQ(tree_.values("cn=list", "description").size(), 1000U);
    EXPECT_EQ(tree_.find("(description=smtp:ANN999@a.example)"), "list");
}

// ---- time

TEST_P(DirectoryContract, DeadlineThatIsPastIsNoAnswerAndNoChange)
{
    const auto past = std::chrono::steady_clock::now() - 1ms;
    auto& directory = tree_.directory();
    EXPECT_EQ(outcome_of(directory.read(Tree::top(), past)), "cannot say: " + unreachable);
    EXPECT_EQ(event_of(directory.search(Tree::top(), Scope::subtree, "(cn=*)", past)), unreachable);
    EXPECT_EQ(event_of(directory.revision(past)), unreachable);
    const Change add{
        .kind = Change::Kind::add, .dn = Tree::below("cn=box"), .attributes = container};
    EXPECT_EQ(event_of(directory.apply(std::span{&add, 1}, past)), unreachable);
    EXPECT_EQ(tree_.is("cn=box"), "absent");
}

}  // namespace
}  // namespace imc::contract
