/// What directory.h promises of changes and names, asked of both engines alike.
#include "directory/contract.h"

namespace imc::contract {
namespace {

using Kind = AttributeChange::Kind;
using Values = std::vector<std::string>;

INSTANTIATE_TEST_SUITE_P(Engines, DirectoryContract, testing::Values("embedded", "slapd"),
                         [](const auto& engine) { return std::string{engine.param}; });

// ---- adding

TEST_P(DirectoryContract, AddedObjectIsReadWithAllItsAttributes)
{
    ASSERT_TRUE(tree_.add("cn=ann", {{"objectClass", {"top", "imcMailbox"}},
                                     {"cn", {"ann", "Ann Other"}},
                                     {"MAILNICKNAME", {"ann"}},
                                     {"proxyAddresses", {"SMTP:ann@a.example", "smtp:b@a.example"}},
                                     {"deliverAndRedirect", {"TRUE"}}}));
    EXPECT_EQ(tree_.values("cn=ann", "CN"), (Values{"Ann Other", "ann"}));
    EXPECT_EQ(tree_.values("CN=Ann", "mailNickname"), Values{"ann"});
    EXPECT_EQ(tree_.values("cn=ann", "proxyAddresses"),
              (Values{"SMTP:ann@a.example", "smtp:b@a.example"}));
    EXPECT_EQ(tree_.values("cn=ann", "deliverAndRedirect"), Values{"TRUE"});
    EXPECT_EQ(tree_.values("cn=ann", "description"), Values{});
}

TEST_P(DirectoryContract, ValueOfTheNameIsAValueOfTheObject)
{
    ASSERT_TRUE(tree_.add("cn=ann+description=x", mailbox("ann")));
    EXPECT_EQ(tree_.values("cn=ann+description=x", "cn"), Values{"ann"});
    EXPECT_EQ(tree_.values("description=X+cn=Ann", "description"), Values{"x"});
}

TEST_P(DirectoryContract, ObjectIsAddedOnlyBelowAnObjectAndOnlyOnce)
{
    EXPECT_EQ(event_of(tree_.add("cn=ann,ou=Nowhere", mailbox("ann"))), no_such_object);
    EXPECT_EQ(event_of(tree_.add("cn=ann", mailbox("ann"))), "done");
    EXPECT_EQ(event_of(tree_.add("cn=ann", mailbox("ann"))), exists_already);
    EXPECT_EQ(event_of(tree_.add("CN=ANN", mailbox("ann"))), exists_already);
}

TEST_P(DirectoryContract, WhatTheSchemaDoesNotAllowIsRefused)
{
    const auto with = [](const char* name, Values values) {
        auto out = mailbox("ann");
        out[name] = std::move(values);
        return out;
    };
    const std::vector<std::pair<const char*, Attributes>> wrong{
        {"unknown class", with("objectClass", {"imcMailbox", "noSuchClass"})},
        {"unknown attribute", with("noSuchAttribute", {"x"})},
        {"attribute of another class", with("imcSmartHost", {"x"})},
        {"missing attribute", {{"objectClass", {"imcMailbox"}}}},
        {"no class", {{"mailNickname", {"ann"}}}},
        {"only an abstract class", {{"objectClass", {"top"}}}},
        {"two structural classes", with("objectClass", {"imcMailbox", "imcList"})},
        {"two values of one", with("mailNickname", {"ann", "anna"})},
        {"a value twice", with("description", {"same", "SAME"})},
        {"an address twice", with("proxyAddresses", {"SMTP:a@b.example", "smtp:A@b.example"})},
        {"no boolean", with("deliverAndRedirect", {"yes"})},
        {"no name", with("altRecipient", {"nobody"})},
        {"no UTF-8", with("description", {"\xff"})},
        {"an empty value", with("description", {""})},
    };
    for (const auto& [what, attributes] : wrong)
        EXPECT_EQ(event_of(tree_.add("cn=ann", attributes)), refused) << what;
    for (const char* number : {"7x", "007", "-0", "0x7", " 7", "+7"})
        EXPECT_EQ(event_of(tree_.add("cn=c", {{"objectClass", {"imcConnector"}},
                                              {"imcHomeServer", {"cn=s"}},
                                              {"imcMaxMessageKB", {number}}})),
                  refused)
            << number;
    EXPECT_EQ(tree_.is("cn=ann"), "absent");
}

// ---- reading

TEST_P(DirectoryContract, ReadTellsAbsentFromFound)
{
    EXPECT_EQ(tree_.is("cn=ann"), "absent");
    EXPECT_EQ(tree_.is("cn=ann,ou=Nowhere"), "absent");
    EXPECT_EQ(outcome_of(tree_.directory().read({}, soon())), "absent");
    EXPECT_EQ(outcome_of(tree_.directory().read(Tree::top(), soon())), "found");
}

// An empty directory, or one restored from elsewhere, must never look like "no such user".
TEST_P(DirectoryContract, SearchBelowAMissingBaseIsAnErrorAndNeverAnEmptyAnswer)
{
    for (const auto scope : {Scope::base, Scope::one_level, Scope::subtree})
        EXPECT_EQ(tree_.find("(objectClass=*)", scope, dn("o=Other,dc=example,dc=org")),
                  no_such_object);
    EXPECT_EQ(tree_.find("(objectClass=*)", Scope::subtree, dn("o=Elsewhere")), no_such_object);
}

// ---- changing

TEST_P(DirectoryContract, ValuesAreAddedRemovedAndReplaced)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann", {"SMTP:ann@a.example"})));
    ASSERT_TRUE(tree_.modify("cn=ann", {{Kind::add, "proxyAddresses", {"smtp:b@a.example"}},
                                        {Kind::add, "description", {"one", "two"}},
                                        {Kind::replace, "mailNickname", {"anna"}}}));
    EXPECT_EQ(tree_.values("cn=ann", "description"), (Values{"one", "two"}));
    EXPECT_EQ(tree_.values("cn=ann", "mailNickname"), Values{"anna"});
    ASSERT_TRUE(tree_.modify(
        "cn=ann", {{Kind::remove, "description", {"ONE"}}, {Kind::remove, "proxyAddresses", {}}}));
    EXPECT_EQ(tree_.values("cn=ann", "description"), Values{"two"});
    EXPECT_EQ(tree_.values("cn=ann", "proxyAddresses"), Values{});
    ASSERT_TRUE(tree_.modify(
        "cn=ann", {{Kind::replace, "description", {}}, {Kind::replace, "displayName", {}}}));
    EXPECT_EQ(tree_.values("cn=ann", "description"), Values{});
}

TEST_P(DirectoryContract, ValueCanChangeItsSpelling)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann", {"SMTP:ann@a.example"})));
    ASSERT_TRUE(
        tree_.modify("cn=ann", {{Kind::replace, "proxyAddresses", {"smtp:ann@a.example"}}}));
    EXPECT_EQ(tree_.values("cn=ann", "proxyAddresses"), Values{"smtp:ann@a.example"});
    ASSERT_TRUE(tree_.modify("cn=ann", {{Kind::remove, "proxyAddresses", {"smtp:ann@a.example"}},
                                        {Kind::add, "proxyAddresses", {"SMTP:Ann@a.example"}}}));
    EXPECT_EQ(tree_.values("cn=ann", "proxyAddresses"), Values{"SMTP:Ann@a.example"});
}

