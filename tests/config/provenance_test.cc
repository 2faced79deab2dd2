#include "config/provenance.h"

#include "config/config_tree.h"
#include "config/inheritance.h"
#include "config/setting_table.h"
#include "directory/schema.h"
#include "registry/values.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

/// "connector=5 server=4! built-in=20": the strongest first, '!' behind the winner.
std::string layers_of(const ConfigTree& tree, const std::string& section, const std::string& name)
{
    for (const auto& p : provenance(tree.snapshot(), "registry.reg")) {
        if (p.section != section || p.info.name != name) continue;
        std::string out;
        for (auto layer = p.layers.rbegin(); layer != p.layers.rend(); ++layer)
            out += (out.empty() ? "" : " ") + layer->name + "=" + to_text(layer->values) +
                   (&*layer == p.winner() ? "!" : "");
        return out;
    }
    return "no such setting";
}

TEST(Provenance, TheNearestObjectThatSaysItDecides)
{
    ConfigTree tree;
    EXPECT_EQ(layers_of(tree, "connector", "imcMaxConnections"), "built-in=20!");
    tree.add_value("\"MaxOutboundConnectionsPerHost\"=dword:00000002");
    tree.set(tree_names.organization, "imcMaxConnections", {"3"});
    tree.set(tree_names.site, "imcMaxConnections", {"4"});
    tree.set(tree_names.addressing, "imcMaxConnections", {"5"});
    tree.set(tree_names.server, "imcMaxConnections", {"6"});
    EXPECT_EQ(layers_of(tree, "connector", "imcMaxConnections"),
              "server=6! site addressing=5 site=4 organization=3 registry=2 built-in=20");
    tree.set(tree_names.connector, "imcMaxConnections", {"7"});
    EXPECT_EQ(layers_of(tree, "connector", "imcMaxConnections"),
              "connector=7! server=6 site addressing=5 site=4 organization=3 registry=2 "
              "built-in=20");
}

TEST(Provenance, AProfileStandsAboveTheConnectorAndTheDomainsAboveIt)
{
    ConfigTree tree;
    tree.set(tree_names.connector, "imcTls", {"encrypt"});
    tree.add_profile("*", {{"imcTls", {"may"}}});
    tree.add_profile("example.net", {{"imcTls", {"none"}}});
    tree.add_profile("a.example.net", {{"imcTls", {"verify"}}});
    EXPECT_EQ(layers_of(tree, "domain a.example.net", "imcTls"),
              "domain a.example.net=verify! domain example.net=none domain *=may "
              "connector=encrypt built-in=may");
}

TEST(Provenance, AProfileShowsWhatItInheritsWithTheLayerThatSaysIt)
{
    ConfigTree tree;
    tree.set(tree_names.site, "imcMaxConnections", {"4"});
    tree.set(tree_names.connector, "imcTls", {"encrypt"});
    tree.add_profile("*", {{"imcEightBit", {"refuse"}}, {"imcSubdomains", {"TRUE"}}});
    tree.add_profile("example.net", {{"imcTls", {"none"}}});
    const std::string section = "domain example.net";
    EXPECT_EQ(layers_of(tree, section, "imcTls"),
              "domain example.net=none! connector=encrypt built-in=may");
    EXPECT_EQ(layers_of(tree, section, "imcEightBit"), "domain *=refuse! built-in=convert");
    EXPECT_EQ(layers_of(tree, section, "imcMaxConnections"), "site=4! built-in=20");
    EXPECT_EQ(layers_of(tree, section, "imcMessagesPerMinute"), "built-in=0!");
    EXPECT_EQ(layers_of(tree, section, "imcSubdomains"), "no such setting") << "its own affair";
    for (const auto& p : provenance(tree.snapshot(), "registry.reg"))
        if (p.section == section) {
            EXPECT_EQ(p.inherited, p.info.name != "imcTls") << p.info.name;
        }
}

// docs/formats/domain-profiles.md, "Who decides"
TEST(Provenance, ARowOfTheConnectorStandsBetweenItsDomainAndTheWiderOnes)
{
    ConfigTree tree;
    tree.set(tree_names.connector, "imcDeliveryRouting",
             {"example.net;row.example;host", "#b.example.net;exact.example;host"});
    tree.add_profile("*", {{"imcSmartHost", {"star.example"}}});
    tree.add_profile("a.example.net", {{"imcTls", {"verify"}}});
    EXPECT_EQ(layers_of(tree, "domain a.example.net", "imcSmartHost"),
              "row example.net=row.example:25! domain *=star.example built-in=dns");
    tree.add_profile("example.net", {{"imcSmartHost", {"object.example"}}});
    EXPECT_EQ(layers_of(tree, "domain a.example.net", "imcSmartHost"),
              "domain example.net=object.example! row example.net=row.example:25 "
              "domain *=star.example built-in=dns");
}

