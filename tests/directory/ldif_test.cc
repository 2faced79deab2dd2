#include "directory/ldif.h"

#include "base/base64.h"
#include "kit/paths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace imc {
namespace {

std::vector<Change> read(const std::string& text)
{
    auto changes = parse_ldif(text);
    EXPECT_TRUE(changes) << changes.error().detail() << "\n" << text;
    return changes ? *changes : std::vector<Change>{};
}

std::string flaw(const std::string& text)
{
    const auto changes = parse_ldif(text);
    return changes ? "read" : changes.error().detail();
}

std::string first(const std::string& record, const std::string& name = "x")
{
    const auto changes = read("dn: cn=a\n" + record);
    return changes.empty() ? "nothing" : changes.front().attributes.at(name).front();
}

// RFC 2849, examples 1 to 3: content, folding, base64.
TEST(Ldif, ContentRecordsBecomeAdds)
{
    const auto changes =
        read("version: 1\n"
             "dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com\n"
             "objectclass: top\nobjectclass: person\ncn: Barbara Jensen\n"
             "description:Babs is a big sailing fan, and travels extensively in s\n"
             " earch of perfect sailing conditions.\n\n\n\n"
             "dn:: b3U95Za25qWt6YOoLG89QWlyaXVz\nou;lang-ja:: 5Za25qWt6YOo\n");
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].kind, Change::Kind::add);
    EXPECT_EQ(changes[0].attributes.at("objectClass").size(), 2U);
    EXPECT_EQ(changes[0].attributes.at("DESCRIPTION").front(),
              "Babs is a big sailing fan, and travels extensively in search of perfect sailing "
              "conditions.");
    EXPECT_EQ(changes[1].dn.value_of("o"), "Airius");
    EXPECT_EQ(changes[1].attributes.at("ou;lang-ja").front(),
              "\xe5\x96\xb6\xe6\xa5\xad\xe9\x83\xa8");
}

TEST(Ldif, ValuesAreReadHoweverTheyAreWritten)
{
    EXPECT_EQ(first("x: plain\n"), "plain");
    EXPECT_EQ(first("x:plain\n"), "plain");
    EXPECT_EQ(first("x:    spaces in front\n"), "spaces in front");
    EXPECT_EQ(first("x:\n"), "");
    EXPECT_EQ(first("x: a: b :: c\n"), "a: b :: c");
    EXPECT_EQ(first("x:: YSBi\n"), "a b");
    EXPECT_EQ(first("x::\n"), "");
    EXPECT_EQ(first("x:: AAH/\n"), std::string("\0\x01\xff", 3));
    EXPECT_EQ(first("x:: YS\n Bi\n"), "a b") << "base64 may be folded";
    EXPECT_EQ(first("x: a\n b\n  c\n"), "ab c") << "one space is the fold's, the next the value's";
    EXPECT_EQ(first("x: a\r\n b\r\n"), "ab");
    EXPECT_EQ(first("x: no line end"), "no line end");
    EXPECT_EQ(first("description\n : folded name\n", "description"), "folded name");
    EXPECT_EQ(first("# a comment\n that is folded\nx: a\n"), "a");
    EXPECT_EQ(first("x: a\n# comment inside\ny: b\n", "y"), "b");
    EXPECT_EQ(first("x: # no comment\n"), "# no comment");
    EXPECT_EQ(read("\xef\xbb\xbf"
                   "dn: cn=a\nx: y\n")
                  .size(),
              1U);
    EXPECT_EQ(read("").size(), 0U);
    EXPECT_EQ(read("version: 1\n\n# only a comment\n\n").size(), 0U);
}