TEST_P(DirectoryContract, ModifyOfWhatIsNotSoIsRefusedWhole)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann")));
    const std::vector<std::pair<const char*, AttributeChange>> wrong{
        {"value that is there", {Kind::add, "mailNickname", {"ANN"}}},
        {"second value of one", {Kind::add, "mailNickname", {"anna"}}},
        {"nothing to add", {Kind::add, "description", {}}},
        {"value that is not there", {Kind::remove, "mailNickname", {"bob"}}},
        {"attribute that is not there", {Kind::remove, "description", {}}},
        {"attribute that must be", {Kind::remove, "mailNickname", {}}},
        {"value of the name", {Kind::remove, "cn", {"ann"}}},
        {"name without its value", {Kind::replace, "cn", {"bob"}}},
        {"the same value twice", {Kind::replace, "description", {"a", "A"}}},
        {"unknown attribute", {Kind::add, "noSuchAttribute", {"x"}}},
        {"wrong syntax", {Kind::replace, "deliverAndRedirect", {"maybe"}}},
        {"another kind of object", {Kind::replace, "objectClass", {"imcList"}}},
    };
    const auto before = tree_.dump();
    for (const auto& [what, change] : wrong) {
        EXPECT_EQ(
            event_of(tree_.modify("cn=ann", {{Kind::replace, "displayName", {"Changed"}}, change})),
            refused)
            << what;
        EXPECT_EQ(tree_.dump(), before) << what;
    }
    EXPECT_EQ(event_of(tree_.modify("cn=bob", {{Kind::replace, "displayName", {"Bob"}}})),
              no_such_object);
}

