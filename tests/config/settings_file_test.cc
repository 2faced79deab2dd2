#include "config/settings_file.h"

#include "config/config_tree.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

std::string flaw_of(std::string_view text)
{
    const auto read = parse_settings_file(text);
    return read ? "" : read.error().detail();
}

std::string changes_of(const ConfigTree& tree, std::string_view text)
{
    const auto now = tree.snapshot();
    const auto target = with(now, parse_settings_file(text).value());
    return target ? lines_of(differences(now, *target)) : target.error().detail();
}

// docs/formats/config-file.md
TEST(SettingsFile, RowsChangeWhatTheyNameAndNothingElse)
{
    const ConfigTree tree;
    EXPECT_EQ(changes_of(tree, "# why\r\n[Registry]\r\nmaxhops = 0x1E\r\n"
                               "RelayAllowList = 192.0.2.0/24\nRelayAllowList=198.51.100.7\n"
                               "; or so\n\n[connector]\n  imcTls =  verify  \n"),
              "[registry] MaxHops: not set -> 30\n"
              "[registry] RelayAllowList: not set -> 192.0.2.0/24, 198.51.100.7\n"
              "[connector] imcTls: not set -> verify\n");
    EXPECT_EQ(changes_of(tree, ""), "");
}

TEST(SettingsFile, NothingBehindTheSignTakesASettingAway)
{
    ConfigTree tree;
    tree.add_value("\"MaxHops\"=dword:0000001e");
    tree.set(tree_names.connector, "imcTls", {"verify"});
    EXPECT_EQ(changes_of(tree, "[registry]\nMaxHops =\n[connector]\nimcTls=\n"),
              "[registry] MaxHops: 30 -> not set\n[connector] imcTls: verify -> not set\n");
}

TEST(SettingsFile, AProfileIsMadeAndRemovedByItsSection)
{
    ConfigTree tree;
    tree.add_profile("old.example", {{"imcTls", {"none"}}});
    const auto said =
        changes_of(tree, "[domain Example.NET]\nimcSmartHost = relay:587\n[-domain old.example]\n");
    EXPECT_NE(said.find("[domain example.net] added: cn=example.net,cn=E-Mail Domains,"),
              std::string::npos)
        << said;
    EXPECT_NE(said.find("[domain example.net] imcSmartHost: not set -> relay:587"),
              std::string::npos);
    EXPECT_NE(said.find("[domain old.example] removed: "), std::string::npos);
}

TEST(SettingsFile, TheLineThatIsWrongIsNamed)
{
    EXPECT_EQ(parse_settings_file("x").error().event(), EventId::config_file_invalid);
    EXPECT_EQ(flaw_of("MaxHops = 3\n"), "line 1: \"MaxHops = 3\" found before any [section]");
    EXPECT_EQ(flaw_of("[registry]\n\nMaxHop = 3\n"),
              "line 3: [registry] has no setting \"MaxHop\"; did you mean MaxHops?");
    EXPECT_EQ(flaw_of("[connector]\nMaxHops = 3\n"),
              "line 2: [connector] has no setting \"MaxHops\"");
    EXPECT_EQ(flaw_of("[registry]\nMaxHops = 3\n"),
              "line 2: MaxHops: 3 found, 10 to 1000 (Received lines) expected");
    EXPECT_EQ(flaw_of("[registry]\nMaxHops = 30\nmaxhops = 31\n"),
              "line 3: MaxHops stands in line 2 already, and has one value");
    EXPECT_EQ(flaw_of("[registry]\nXclientNetworks = a\nXclientNetworks =\n"),
              "line 3: XclientNetworks stands in line 2 already, and is taken away in one of them");
    EXPECT_EQ(flaw_of("[connector]\nimcMaxMessageKB = many\n"),
              "line 2: imcMaxMessageKB: \"many\" found; 1 to 2097151, or 0 for no limit here "
              "expected");
    EXPECT_EQ(flaw_of("[connector]\nimcSmartHost = a\nimcSmartHost = A\n"),
              "line 2: imcSmartHost: \"A\" stands twice");
    EXPECT_NE(flaw_of("[conector]\n").find("line 1: \"conector\" found; registry, connector"),
              std::string::npos);
    EXPECT_EQ(flaw_of("[connector\n"), "line 1: \"[connector\" found, ] expected at its end");
    EXPECT_EQ(flaw_of("[-connector]\n"),
              "line 1: \"[-connector]\" found; only [-domain NAME] can be removed");
    EXPECT_EQ(flaw_of("[domain a.example]\n[-domain a.example]\n"),
              "line 2: [domain a.example] is wanted and is to be removed");
    EXPECT_EQ(flaw_of("[registry]\nTurfDir = \"/a\nAnswerVrfy = on\n"),
              "line 2: no closing quotation mark");
    EXPECT_EQ(flaw_of("[registry]\nTurfDir = \"/a\" b\n"),
              "line 2: \" b\" found behind the closing quotation mark");
    // What the service itself writes is no setting.
    EXPECT_EQ(flaw_of("[connector]\nimcGeneration = 7\n"),
              "line 2: [connector] has no setting \"imcGeneration\"");
}

TEST(SettingsFile, WhatItExportsMakesTheSameOfAnything)
{
    ConfigTree tree;
    tree.add_value("\"MaxHops\"=dword:0000001e");
    tree.add_value("\"TurfDir\"=\" /with \\\"spaces\\\\ \"");
    tree.add_value("\"RelayAllowList\"=hex(7):00,00");
    tree.add_value("\"Nobodys\"=\"x\"");
    tree.set(tree_names.connector, "imcSmartHost", {"b:26", "a"});
    tree.set(tree_names.organization, "imcTls", {"verify"});
    tree.at(tree_names.organization).attributes["objectClass"].emplace_back("imcDefaults");
    tree.add_profile("*", {});
    tree.add_profile("example.net", {{"imcTls", {"none"}}, {"imcSubdomains", {"FALSE"}}});
    const auto now = tree.snapshot();
    const auto text = to_settings_file(now);
    const auto file = parse_settings_file(text);
    ASSERT_TRUE(file) << file.error().to_string() << text;
    EXPECT_EQ(lines_of(differences(now, *with(now, *file))), "") << text;

    // Of a connector that was only set up it makes the same, but for what nobody reads.
    const auto fresh = ConfigTree{}.snapshot();
    const auto made = with(fresh, *file).value();
    EXPECT_EQ(lines_of(differences(made, now)), "[registry] Nobodys: not set -> x\n");
    EXPECT_EQ(to_settings_file(made).find("RelayAllowList = \"\"\n") != std::string::npos, true);
}

TEST(SettingsFile, ObjectsAboveGetTheClassThatAllowsIt)
{
    const ConfigTree tree;
    const auto now = tree.snapshot();
    const auto target =
        with(now, parse_settings_file("[site]\nimcTls = verify\n[site addressing]\nimcTls = may\n"
                                      "imcSiteDomain = contoso.example\n")
                      .value())
            .value();
    EXPECT_TRUE(target.find("site")->has_class("imcDefaults"));
    EXPECT_TRUE(target.find("site addressing")->has_class("imcDefaults"));
    EXPECT_FALSE(target.find("server")->has_class("imcDefaults"));
    const auto plan = make_plan(now, target);
    ASSERT_EQ(plan.directory.size(), 2U);
    EXPECT_FALSE(plan.registry);
}

}  // namespace
}  // namespace imc::config