TEST(Ldif, ChangeRecordsAreReadWhole)
{
    const auto changes =
        read("dn: cn=a,o=b\nchangetype: add\nobjectClass: top\n\n"
             "dn: cn=a,o=b\nchangetype: delete\n\n"
             "dn: cn=a,o=b\nchangetype: modrdn\nnewrdn: cn=c\ndeleteoldrdn: 1\n\n"
             "dn: cn=a,o=b\nchangetype: MODDN\nnewrdn: cn=c+ou=d\ndeleteoldrdn: 0\n"
             "newsuperior: o=e\n\n"
             "dn: cn=a,o=b\nchangetype: modify\nadd: x\nx: 1\nX: 2\n-\n"
             "delete: y\n-\ndelete: y\ny: 3\n-\nreplace: z\n-\n\n");
    ASSERT_EQ(changes.size(), 5U);
    EXPECT_EQ(changes[0].kind, Change::Kind::add);
    EXPECT_EQ(changes[1].kind, Change::Kind::remove);
    EXPECT_EQ(changes[2].kind, Change::Kind::rename);
    EXPECT_TRUE(changes[2].delete_old_rdn && !changes[2].new_superior);
    EXPECT_EQ(changes[3].new_rdn, (Rdn{{"cn", "c"}, {"ou", "d"}}));
    EXPECT_FALSE(changes[3].delete_old_rdn);
    EXPECT_EQ(changes[3].new_superior->to_rfc4514(), "o=e");
    const auto& parts = changes[4].changes;
    ASSERT_EQ(parts.size(), 4U);
    EXPECT_EQ(parts[0].kind, AttributeChange::Kind::add);
    EXPECT_EQ(parts[0].values, (std::vector<std::string>{"1", "2"}));
    EXPECT_TRUE(parts[1].values.empty());
    EXPECT_EQ(parts[2].values, std::vector<std::string>{"3"});
    EXPECT_EQ(parts[3].kind, AttributeChange::Kind::replace);
}

TEST(Ldif, FlawIsNamedWithItsLine)
{
    const std::vector<std::pair<std::string, std::string>> table{
        {"dn: cn=a\nx:< file:///etc/passwd\n", "line 2: a value by URL is refused"},
        {"dn:< file:///etc/passwd\nx: a\n", "line 1: a value by URL"},
        {"dn: cn=a\nx:: ???\n", "line 2: no base64"},
        {"dn: cn=a\nx:: YQ\n", "line 2: no base64"},
        {"dn: cn=a\nx:: YQ==YQ==\n", "line 2: no base64"},
        {"dn: cn=a\nno colon\n", "line 2: \"no colon\" found"},
        {"dn: cn=a\n: value\n", "line 2: \": value\" found"},
        {"dn: cn=a\nx y: z\n", "line 2: \"x y\" is no attribute"},
        {"dn: cn=a\nx\xff: z\n", "line 2: \"x\\xff\" is no attribute"},
        {"dn: cn=a\nchangetype: modify\nadd:\n-\n", "line 3: \"\" is no attribute"},
        {" continued\n", "line 1: a continuation of nothing"},
        {"dn: cn=a\nx: y\n\n z\n", "line 4: a continuation of nothing"},
        {"x: y\n", "line 1: \"dn:\" expected"},
        {"dn: nonsense\nx: y\n", "line 1: \"nonsense\""},
        {"dn: cn=a\n", "line 1: an object without attributes"},
        {"version: 2\n\ndn: cn=a\nx: y\n", "line 1: version 1 expected"},
        {"dn: cn=a\nx: y\n-\n", "line 3: '-' outside"},
        {"dn: cn=a\nchangetype: explode\n", "line 2: changetype \"explode\""},
        {"dn: cn=a\ncontrol: 1.2.3 true\nchangetype: delete\n", "line 2: controls are not"},
        {"dn: cn=a\nchangetype: delete\nx: y\n", "line 3: nothing more expected"},
        {"dn: cn=a\nchangetype: modify\nx: y\n", "line 3: add:, delete: or replace:"},
        {"dn: cn=a\nchangetype: modify\nincrement: x\nx: 1\n", "line 3: add:, delete: or"},
        {"dn: cn=a\nchangetype: modify\nadd: x\ny: 1\n-\n", "line 4: attribute x expected"},
        {"dn: cn=a\nchangetype: modrdn\n", "line 2: newrdn: expected"},
        {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\n", "line 2: deleteoldrdn: 0 or 1"},
        {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: yes\n", "deleteoldrdn: 0"},
        {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b,o=c\ndeleteoldrdn: 0\n", "line 3: newrdn is"},
        {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 0\nnewsuperior: x\n", "line 5"},
        {"dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 0\nx: y\n", "line 5: nothing"},
    };
    for (const auto& [text, expected] : table)
        EXPECT_NE(flaw(text).find(expected), std::string::npos) << text << flaw(text);
}

TEST(Ldif, WhateverIsWrittenReadsTheSame)
{
    std::string every;
    for (int i = 0; i < 256; ++i)
        every += static_cast<char>(i);
    const std::vector<std::string> values{"a",
                                          "",
                                          " a",
                                          "a ",
                                          ":a",
                                          "<a",
                                          "#a",
                                          "-",
                                          "a\nb",
                                          "\r",
                                          "\0",
                                          every,
                                          std::string(200, 'x'),
                                          "\xc3\xa5",
                                          std::string(74, 'y') + " z"};
    Change add{.kind = Change::Kind::add, .dn = *Dn::parse("cn=\\0a \xc3\xb8\\, x,o=b")};
    add.attributes = {{"objectClass", {"top"}}, {"description", values}};
    Change modify{.kind = Change::Kind::modify, .dn = add.dn};
    modify.changes = {{AttributeChange::Kind::add, "x", values},
                      {AttributeChange::Kind::remove, "y", {}},
                      {AttributeChange::Kind::replace, "z", {"1"}}};
    const Change rename{.kind = Change::Kind::rename,
                        .dn = add.dn,
                        .new_rdn = {{"cn", " #a"}, {"ou", "b"}},
                        .delete_old_rdn = false,
                        .new_superior = *Dn::parse("o=c")};
    const Change remove{.kind = Change::Kind::remove, .dn = add.dn};
    std::string text = "version: 1\n\n";
    for (const auto& change : {add, modify, rename, remove})
        text += to_ldif(change);
    const auto again = read(text);
    ASSERT_EQ(again.size(), 4U);
    EXPECT_TRUE(identical(again[0].dn, add.dn));
    EXPECT_EQ(again[0].attributes.at("description"), values);
    EXPECT_EQ(again[1].changes[0].values, values);
    EXPECT_EQ(again[1].changes[1].kind, AttributeChange::Kind::remove);
    EXPECT_EQ(again[2].new_rdn, rename.new_rdn);
    EXPECT_FALSE(again[2].delete_old_rdn);
    EXPECT_TRUE(identical(*again[2].new_superior, *rename.new_superior));
    EXPECT_EQ(again[3].kind, Change::Kind::remove);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        EXPECT_LE(end - at, 76U);
        at = end + 1;
    }
    EXPECT_TRUE(
        std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c < 127); }));
}

