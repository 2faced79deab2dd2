#include "base/files.h"
#include "directory/config_free_tree.h"
#include "directory/embedded.h"
#include "directory/ldif.h"
#include "directory/reverse.h"
#include "directory/undo.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

using namespace std::chrono_literals;

std::string dump(Directory& directory)
{
    std::string out;
    const auto all = directory.search({}, Scope::subtree, "(objectClass=*)", after(10s));
    for (const auto& entry : *all)
        out += to_ldif(entry);
    return out;
}

// A reinstall renames organization, site and server, and then changes what refers to them.
TEST(Undo, OfRenamesAndWhatFollowsThemBringsEverythingBack)
{
    const kit::Tree tree;
    const auto before = dump(*tree.directory);
    const Dn person = *Dn::parse_rfc4514("cn=ann,ou=Oslo,o=Contoso");
    Change rename_person{Change::Kind::rename, person};
    rename_person.new_rdn = {{"cn", "anna"}};
    Change rename_site{Change::Kind::rename, person.parent()};
    rename_site.new_rdn = {{"ou", "Bergen"}};
    Change rename_organization{Change::Kind::rename, person.parent().parent()};
    rename_organization.new_rdn = {{"o", "Fabrikam"}};
    Change modify{Change::Kind::modify, *Dn::parse_rfc4514("cn=anna,ou=Bergen,o=Fabrikam")};
    modify.changes = {{AttributeChange::Kind::replace, "displayName", {"Anna"}}};
    Change add{Change::Kind::add, *Dn::parse_rfc4514("cn=box,ou=Bergen,o=Fabrikam")};
    add.attributes = {{"objectClass", {"imcContainer"}}};
    Change describe{Change::Kind::modify, add.dn};
    describe.changes = {{AttributeChange::Kind::add, "description", {"a box"}}};
    const std::vector changes{rename_person, rename_site, rename_organization,
                              modify,        add,         describe};

    const auto back = reverse(*tree.directory, changes, after(10s));
    ASSERT_TRUE(back);
    ASSERT_TRUE(tree.directory->apply(changes, after(10s)));
    EXPECT_NE(dump(*tree.directory), before);
    const auto undone = tree.directory->apply(*back, after(10s));
    ASSERT_TRUE(undone) << undone.error().to_string();
    EXPECT_EQ(dump(*tree.directory), before);
}

TEST(Undo, FileTakesTheChangeBackAndARefusedChangeLeavesNone)
{
    const kit::Tree tree;
    const Paths paths{tree.folder};
    const auto before = dump(*tree.directory);
    const Dn person = *Dn::parse_rfc4514("cn=ann,ou=Oslo,o=Contoso");
    const std::vector<Change> changes{
        {.kind = Change::Kind::modify,
         .dn = person,
         .changes = {{AttributeChange::Kind::replace, "description", {"line\nbreak", " space "}}}},
        {.kind = Change::Kind::rename, .dn = person, .new_rdn = {{"cn", "anna, b"}}},
        {.kind = Change::Kind::remove, .dn = *Dn::parse_rfc4514("cn=anna\\, b,ou=Oslo,o=Contoso")}};
    const auto file = apply_with_undo(paths, *tree.directory, changes, after(10s));
    ASSERT_TRUE(file) << file.error().to_string();
    EXPECT_EQ(real_files().status(file->file)->mode, 0600U);
    const auto text = *read_file(real_files(), file->file);
    EXPECT_TRUE(text.starts_with("version: 1\n"));
    const auto back = parse_ldif(text);
    ASSERT_TRUE(back) << back.error().detail();
    const auto undone = tree.directory->apply(*back, after(10s));
    ASSERT_TRUE(undone) << undone.error().to_string() << "\n" << text;
    EXPECT_EQ(dump(*tree.directory), before);

    const Change refused{.kind = Change::Kind::remove, .dn = *Dn::parse_rfc4514("o=Contoso")};
    const auto files = real_files().list(paths.backup())->size();
    EXPECT_FALSE(apply_with_undo(paths, *tree.directory, {&refused, 1}, after(10s)));
    EXPECT_EQ(real_files().list(paths.backup())->size(), files);
}