TEST_P(DirectoryContract, OnlyWhatHasNothingBelowItIsRemoved)
{
    ASSERT_TRUE(tree_.add("cn=box", container));
    ASSERT_TRUE(tree_.add("cn=ann,cn=box", mailbox("ann")));
    EXPECT_EQ(event_of(tree_.remove("cn=box")), refused);
    EXPECT_EQ(event_of(tree_.remove("cn=ann,cn=box")), "done");
    EXPECT_EQ(event_of(tree_.remove("cn=ann,cn=box")), no_such_object);
    EXPECT_EQ(event_of(tree_.remove("cn=box")), "done");
    EXPECT_EQ(tree_.is("cn=box"), "absent");
}

// ---- renaming

TEST_P(DirectoryContract, RenameKeepsOrDropsTheOldValue)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann")));
    ASSERT_TRUE(tree_.rename("cn=ann", {{"cn", "anna"}}, true));
    EXPECT_EQ(tree_.values("cn=anna", "cn"), Values{"anna"});
    ASSERT_TRUE(tree_.rename("cn=anna", {{"cn", "anne"}}, false));
    EXPECT_EQ(tree_.values("cn=anne", "cn"), (Values{"anna", "anne"}));
    EXPECT_EQ(tree_.is("cn=ann"), "absent");
    EXPECT_EQ(tree_.is("cn=anna"), "absent");
}

TEST_P(DirectoryContract, RenameInLetterCaseOnlyChangesTheSpelling)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann")));
    ASSERT_TRUE(tree_.rename("cn=ann", {{"cn", "Ann"}}));
    const auto read = tree_.directory().read(Tree::below("cn=ann"), soon());
    ASSERT_TRUE(std::holds_alternative<Entry>(read));
    EXPECT_EQ(std::get<Entry>(read).dn.rdns().front().front().value, "Ann");
    EXPECT_EQ(tree_.values("cn=ann", "cn"), Values{"Ann"});
}

TEST_P(DirectoryContract, RenameTakesAllBelowAlongUnchanged)
{
    ASSERT_TRUE(tree_.add("cn=box", container));
    ASSERT_TRUE(tree_.add("cn=in,cn=box", container));
    ASSERT_TRUE(tree_.add("cn=a+description=b\\, c,cn=in,cn=box", mailbox("a")));
    ASSERT_TRUE(tree_.add("cn=box2", container));  // its name only begins alike
    ASSERT_TRUE(tree_.rename("cn=box", {{"cn", "chest"}}));
    EXPECT_EQ(tree_.is("cn=a+description=b\\, c,cn=in,cn=chest"), "found");
    EXPECT_EQ(tree_.is("cn=in,cn=box"), "absent");
    EXPECT_EQ(tree_.is("cn=box2"), "found");
    EXPECT_EQ(tree_.find("(objectClass=*)", Scope::one_level, Tree::below("cn=chest")), "in");
}