TEST(Base64, IsWhatRfc4648SaysAndNothingElse)
{
    const std::vector<std::pair<std::string, std::string>> table{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
    for (const auto& [octets, text] : table) {
        EXPECT_EQ(base64_encode(octets), text);
        EXPECT_EQ(base64_decode(text), octets);
    }
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=Zg=", "Zm9v====", "Zm 9", "Zm9-", "===="})
        EXPECT_FALSE(base64_decode(text)) << text;
}

/// Files that other people wrote for their servers and clients. What we refuse of them stands here.
TEST(Ldif, OfOtherProgramsIsReadAndWrittenBackTheSame)
{
    const std::map<std::string, std::string> refused{
        {"slapd-dynamic.ldif", "line 8: a value by URL is refused"},
        {"multipleEntriesIn.ldif", "line 32: a value by URL is refused"},
        {"test-modify.ldif", "line 101: add:, delete: or replace: expected"},  // RFC 4525
        {"recursiveHandlerResults-2.ldif", "line 19: an object without attributes"},
        {"getSchemaResults.ldif", "\"AttributeDefinition\""},  // no name
    };
    std::size_t read_files = 0;
    std::size_t records = 0;
    for (const auto* folder : {"openldap-ldif", "ldaptive-ldif"})
        for (const auto& file : std::filesystem::directory_iterator{
                 imc::kit::source_dir() + "/tests/data/corpora/" + folder}) {
            const auto extension = file.path().extension();
            if (extension != ".ldif" && extension != ".out") continue;
            std::ifstream stream{file.path()};
            std::string text{std::istreambuf_iterator<char>{stream}, {}};
            // Some are patterns.
            const std::string_view variable = "${ldapBaseDn}";
            for (auto at = text.find(variable); at != text.npos; at = text.find(variable, at))
                text.replace(at, variable.size(), "dc=example,dc=org");
            const auto changes = parse_ldif(text);
            const auto name = file.path().filename().string();
            if (const auto known = refused.find(name); known != refused.end()) {
                EXPECT_NE(flaw(text).find(known->second), std::string::npos)
                    << name << ": " << flaw(text);
                continue;
            }
            EXPECT_TRUE(changes) << name << ": " << changes.error().detail();
            if (!changes) continue;
            ++read_files;
            records += changes->size();
            std::string written;
            for (const auto& change : *changes)
                written += to_ldif(change);
            const auto again = parse_ldif(written);
            ASSERT_TRUE(again) << name << ": " << again.error().detail();
            ASSERT_EQ(again->size(), changes->size()) << name;
            std::string twice;
            for (const auto& change : *again)
                twice += to_ldif(change);
            EXPECT_EQ(twice, written) << name;
        }
    EXPECT_GE(read_files, 100U);
    EXPECT_GE(records, 500U);
}

}  // namespace
}  // namespace imc
