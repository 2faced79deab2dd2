#include "config/load.h"

#include "config/contoso_host.h"

#include <algorithm>

namespace imc::config {
namespace {

using namespace std::chrono_literals;

/// A host with an embedded directory, whose routing a test changes.
class LoadRouting : public ContosoHost {
protected:
    void add(const Dn& dn, const std::string& attribute, const std::string& value)
    {
        Change change{Change::Kind::modify, dn};
        change.changes.push_back({AttributeChange::Kind::add, attribute, {value}});
        ASSERT_TRUE(directory_->apply({&change, 1}, after(10s)));
    }
    void row(const std::string& text) { add(names_.addressing, "imcRoutingRow", text); }
    Dn connector(const std::string& name, const std::string& space)
    {
        Change server{Change::Kind::add, names_.servers.child("cn", name)};
        server.attributes = {{"objectClass", {"imcServer"}}, {"imcLocation", {"Bergen"}}};
        Change change{Change::Kind::add, names_.connections.child("cn", name)};
        change.attributes = {{"objectClass", {"imcConnector"}},
                             {"imcHomeServer", {server.dn.to_rfc4514()}},
                             {"imcAddressSpace", {space}}};
        const Change both[] = {server, change};
        EXPECT_TRUE(directory_->apply(both, after(10s)));
        return change.dn;
    }
    /// A server and its connector in another site.
    Dn abroad(const std::string& site, const std::string& name, const std::string& space)
    {
        const TreeNames there{{}, "Contoso", site, name};
        std::vector<Change> changes;
        for (auto& change : new_organization({{}, "Contoso", site, name, "b.example", "admin"}))
            if (change.dn.is_within(there.site)) changes.push_back(std::move(change));
        for (auto& change : changes)
            if (same(change.dn, there.connector)) change.attributes["imcAddressSpace"] = {space};
        EXPECT_TRUE(directory_->apply(changes, after(10s)));
        return there.connector;
    }
    Dn way(const std::string& name, Attributes attributes)
    {
        Change change{Change::Kind::add, names_.connections.child("cn", name)};
        change.attributes = std::move(attributes);
        change.attributes["objectClass"] = {"imcSiteConnector"};
        EXPECT_TRUE(directory_->apply({&change, 1}, after(10s)));
        return change.dn;
    }
    Assertion judged(const std::string& id)
    {
        loaded_ = load(Paths{folder_}, after(10s), {directory_});
        for (const auto status : {Status::failed, Status::warning, Status::passed})
            for (const auto& one : loaded_.assertions)
                if (one.id == id && one.status == status) return one;
        return {"none", EventId{}};
    }
    void expect_mended(const Assertion& found, const std::string& id)
    {
        ASSERT_TRUE(directory_->apply(found.automatic.directory, after(10s))) << found.fix;
        EXPECT_EQ(judged(id).status, Status::passed);
    }