// What cannot be taken back is not begun; a change that is none must not end the program.
TEST(Undo, OfAChangeThatIsNoneIsAnError)
{
    const kit::Tree tree;
    for (const Change& change :
         {Change{.kind = Change::Kind::rename, .dn = *Dn::parse_rfc4514("o=Contoso")},
          Change{.kind = Change::Kind::rename, .dn = {}, .new_rdn = {{"o", "x"}}}})
        EXPECT_FALSE(reverse(*tree.directory, {&change, 1}, after(10s)));
}

TEST(Undo, OfObjectsAddedChangedAndRemovedInOneBatchIsEmptyHanded)
{
    const kit::Tree tree;
    const auto before = dump(*tree.directory);
    const Dn box = *Dn::parse_rfc4514("cn=box,o=Contoso");
    const Dn person = *Dn::parse_rfc4514("cn=ann,ou=Oslo,o=Contoso");
    const std::vector<Change> changes{
        {.kind = Change::Kind::add, .dn = box, .attributes = {{"objectClass", {"imcContainer"}}}},
        {.kind = Change::Kind::modify,
         .dn = box,
         .changes = {{AttributeChange::Kind::add, "description", {"x"}}}},
        {.kind = Change::Kind::remove, .dn = box},
        // Its name gets a value that it had already: the way back must not take that along.
        {.kind = Change::Kind::modify,
         .dn = person,
         .changes = {{AttributeChange::Kind::add, "cn", {"anna"}}}},
        {.kind = Change::Kind::rename,
         .dn = person,
         .new_rdn = {{"cn", "Anna"}},
         .delete_old_rdn = false}};
    const auto back = reverse(*tree.directory, changes, after(10s));
    ASSERT_TRUE(back);
    ASSERT_TRUE(tree.directory->apply(changes, after(10s)));
    const auto undone = tree.directory->apply(*back, after(10s));
    ASSERT_TRUE(undone) << undone.error().to_string();
    EXPECT_EQ(dump(*tree.directory), before);
}

TEST(Embedded, ObjectCannotBeMovedBelowItself)
{
    const kit::Tree tree;
    Change move{Change::Kind::rename, *Dn::parse_rfc4514("ou=Oslo,o=Contoso")};
    move.new_rdn = {{"ou", "Oslo"}};
    move.new_superior = *Dn::parse_rfc4514("cn=ann,ou=Oslo,o=Contoso");
    const auto moved = tree.directory->apply({&move, 1}, after(10s));
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().event(), EventId::directory_refused);
}

TEST(Embedded, AddressOfAnotherObjectIsRefusedAndItsOwnerNamed)
{
    const kit::Tree tree;
    Change add{Change::Kind::add, *Dn::parse_rfc4514("cn=bob,ou=Oslo,o=Contoso")};
    add.attributes = {{"objectClass", {"imcMailbox"}},
                      {"mailNickname", {"bob"}},
                      {"proxyAddresses", {"smtp:ANN@example.org"}}};
    const auto added = tree.directory->apply({&add, 1}, after(10s));
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().event(), EventId::directory_address_taken);
    EXPECT_NE(added.error().detail().find("cn=ann"), std::string::npos);
}

TEST(Dn, SecondEqualSignInAnX500NameIsAnErrorWithItsPosition)  // Q166540
{
    const auto dn = Dn::parse("/O=CONTOSO=OU=OSLO");
    ASSERT_FALSE(dn);
    EXPECT_NE(dn.error().detail().find("position 11"), std::string::npos) << dn.error().detail();
}

TEST(Dn, BothFormsSayTheSame)
{
    const auto dn = *Dn::parse("/o=A, B\\/C/ou=D+E/cn=F\\=G");
    EXPECT_EQ(dn.to_rfc4514(), "cn=F=G,ou=D\\+E,o=A\\, B/C");
    EXPECT_TRUE(identical(dn, *Dn::parse(dn.to_rfc4514())));
    EXPECT_TRUE(identical(dn, *Dn::parse(dn.to_x500())));
    EXPECT_TRUE(same(*Dn::parse("CN=a  b,O=c"), *Dn::parse("cn=A B,o=C")));
    EXPECT_FALSE(identical(*Dn::parse("cn=A"), *Dn::parse("cn=a")));
    for (const char* text : {"cn", "cn=a,", "=a", "cn=a;ou=b", "cn=\\zz", "cn=\xff", "/cn", "o=a/"})
        EXPECT_FALSE(Dn::parse(text) && std::string_view{text} != "o=a/") << text;
}

