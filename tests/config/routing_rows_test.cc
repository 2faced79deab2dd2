#include "config/config.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace imc::config {
namespace {

using Action = RoutingRow::Action;

void expect_flaw_of_space(const std::string& row, EventId event, const std::string& found)
{
    const auto space = parse_address_space(row);
    ASSERT_FALSE(space) << row;
    EXPECT_EQ(space.error().event(), event);
    EXPECT_NE(space.error().detail().find(found), std::string::npos) << space.error().detail();
}

void expect_flaw_of_row(const std::string& row, EventId event, const std::string& found)
{
    const auto read = parse_routing_row(row);
    ASSERT_FALSE(read) << row;
    EXPECT_EQ(read.error().event(), event);
    EXPECT_NE(read.error().detail().find(found), std::string::npos) << read.error().detail();
}

TEST(AddressSpaceRow, IsReadFromItsEndSinceX400HoldsSemicolons)
{
    const auto smtp = parse_address_space(" smtp:*@Partner.Example ; 10 ; Site ");
    ASSERT_TRUE(smtp);
    EXPECT_EQ(smtp->type, "SMTP");
    EXPECT_EQ(smtp->pattern, "*@partner.example");
    EXPECT_EQ(smtp->cost, 10u);
    EXPECT_EQ(smtp->scope, AddressSpace::Scope::site);
    const auto x400 = parse_address_space("X400:c=US;a= ;p=Contoso;7;organization");
    ASSERT_TRUE(x400);
    EXPECT_EQ(x400->pattern, "c=US;a= ;p=Contoso");
    EXPECT_EQ(parse_address_space("SMTP:;100;location")->pattern, "");
}

TEST(AddressSpaceRow, FlawIsNamedWithWhatWasExpected)
{
    const auto event = EventId::address_space_unreadable;
    expect_flaw_of_space("SMTP:*", event, "cost and scope are missing");
    expect_flaw_of_space("SMTP:*;1", event, "cost and scope are missing");
    expect_flaw_of_space("SMTP:*;0;site", event, "cost \"0\" found, 1 to 100 expected");
    expect_flaw_of_space("SMTP:*;101;site", event, "cost \"101\" found");
    expect_flaw_of_space("SMTP:*;one;site", event, "cost \"one\" found");
    expect_flaw_of_space("SMTP:*;1;world", event, "scope \"world\" found");
    expect_flaw_of_space("*;1;site", event, "type \"*\" found");
    expect_flaw_of_space(":*;1;site", event, "type \"\" found");
    expect_flaw_of_space(";;", event, "scope \"\" found");
    expect_flaw_of_space("SMTP:a\nb;1;site", event, "a control character");
}

// Q229961
TEST(AddressSpaceRow, DomainWithoutAWildcardIsDoubtful)
{
    const auto doubt = [](const char* row) {
        return !address_space_doubt(*parse_address_space(row)).empty();
    };
    EXPECT_TRUE(doubt("SMTP:company.com;1;site"));
    EXPECT_TRUE(doubt("SMTP:@company.com;1;site"));
    EXPECT_FALSE(doubt("SMTP:*@company.com;1;site"));
    EXPECT_FALSE(doubt("SMTP:;1;site"));
    EXPECT_FALSE(doubt("SMTP:u@com;1;site"));
    EXPECT_FALSE(doubt("X400:c=US;1;site"));
}

TEST(RoutingTableRow, SaysWhatBecomesOfMail)
{
    const auto exact = parse_routing_row("#MS.com.;<inbound>");
    ASSERT_TRUE(exact);
    EXPECT_EQ(exact->domain, "ms.com");
    EXPECT_TRUE(exact->exact);
    EXPECT_EQ(exact->action, Action::inbound);
    const auto rewrite = parse_routing_row("a.example;rewrite;@b.example.;always");
    ASSERT_TRUE(rewrite);
    EXPECT_EQ(rewrite->target, "b.example");
    EXPECT_EQ(rewrite->relay, RowRelay::always);
    const auto relay = parse_routing_row("a.example;relay;h.example:26,[2001:db8::1];NEVER");
    ASSERT_TRUE(relay);
    EXPECT_EQ(relay->hosts, (std::vector<Host>{{"h.example", 26}, {"2001:db8::1", 25}}));
    EXPECT_EQ(relay->relay, RowRelay::never);
    EXPECT_EQ(parse_routing_row("a.example;dns;always")->action, Action::dns);
    EXPECT_EQ(parse_routing_row("a.example;shared;h.example")->action, Action::shared);
    const auto reject = parse_routing_row("a.example;reject;No; not here");
    ASSERT_TRUE(reject);
    EXPECT_EQ(reject->reason, "No; not here");
}

TEST(RoutingTableRow, SaysWhatHappensWhileTheDirectoryIsSilent)
{
    const auto when_silent = [](const char* row) { return parse_routing_row(row)->when_silent; };
    EXPECT_EQ(when_silent("a.example;inbound"), WhenSilent::defer);
    EXPECT_EQ(when_silent("a.example;inbound;defer"), WhenSilent::defer);
    EXPECT_EQ(when_silent("#a.example;<inbound>; Accept "), WhenSilent::accept);
    EXPECT_EQ(when_silent("a.example;shared;h.example"), WhenSilent::defer);
    const auto both = parse_routing_row("a.example;shared;h.example;never;accept");
    ASSERT_TRUE(both) << both.error().detail();
    EXPECT_EQ(both->when_silent, WhenSilent::accept);
    EXPECT_EQ(both->relay, RowRelay::never);
    // Who is not looked up is not waited for.
    for (const char* row : {"a.example;dns;accept", "a.example;relay;h.example;accept",
                            "a.example;rewrite;b.example;accept", "a.example;inbound;accept;accept",
                            "a.example;inbound;later", "a.example;shared;accept;accept;accept"})
        expect_flaw_of_row(row, EventId::routing_row_unreadable, "column");
    EXPECT_EQ(parse_routing_row("a.example;reject;accept")->reason, "accept");
}

TEST(RoutingTableRow, FlawIsNamedWithItsColumn)
{
    const auto event = EventId::routing_row_unreadable;
    expect_flaw_of_row("", event, "column 1");
    expect_flaw_of_row("*;inbound", event, "column 1");
    expect_flaw_of_row("a_b..c;inbound", event, "column 1");
    expect_flaw_of_row("a.example", event, "column 2: one column found");
    expect_flaw_of_row("a.example;deliver", event, "column 2: action \"deliver\" found");
    expect_flaw_of_row("a.example;inbound;x", event, "column 3: 3 columns found, 2 expected");
    expect_flaw_of_row("a.example;inbound;always", event, "column 3");
    expect_flaw_of_row("a.example;rewrite", event, "2 columns found, 3 expected with rewrite");
    expect_flaw_of_row("a.example;rewrite;", event, "column 3");
    expect_flaw_of_row("a.example;relay;h:99999", event, "column 3");
    expect_flaw_of_row("a.example;relay;h;sometimes", event, "column 4");
    expect_flaw_of_row("a.example;relay;h,,g", event, "column 3");
    expect_flaw_of_row("a.example;reject;a\rb", event, "a control character");
}

TEST(RoutingTableRow, ClosestRowIsFoundInWhateverOrder)
{
    RoutingTable rows;
    for (const char* text : {"ms.com;inbound", "#ms.com;dns", "x.ms.com;dns", "com;reject"})
        rows.push_back(*parse_routing_row(text));
    const auto found = [&](const char* domain) {
        const auto* row = find_routing_row(rows, domain);
        return row != nullptr ? row->text : "none";
    };
    for (int order = 0; order < 2; ++order) {
        EXPECT_EQ(found("ms.com"), "#ms.com;dns");
        EXPECT_EQ(found("a.ms.com"), "ms.com;inbound");
        EXPECT_EQ(found("x.ms.com"), "x.ms.com;dns");
        EXPECT_EQ(found("pms.com"), "com;reject");
        EXPECT_EQ(found("pms.net"), "none");
        std::ranges::reverse(rows);
    }
}

TEST(RoutingTableRow, CircleOfRewritingIsFound)
{
    RoutingTable rows;
    for (const char* text : {"a.example;rewrite;b.example", "b.example;rewrite;sub.a.example",
                             "c.example;rewrite;d.example"})
        rows.push_back(*parse_routing_row(text));
    EXPECT_EQ(rewriting_circle(rows, rows[0]), "a.example, b.example, sub.a.example");
    EXPECT_EQ(rewriting_circle(rows, rows[2]), "");
}

TEST(RoutingTableRow, HostThatIsOurListenerIsKnown)
{
    Config config;
    config.host_name = "mail.contoso.example";
    config.listeners = {{"0.0.0.0", 25}, {"127.0.0.1", 2525}};
    config.own_addresses = {"192.0.2.25"};
    EXPECT_TRUE(is_own_listener(config, {"MAIL.contoso.example", 25}));
    EXPECT_TRUE(is_own_listener(config, {"192.0.2.25", 25}));
    EXPECT_TRUE(is_own_listener(config, {"127.0.0.1", 2525}));
    EXPECT_FALSE(is_own_listener(config, {"192.0.2.25", 2525}));
    EXPECT_FALSE(is_own_listener(config, {"192.0.2.26", 25}));
    EXPECT_FALSE(is_own_listener(config, {"mail.contoso.example", 26}));
}

}  // namespace
}  // namespace imc::config