TEST_P(DirectoryContract, RenameMovesBelowAnotherObject)
{
    ASSERT_TRUE(tree_.add("cn=from", container));
    ASSERT_TRUE(tree_.add("cn=to", container));
    ASSERT_TRUE(tree_.add("cn=box,cn=from", container));
    ASSERT_TRUE(tree_.add("cn=ann,cn=box,cn=from", mailbox("ann")));
    ASSERT_TRUE(tree_.rename("cn=box,cn=from", {{"cn", "box"}}, true, Tree::below("cn=to")));
    EXPECT_EQ(tree_.is("cn=ann,cn=box,cn=to"), "found");
    EXPECT_EQ(event_of(tree_.remove("cn=to")), refused) << "it has objects now";
    EXPECT_EQ(event_of(tree_.remove("cn=from")), "done") << "it has none any more";
}

TEST_P(DirectoryContract, RenameToSeveralValuesIsOneName)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann")));
    ASSERT_TRUE(tree_.rename("cn=ann", {{"cn", "anna"}, {"description", "tall"}}));
    EXPECT_EQ(tree_.is("description=tall+cn=anna"), "found");
    EXPECT_EQ(tree_.values("cn=anna+description=tall", "description"), Values{"tall"});
}

TEST_P(DirectoryContract, RenameThatCannotBeIsRefusedWithItsReason)
{
    ASSERT_TRUE(tree_.add("cn=box", container));
    ASSERT_TRUE(tree_.add("cn=in,cn=box", container));
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann")));
    const auto before = tree_.dump();
    EXPECT_EQ(event_of(tree_.rename("cn=box", {{"cn", "ANN"}})), exists_already);
    EXPECT_EQ(event_of(tree_.rename("cn=bob", {{"cn", "bo"}})), no_such_object);
    EXPECT_EQ(event_of(tree_.rename("cn=box", {{"cn", "b"}}, true, Tree::below("cn=no"))),
              no_such_object);
    EXPECT_EQ(event_of(tree_.rename("cn=box", {{"cn", "b"}}, true, Tree::below("cn=in,cn=box"))),
              refused);
    EXPECT_EQ(event_of(tree_.rename("cn=ann", {{"imcSmartHost", "x"}})), refused);
    EXPECT_EQ(event_of(tree_.rename("cn=ann", {})), no_name);
    EXPECT_EQ(event_of(tree_.rename("cn=ann", {{"cn", ""}})), no_name);
    EXPECT_EQ(event_of(tree_.rename("cn=ann", {{"", "x"}})), no_name);
    EXPECT_EQ(event_of(tree_.rename("cn=ann", {{"cn", "\xff"}})), no_name);
    EXPECT_EQ(event_of(tree_.rename("cn=ann", {{"cn", std::string(9000, 'x')}})), no_name);
    EXPECT_EQ(tree_.dump(), before);
}

// ---- addresses

TEST_P(DirectoryContract, AddressOfAnotherObjectIsRefusedAndItsOwnerNamed)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann", {"SMTP:ann@a.example"})));
    const auto added = tree_.add("cn=bob", mailbox("bob", {"smtp:ANN@a.example"}));
    EXPECT_EQ(event_of(added), address_taken);
    EXPECT_NE(added.error().detail().find("cn=ann"), std::string::npos) << added.error().detail();
    ASSERT_TRUE(tree_.add("cn=bob", mailbox("bob", {"SMTP:bob@a.example"})));
    for (const auto kind : {Kind::add, Kind::replace})
        EXPECT_EQ(
            event_of(tree_.modify("cn=bob", {{kind, "PROXYADDRESSES", {"smtp:ann@A.example"}}})),
            address_taken);
    EXPECT_EQ(tree_.values("cn=bob", "proxyAddresses"), Values{"SMTP:bob@a.example"});
    EXPECT_EQ(
        event_of(tree_.modify("cn=bob", {{Kind::add, "proxyAddresses", {"X400:ann@a.example"}}})),
        "done");
}

