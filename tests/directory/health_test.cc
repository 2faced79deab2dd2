/// What in a directory wants mending, found without walking for ever.
#include "directory/health.h"

#include "directory/recorded.h"
#include "kit/slapd.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

Entry object(const std::string& alias, const std::string& address, Attributes more = {})
{
    more["mailNickname"] = {alias};
    more["proxyAddresses"] = {address};
    return {Dn::parse_rfc4514("cn=" + alias + address + ",o=Org").value(), std::move(more)};
}

TEST(DirectoryHealth, NamesTwiceAndReferencesToNothingAreFound)
{
    const auto people = recorded_directory(
        {object("ann", "SMTP:a@a"),
         object("ann", "smtp:A@A"),
         object("staff", "SMTP:s@a",
                {{"member", {"CN=annSMTP:a@a,o=ORG", "cn=gone,o=Org", "cn=outside,o=Other"}},
                 {"altRecipient", {"cn=gone,o=Org"}}}),
         {Dn::parse_rfc4514("cn=outside,o=Other").value(), {{"cn", {"outside"}}}}},
        "people");
    const auto found = look_over(*people, Dn{}, after(10s)).value();
    EXPECT_EQ(found.objects, 3U);
    EXPECT_EQ(found.references, 4U);
    EXPECT_TRUE(found.whole);
    EXPECT_EQ(found.twice, (Lines{"address smtp:A@A: cn=annSMTP:a@a,o=Org and cn=annsmtp:A@A,o=Org",
                                  "alias ann: cn=annSMTP:a@a,o=Org and cn=annsmtp:A@A,o=Org"}));
    EXPECT_EQ(found.dangling, (Lines{"cn=staffSMTP:s@a,o=Org: member cn=gone,o=Org",
                                     "cn=staffSMTP:s@a,o=Org: altRecipient cn=gone,o=Org"}));
}

TEST(DirectoryHealth, WhatIsTooMuchIsSaidAndNotWalkedThrough)
{
    const auto people = recorded_directory(
        {object("a", "SMTP:a@a", {{"member", {"cn=x", "cn=y", "cn=z"}}}), object("b", "SMTP:b@a")},
        "people");
    const auto one = look_over(*people, Dn{}, after(10s), {.objects = 1}).value();
    EXPECT_FALSE(one.whole);
    EXPECT_FALSE(one.all_objects);
    EXPECT_EQ(one.objects, 1U) << "and that one was looked at";
    EXPECT_EQ(one.dangling.size(), 3U);
    const auto two = look_over(*people, Dn{}, after(10s), {.reads = 2}).value();
    EXPECT_FALSE(two.whole);
    EXPECT_EQ(two.dangling.size(), 2U);
    EXPECT_EQ(look_over(*people, Dn{}, after(10s), {.findings = 1}).value().dangling.size(), 1U);
    EXPECT_FALSE(look_over(*silent_directory("x", Error{EventId::directory_unreachable, "down"}),
                           Dn{}, after(10s)));
}

// Beyond 20,000 nothing was looked at.
TEST(DirectoryHealth, LargeDirectoryIsLookedAtToItsEnd)
{
    constexpr int many = 20'001;
    std::vector<Entry> all;
    for (int i = 0; i < many; ++i)
        all.push_back(object("p" + std::to_string(i), "SMTP:p" + std::to_string(i) + "@a"));
    all.push_back(object("last", "smtp:P7@A", {{"member", {"cn=gone,o=Org"}}}));
    const auto people = recorded_directory(std::move(all), "people");
    const auto found = look_over(*people, Dn{}, after(60s)).value();
    EXPECT_TRUE(found.whole);
    EXPECT_EQ(found.objects, many + 1U);
    EXPECT_EQ(found.twice,
              Lines{"address smtp:P7@A: cn=p7SMTP:p7@a,o=Org and cn=lastsmtp:P7@A,o=Org"});
    EXPECT_EQ(found.dangling, Lines{"cn=lastsmtp:P7@A,o=Org: member cn=gone,o=Org"});
}

TEST(DirectoryHealth, LineOfAnIndexSaysEqualityOrDoesNot)
{
    const Lines lines{"objectClass eq", "cn,Mail pres,eq,sub", "sn sub", "uid", "default pres,eq"};
    for (const char* name : {"OBJECTCLASS", "cn", "mail", "uid"})
        EXPECT_TRUE(has_equality_index(lines, name)) << name;
    for (const char* name : {"sn", "mailNickname"})
        EXPECT_FALSE(has_equality_index(lines, name)) << name;
    EXPECT_FALSE(has_equality_index({"uid"}, "uid"));
    EXPECT_FALSE(has_equality_index({"uid", "default sub"}, "uid"));
}

// The kit's server indexes objectClass, proxyAddresses and mailNickname.
TEST(DirectoryHealth, MissingIndexIsReadFromTheServersConfiguration)
{
    const kit::Slapd server;
    LdapSettings settings{.urls = {server["url"]},
                          .base = "ou=People," + server["suffix"],
                          .bind_dn = server["bind_dn"],
                          .password_file = server.password_file()};
    const auto answer = missing_indexes(
        settings, {"objectClass", "mail", "proxyAddresses", "uid", "nobodyKnowsIt"}, after(20s));
    ASSERT_TRUE(std::holds_alternative<MissingIndexes>(answer));
    const auto& missing = std::get<MissingIndexes>(answer);
    EXPECT_EQ(missing.database, "olcDatabase={1}mdb,cn=config");
    EXPECT_EQ(missing.attributes, (Lines{"mail", "uid"}))
        << "an index of what the server does not know cannot be made";

    settings.bind_dn.clear();
    settings.password_file.clear();
    EXPECT_TRUE(
        std::holds_alternative<ProvenAbsent>(missing_indexes(settings, {"mail"}, after(20s))))
        << "cn=config is not everybody's";
    settings.urls = {"ldap://127.0.0.1:1"};
    EXPECT_TRUE(std::holds_alternative<CannotSay>(missing_indexes(settings, {"mail"}, after(20s))));
}

}  // namespace
}  // namespace imc
