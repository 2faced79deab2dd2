#include "config/identity.h"
#include "config/parse.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

using namespace std::chrono_literals;

bool contains(const char* network, const char* peer)
{
    const auto parsed = Network::parse(network);
    return parsed && parsed->contains(peer);
}

TEST(Network, IsReadInBothForms)
{
    EXPECT_TRUE(contains("192.0.2.0/24", "192.0.2.200"));
    EXPECT_TRUE(contains("192.0.2.0;255.255.255.0", "192.0.2.200"));
    EXPECT_FALSE(contains("192.0.2.0/24", "192.0.3.1"));
    EXPECT_TRUE(contains("192.0.2.7", "::ffff:192.0.2.7"));
    EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:1::1"));
    EXPECT_TRUE(contains("0.0.0.0/0", "198.51.100.1"));
    EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    EXPECT_FALSE(contains("192.0.2.0/24", "no address"));
}

// Q258140: such a network could never match, and nobody was told.
TEST(Network, WithHostBitsBehindItsMaskIsRefused)
{
    const auto parsed = Network::parse("123.1.2.3;255.255.255.0");
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().detail().find("Q258140"), std::string::npos);
    for (const char* text : {"", "192.0.2.0/33", "192.0.2.0;255.0.255.0", "192.0.2.0/x",
                             "example.org", "2001:db8::/129"})
        EXPECT_FALSE(Network::parse(text)) << text;
}

TEST(DeliveryRow, NamesRowAndColumnOfItsFlaw)
{
    const auto row =
        parse_delivery_row("#Partner.example;relay.example:2525,[2001:db8::1];host", 1);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->domain, "partner.example");
    EXPECT_TRUE(row->exact);
    EXPECT_EQ(row->hosts, (std::vector<Host>{{"relay.example", 2525}, {"2001:db8::1", 25}}));
    EXPECT_TRUE(parse_delivery_row("example.org;;dns", 1)->hosts.empty());
    for (const auto& [text, column] : {std::pair{"a b;x;host", "column 1"},
                                       {"example.org;x:0;host", "column 2"},
                                       {"example.org;x;fax", "column 3"},
                                       {"example.org;x;dns", "column 2"}})
        EXPECT_NE(
            parse_delivery_row(text, 3).error().detail().find("row 3, " + std::string{column}),
            std::string::npos)
            << text;
    EXPECT_EQ(parse_delivery_row("x", 1).error().event(), EventId::delivery_route_unparsable);
}

// Q146669, Q151780: garbage silently became zero, and no mail was tried again.
TEST(RetryHours, AreReadStrictly)
{
    EXPECT_EQ(*parse_retry_hours("0.25,0.5,1,4"),
              (std::vector<std::chrono::seconds>{15min, 30min, 1h, 4h}));
    EXPECT_TRUE(parse_retry_hours("0")->empty());
    for (const char* text : {"", "x", "1,,2", "101", "-1", "0,1", "nan"})
        EXPECT_FALSE(parse_retry_hours(text)) << text;
}

TEST(Identity, DifferenceIsNamedForWhatItIs)
{
    EXPECT_EQ(difference("Contoso", "Contoso"), "");
    EXPECT_EQ(difference("CONTOSO", "Contoso"), "differs only in letter case");
    EXPECT_EQ(difference("Con toso", "Contoso"), "differs only in white space");
    EXPECT_EQ(difference("Fabrikam", "Contoso"), "differs");
}

TEST(Identity, CommandsThatAreShownCanBePasted)
{
    EXPECT_EQ(shell_word("plain-word"), "plain-word");
    EXPECT_EQ(shell_word("two words"), "'two words'");
    EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
    EXPECT_EQ(site_dn_text("A=B", "C/D", "E"),
              "/o=A\\=B/ou=C\\/D/cn=Configuration/cn=Servers/cn=E");
}

}  // namespace
}  // namespace imc::config