TEST_P(DirectoryContract, AddressIsFreeOnceItsOwnerIsGoneOrGaveItUp)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann", {"SMTP:ann@a.example", "smtp:x@a.example"})));
    ASSERT_TRUE(tree_.add("cn=bob", mailbox("bob")));
    const std::vector<Change> moved{
        {.kind = Change::Kind::modify,
         .dn = Tree::below("cn=ann"),
         .changes = {{Kind::remove, "proxyAddresses", {"smtp:x@a.example"}}}},
        {.kind = Change::Kind::modify,
         .dn = Tree::below("cn=bob"),
         .changes = {{Kind::add, "proxyAddresses", {"smtp:x@a.example"}}}}};
    EXPECT_EQ(event_of(tree_.apply(moved)), "done");
    ASSERT_TRUE(tree_.remove("cn=ann"));
    EXPECT_EQ(
        event_of(tree_.modify("cn=bob", {{Kind::add, "proxyAddresses", {"SMTP:ann@a.example"}}})),
        "done");
    EXPECT_EQ(tree_.find("(proxyAddresses=smtp:ann@a.example)"), "bob");
}

// ---- whole batches

TEST_P(DirectoryContract, BatchIsAllOrNothing)
{
    ASSERT_TRUE(tree_.add("cn=ann", mailbox("ann", {"SMTP:ann@a.example"})));
    ASSERT_TRUE(tree_.add("cn=box", container));
    const auto before = tree_.dump();
    const std::vector<Change> good{
        {.kind = Change::Kind::modify,
         .dn = Tree::below("cn=ann"),
         .changes = {{Kind::replace, "mailNickname", {"changed"}},
                     {Kind::remove, "proxyAddresses", {}},
                     {Kind::add, "description", {"new"}}}},
        {.kind = Change::Kind::rename,
         .dn = Tree::below("cn=ann"),
         .new_rdn = {{"cn", "anna"}},
         .new_superior = Tree::below("cn=box")},
        {.kind = Change::Kind::add, .dn = Tree::below("cn=new"), .attributes = container},
        {.kind = Change::Kind::rename,
         .dn = Tree::below("cn=box"),
         .new_rdn = {{"cn", "chest"}},
         .delete_old_rdn = false},
        {.kind = Change::Kind::remove, .dn = Tree::below("cn=new")},
        {.kind = Change::Kind::remove, .dn = Tree::below("cn=anna,cn=chest")}};
    const std::vector<std::pair<Change, std::string>> last{
        {{.kind = Change::Kind::remove, .dn = Tree::below("cn=nobody")}, no_such_object},
        {{.kind = Change::Kind::add, .dn = Tree::below("cn=chest"), .attributes = container},
         exists_already},
        {{.kind = Change::Kind::add, .dn = Tree::below("cn=x"), .attributes = {{"cn", {"x"}}}},
         refused},
        {{.kind = Change::Kind::rename, .dn = Tree::below("cn=chest"), .new_rdn = {}}, no_name}};
    for (std::size_t count = 1; count <= good.size(); ++count)
        for (const auto& [bad, event] : last) {
            if (count < 4 && event == exists_already) continue;  // it is not there yet
            if (count < 4 && event == no_name) continue;
            std::vector<Change> batch{good.begin(), good.begin() + static_cast<long>(count)};
            batch.push_back(bad);
            EXPECT_EQ(event_of(tree_.apply(batch)), event) << count;
            ASSERT_EQ(tree_.dump(), before) << count << " changes before " << event;
        }
    EXPECT_EQ(event_of(tree_.apply(good)), "done");
    EXPECT_EQ(tree_.find("(cn=*)"), "chest");
}

TEST_P(DirectoryContract, RevisionGrowsWithEachChangeAndOnlyThen)
{
    const auto revision = [&] { return tree_.directory().revision(soon()).value(); };
    auto before = revision();
    const auto grew = [&] {
        const auto now = revision();
        const bool yes = now > before;
        before = now;
        return yes;
    };
    (void)tree_.dump();
    EXPECT_FALSE(grew());
    ASSERT_TRUE(tree_.add("cn=box", container));
    EXPECT_TRUE(grew());
    ASSERT_TRUE(tree_.modify("cn=box", {{Kind::add, "description", {"x"}}}));
    EXPECT_TRUE(grew());
    ASSERT_TRUE(tree_.rename("cn=box", {{"cn", "chest"}}));
    EXPECT_TRUE(grew());
    ASSERT_TRUE(tree_.remove("cn=chest"));
    EXPECT_TRUE(grew());
}

}  // namespace
}  // namespace imc::contract