TEST(Provenance, ADomainWithoutAProfileInheritsToo)
{
    ConfigTree tree;
    tree.add_profile("example.net", {{"imcTls", {"none"}}});
    std::string found;
    for (const auto& p : provenance(tree.snapshot(), "registry.reg", "Sub.Example.net"))
        if (p.section == "domain sub.example.net" && p.info.name == "imcTls")
            found = p.winner()->name;
    EXPECT_EQ(found, "domain example.net");
}

// Q231303: since SP3 the registry's limits supersede the page's.
TEST(Provenance, TheRegistrysSizeLimitSupersedesThePages)
{
    ConfigTree tree;
    tree.set(tree_names.connector, "imcMaxMessageKB", {"9"});
    EXPECT_EQ(layers_of(tree, "registry", "InboundSizeLimit"), "connector=9216! built-in=67108864");
    tree.add_value("\"InboundSizeLimit\"=hex(b):00,10,00,00,00,00,00,00");
    EXPECT_EQ(layers_of(tree, "registry", "InboundSizeLimit"),
              "registry=4096! connector=9216 built-in=67108864");
    EXPECT_EQ(layers_of(tree, "connector", "imcMaxMessageKB"),
              "registry=4096 octets! connector=9 built-in=0");
}

TEST(Provenance, AFlawedValueDoesNotCount)
{
    ConfigTree tree;
    tree.add_value("\"MaxHops\"=\"thirty\"");
    EXPECT_EQ(layers_of(tree, "registry", "MaxHops"), "registry=thirty built-in=50!");
}

// A setting that the table leaves out could be set and never be seen.
TEST(SettingTable, EachAttributeThatAnObjectMayHaveIsInTheTable)
{
    for (const std::string section :
         {"connector", "site addressing", "server", "site", "domain *"}) {
        const auto* rule =
            find_class(section == "server" ? "imcServer" : class_of_section(section));
        const auto names = std::string{rule->may} + " " + std::string{rule->must};
        for (const auto name : split(names, ' '))
            if (!name.empty() && name != "cn" && name != "imcGeneration") {
                EXPECT_TRUE(find_setting(section, name)) << section << " " << name;
            }
    }
    for (const auto& info : registry::value_table())
        EXPECT_TRUE(find_setting("registry", info.name)) << info.name;
}

TEST(Inheritance, AllValuesOfAnAttributeAreOfOneObject)
{
    const Dn dn = tree_names.connector;
    const Entry connector{dn, {{"imcTls", {"none"}}}};
    const std::vector<Entry> above{
        {tree_names.server, {{"imcSmartHost", {"a", "b"}}}},
        {tree_names.organization,
         {{"imcSmartHost", {"c"}}, {"imcTls", {"verify"}}, {"imcTransferMode", {"none"}}}}};
    const auto made = inherit(connector, above);
    EXPECT_EQ(made.connector.all("imcSmartHost").size(), 2U);
    EXPECT_EQ(made.connector.first("imcTls"), "none");
    EXPECT_EQ(made.connector.first("imcTransferMode"), "");  // is the connector's own affair
    EXPECT_TRUE(same(made.said_by("imcSmartHost"), tree_names.server));
    EXPECT_TRUE(same(made.said_by("imcTls"), dn));
}

// A generation differs from another one by this: what is missing here is not taken while the
// service runs.
TEST(Inheritance, EverySettingOfAConnectorIsInItsText)
{
    const Entry bare;
    EXPECT_EQ(settings_text(bare), "");
    std::size_t settings = 0;
    Entry written_by_us;
    written_by_us.attributes["imcGeneration"] = {"7 abc"};
    EXPECT_EQ(settings_text(written_by_us), "") << "each generation would cause the next";
    for (const auto name : settings_of_section("connector")) {
        if (!find_setting("connector", name) || name == "description") continue;
        Entry one;
        one.attributes[std::string{name}] = {"b", "a"};
        Entry other = one;
        other.attributes[std::string{name}] = {"a", "b"};
        EXPECT_NE(settings_text(one), "") << name;
        EXPECT_EQ(settings_text(one), settings_text(other)) << name << ": a directory has no order";
        other.attributes[std::string{name}] = {"a", "c"};
        EXPECT_NE(settings_text(one), settings_text(other)) << name;
        ++settings;
    }
    EXPECT_GT(settings, 20U);
}

}  // namespace
}  // namespace imc::config