    Loaded loaded_;
};

TEST_F(LoadRouting, WhoMaySendOutIsReadFromTheConnector)
{
    EXPECT_EQ(judged("connector.values").status, Status::passed);
    EXPECT_FALSE(loaded_.config->outbound.any());
    add(names_.connector, "imcOutboundAccept", "CN=staff,o=Contoso");
    add(names_.connector, "imcOutboundReject", "cn=eve,o=Contoso");
    add(names_.connector, "imcOutboundReject", "cn=bob,o=Contoso");
    EXPECT_EQ(judged("connector.values").status, Status::passed);
    const auto& outbound = loaded_.config->outbound;
    ASSERT_EQ(outbound.accept.size(), 1U);
    EXPECT_EQ(outbound.accept.front().text, "CN=staff,o=Contoso");
    EXPECT_EQ(outbound.accept.front().name, Dn::parse("cn=staff,o=Contoso")->normalized());
    EXPECT_EQ(outbound.reject.size(), 2U);
}

TEST_F(LoadRouting, SoundRowsAndEveryConnectorOfTheSiteAreRead)
{
    row("#ms.com;inbound");
    row("ms.com;relay;host1.ms.com;always");
    add(names_.addressing, "imcSubaddressSeparator", "+");
    add(names_.connector, "imcAddressSpace", "SMTP:*;1;organization");
    const auto hub = connector("HUB", "SMTP:*@partner.example;10;site");
    add(hub, "imcConnectorHost", "hub.contoso.example:2525");
    EXPECT_EQ(judged("site.routing").status, Status::passed);
    EXPECT_EQ(judged("site.spaces").status, Status::passed);
    std::string flaws;
    for (const auto& one : loaded_.assertions)
        if (one.status == Status::failed || one.status == Status::not_evaluated)
            flaws += one.id + ": " + one.found + "; " + one.why + "\n";
    ASSERT_TRUE(loaded_.config) << flaws;
    const auto& config = *loaded_.config;
    EXPECT_EQ(config.routing.size(), 2u);
    EXPECT_EQ(config.subaddress_separator, "+");
    ASSERT_EQ(config.connectors.size(), 2u);
    EXPECT_EQ(config.connectors[0].name, "HUB");
    EXPECT_FALSE(config.connectors[0].is_ours);
    EXPECT_FALSE(config.connectors[0].is_near);
    EXPECT_EQ(config.connectors[0].location, "Bergen");
    EXPECT_EQ(config.connectors[0].hosts, (std::vector<Host>{{"hub.contoso.example", 2525}}));
    EXPECT_TRUE(config.connectors[1].is_ours);
    EXPECT_TRUE(config.connectors[1].is_near);
}

TEST_F(LoadRouting, RowThatCannotBeReadIsRemovedByTheFix)
{
    row("a.example;deliver;b.example");
    const auto found = judged("site.routing");
    EXPECT_EQ(found.status, Status::failed);
    EXPECT_EQ(found.event, EventId::routing_row_unreadable);
    EXPECT_NE(found.found.find("column 2"), std::string::npos) << found.found;
    expect_mended(found, "site.routing");
}

TEST_F(LoadRouting, TwoRowsForOneNameAreNotGuessedAt)
{
    row("a.example;inbound");
    row("A.example.;dns");
    const auto found = judged("site.routing");
    EXPECT_EQ(found.event, EventId::routing_row_unreadable);
    EXPECT_NE(found.found.find("beside row"), std::string::npos) << found.found;
    expect_mended(found, "site.routing");
}

TEST_F(LoadRouting, CircleOfRowsIsFoundBeforeAnyMailIs)
{
    row("a.example;rewrite;b.a.example");
    const auto found = judged("site.routing");
    EXPECT_EQ(found.event, EventId::route_in_circle);
    expect_mended(found, "site.routing");
}

TEST_F(LoadRouting, AddressSpaceThatCannotBeReadRefusesWhosoeverItIs)
{
    (void)connector("HUB", "SMTP:*@partner.example;1000;site");
    const auto found = judged("site.spaces");
    EXPECT_EQ(found.status, Status::failed);
    EXPECT_EQ(found.event, EventId::address_space_unreadable);
    EXPECT_NE(found.where.find("cn=HUB"), std::string::npos) << found.where;
    expect_mended(found, "site.spaces");
}

TEST_F(LoadRouting, PatternThatMatchesNobodyIsAWarningWithTheOneThatWasMeant)
{
    add(names_.connector, "imcAddressSpace", "SMTP:partner.example;5;site");
    const auto found = judged("site.spaces");
    EXPECT_EQ(found.status, Status::warning);
    EXPECT_EQ(found.event, EventId::address_space_unreadable);
    EXPECT_EQ(found.expected, "SMTP:*@partner.example;5;site");
}

TEST_F(LoadRouting, ConnectorThatNobodySaysHowToReachIsAWarning)
{
    const auto hub = connector("HUB", "SMTP:*@partner.example;1;site");
    const auto found = judged("site.spaces");
    EXPECT_EQ(found.status, Status::warning);
    EXPECT_EQ(found.event, EventId::connector_unreachable);
    add(hub, "imcConnectorHost", "hub.contoso.example");
    EXPECT_EQ(judged("site.spaces").status, Status::passed);
}

TEST_F(LoadRouting, ConnectorOfAnotherSiteIsReadWithTheWayToIt)
{
    const auto hub = abroad("Bergen", "HUB", "SMTP:*@partner.example;10;organization");
    add(names_.organization.child("ou", "Bergen")
            .child("cn", "Configuration")
            .child("cn", "Servers")
            .child("cn", "HUB"),
        "imcConnectorHost", "hub.b.example");
    (void)way("To Bergen", {{"imcTargetSite", {"ou=Bergen,o=Contoso"}}, {"imcSiteCost", {"7"}}});
    (void)way("Dear", {{"imcTargetSite", {"ou=Bergen,o=Contoso"}}, {"imcSiteCost", {"8"}}});
    EXPECT_EQ(judged("site.spaces").status, Status::passed);
    ASSERT_TRUE(loaded_.config);
    ASSERT_EQ(loaded_.config->connectors.size(), 2u);
    const auto& ours = loaded_.config->connectors[0];
    EXPECT_TRUE(ours.is_ours);
    ASSERT_EQ(ours.spaces.size(), 1u) << "without a row it sends for itself";
    EXPECT_EQ(ours.spaces[0].pattern, "*");
    const auto& theirs = loaded_.config->connectors[1];
    EXPECT_TRUE(same(theirs.dn, hub));
    EXPECT_EQ(theirs.site, "Bergen");
    EXPECT_FALSE(theirs.in_site);
    EXPECT_FALSE(theirs.is_near);
    EXPECT_EQ(theirs.way_cost, 7u);
    EXPECT_EQ(theirs.way, "To Bergen");
    EXPECT_EQ(theirs.hosts, (std::vector<Host>{{"hub.b.example", 25}}));
}

TEST_F(LoadRouting, HostsOfTheSiteConnectorTakeMailForTheWholeSite)
{
    (void)abroad("Bergen", "HUB", "SMTP:*@partner.example;10;organization");
    (void)way("To Bergen",
              {{"imcTargetSite", {"ou=Bergen,o=Contoso"}}, {"imcConnectorHost", {"in.b.example"}}});
    EXPECT_EQ(judged("site.spaces").status, Status::passed);
    ASSERT_TRUE(loaded_.config);
    EXPECT_EQ(loaded_.config->connectors[1].hosts, (std::vector<Host>{{"in.b.example", 25}}));
    EXPECT_EQ(loaded_.config->connectors[1].way_cost, 1u);
}

TEST_F(LoadRouting, FlawOfAnotherSiteIsAWarningHere)
{
    (void)abroad("Bergen", "HUB", "SMTP:*@partner.example;1000;organization");
    const auto found = judged("site.spaces");
    EXPECT_EQ(found.status, Status::warning);
    EXPECT_EQ(found.event, EventId::address_space_unreadable);
    EXPECT_TRUE(loaded_.config);
    EXPECT_TRUE(loaded_.config->connectors[0].spaces.empty()) << "nobody has a row";
}

TEST_F(LoadRouting, RowForItsOwnSiteNeedsNoWayFromHere)
{
    (void)abroad("Bergen", "HUB", "SMTP:*;1;site");
    EXPECT_EQ(judged("site.spaces").status, Status::passed);
    ASSERT_TRUE(loaded_.config);
    EXPECT_TRUE(loaded_.config->connectors[0].spaces.empty());
}

TEST_F(LoadRouting, CostOfAWayThatIsNoneIsMendedByTheFix)
{
    (void)way("To Bergen", {{"imcTargetSite", {"ou=Bergen,o=Contoso"}}, {"imcSiteCost", {"101"}}});
    const auto found = judged("site.connectors");
    EXPECT_EQ(found.status, Status::failed);
    EXPECT_EQ(found.event, EventId::site_connector_unreadable);
    EXPECT_EQ(found.expected, "1 to 100");
    ASSERT_TRUE(directory_->apply(found.automatic.directory, after(10s))) << found.fix;
    EXPECT_EQ(judged("site.connectors").id, "none");
    EXPECT_TRUE(loaded_.config);
}

TEST_F(LoadRouting, HostOfAWayThatIsNoneIsLeftOutByTheFix)
{
    (void)way("To Bergen", {{"imcTargetSite", {"ou=Bergen,o=Contoso"}},
                            {"imcConnectorHost", {"in.b.example", "in.b.example:0"}}});
    const auto found = judged("site.connectors");
    EXPECT_EQ(found.event, EventId::site_connector_unreadable);
    ASSERT_TRUE(directory_->apply(found.automatic.directory, after(10s))) << found.fix;
    EXPECT_EQ(judged("site.connectors").id, "none");
}

TEST_F(LoadRouting, SeparatorOfSubaddressesIsOneSign)
{
    add(names_.addressing, "imcSubaddressSeparator", "++");
    const auto found = judged("site.subaddresses");
    EXPECT_EQ(found.status, Status::failed);
    EXPECT_EQ(found.event, EventId::value_invalid);
}

}  // namespace
}  // namespace imc::config