TEST(Ldif, IsReadFoldedAndEncodedAndRefusedWithItsLine)
{
    const auto changes = parse_ldif("version: 1\n# c\ndn: cn=a,\n o=b\nobjectClass: "
                                    "top\ndescription:: w6g=\n\ndn: cn=a,o=b\nchangetype: modify\n"
                                    "replace: cn\ncn: x\n-\ndelete: description\n-\n");
    ASSERT_TRUE(changes) << changes.error().detail();
    EXPECT_EQ((*changes)[0].dn.to_rfc4514(), "cn=a,o=b");
    EXPECT_EQ((*changes)[0].attributes.at("description").front(), "\xc3\xa8");
    EXPECT_EQ((*changes)[1].changes.size(), 2U);
    EXPECT_NE(parse_ldif("dn: cn=a\nx:< file:///etc/passwd\n").error().detail().find("line 2"),
              std::string::npos);
    EXPECT_FALSE(parse_ldif("dn: cn=a\nchangetype: explode\n"));
}

Change set_password(const std::vector<std::string>& values)
{
    Change change{Change::Kind::modify, *Dn::parse_rfc4514("cn=ann,ou=Oslo,o=Contoso")};
    change.changes = {{AttributeChange::Kind::replace, "userPassword", values},
                      {AttributeChange::Kind::replace, "displayName", {"Ann B."}}};
    return change;
}

// A hash in a backup folder is a hash that can be stolen.
TEST(Undo, KeepsNoSecretAndSaysSo)
{
    const kit::Tree tree;
    const Paths paths{tree.folder};
    const auto first = set_password({"{ARGON2}first"});
    auto undo = apply_with_undo(paths, *tree.directory, {&first, 1}, after(10s));
    ASSERT_TRUE(undo);
    EXPECT_TRUE(undo->lost.empty());  // there was none; taking it away needs none

    const auto second = set_password({"{ARGON2}second"});
    undo = apply_with_undo(paths, *tree.directory, {&second, 1}, after(10s));
    ASSERT_TRUE(undo);
    EXPECT_EQ(undo->lost, std::vector<std::string>{"userPassword of cn=ann,ou=Oslo,o=Contoso"});
    const auto text = read_file(real_files(), undo->file);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->find("first"), std::string::npos) << *text;
    EXPECT_NE(text->find("displayName: Ann B."), std::string::npos) << *text;
    EXPECT_NE(text->find("Not kept: userPassword"), std::string::npos) << *text;
    EXPECT_TRUE(parse_ldif(*text));

    Change remove{Change::Kind::remove, first.dn};
    undo = apply_with_undo(paths, *tree.directory, {&remove, 1}, after(10s));
    ASSERT_TRUE(undo);
    EXPECT_EQ(undo->lost.size(), 1U);
    EXPECT_EQ(read_file(real_files(), undo->file)->find("second"), std::string::npos);
}

TEST(Undo, OfASecretAloneIsNothingAndTheChangeIsMade)
{
    const kit::Tree tree;
    auto change = set_password({"{ARGON2}first"});
    change.changes.pop_back();
    ASSERT_TRUE(apply_with_undo(Paths{tree.folder}, *tree.directory, {&change, 1}, after(10s)));
    change.changes.front().values = {"{ARGON2}second"};
    const auto undo =
        apply_with_undo(Paths{tree.folder}, *tree.directory, {&change, 1}, after(10s));
    ASSERT_TRUE(undo);
    EXPECT_EQ(undo->file, "");
    EXPECT_EQ(undo->lost.size(), 1U);
    const auto entry = std::get<Entry>(tree.directory->read(change.dn, after(10s)));
    EXPECT_EQ(entry.first("userPassword"), "{ARGON2}second");
}

TEST(Ldif, ShowsSecretsOnlyWhenAskedFor)
{
    const Entry entry{*Dn::parse_rfc4514("cn=ann"),
                      {{"cn", {"ann"}}, {"UserPassword", {"{ARGON2}x", "{ARGON2}y"}}}};
    EXPECT_EQ(to_ldif(entry), "dn: cn=ann\ncn: ann\n# UserPassword: 2 values not shown\n\n");
    EXPECT_NE(to_ldif(entry, Secrets::shown).find("UserPassword: {ARGON2}x"), std::string::npos);
}

}  // namespace
}  // namespace imc
