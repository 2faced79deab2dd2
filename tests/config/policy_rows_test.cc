#include "config/policy_rows.h"

#include <gtest/gtest.h>

#include <map>

namespace imc::config {
namespace {

using namespace std::chrono_literals;

AddressOctets octets(const char* text) { return *parse_octets(text); }

NetworkSet set_of(std::initializer_list<const char*> texts)
{
    std::vector<Network> networks;
    for (const auto* text : texts)
        networks.push_back(*Network::parse(text));
    return networks;
}

std::string holder(const NetworkSet& set, const char* address)
{
    const auto* found = set.find(address);
    return found == nullptr ? "none" : found->text;
}

// Q155920, Q316205: the order of the rows once decided, and a catch-all hid what stood behind it.
TEST(Networks, NarrowestDecidesWhateverTheOrder)
{
    for (const auto& set :
         {set_of({"0.0.0.0/0", "157.57.0.0/16", "157.57.10.0/24", "157.57.10.7"}),
          set_of({"157.57.10.7", "157.57.10.0/24", "157.57.0.0/16", "0.0.0.0/0"})}) {
        EXPECT_EQ(holder(set, "157.57.10.7"), "157.57.10.7");
        EXPECT_EQ(holder(set, "157.57.10.8"), "157.57.10.0/24");
        EXPECT_EQ(holder(set, "157.57.11.0"), "157.57.0.0/16");
        EXPECT_EQ(holder(set, "157.58.0.0"), "0.0.0.0/0");
        EXPECT_EQ(holder(set, "255.255.255.255"), "0.0.0.0/0");
        EXPECT_EQ(holder(set, "::ffff:157.57.10.7"), "157.57.10.7");
        EXPECT_EQ(holder(set, "2001:db8::1"), "none");
    }
}

TEST(Networks, RowOfIpv6NeverHoldsIpv4)
{
    const auto set = set_of({"::/0", "2001:db8::/32", "192.0.2.0/24"});
    EXPECT_EQ(holder(set, "192.0.3.1"), "none");
    EXPECT_EQ(holder(set, "192.0.2.1"), "192.0.2.0/24");
    EXPECT_EQ(holder(set, "2001:db8::1"), "2001:db8::/32");
    EXPECT_EQ(holder(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "::/0");
    EXPECT_EQ(holder(set, "fe80::1%eth0"), "::/0");
    EXPECT_FALSE(Network::parse("::/0")->contains("192.0.2.1"));
    EXPECT_EQ(holder(set, "no address"), "none");
}

// Every address is asked of the index and of all networks one by one.
TEST(Networks, IndexAgreesWithASearchThroughAllRows)
{
    std::vector<Network> networks;
    unsigned seed = 1;
    const auto random = [&seed] { return seed = seed * 1103515245U + 12345U, seed >> 16U; };
    for (int i = 0; i < 100; ++i) {
        Network n;
        n.address = octets("10.0.0.0");
        n.bits = 96 + 8 + random() % 25;
        n.address[13] = static_cast<std::uint8_t>(random() % 4);
        n.address[14] = static_cast<std::uint8_t>(random());
        n.address[15] = static_cast<std::uint8_t>(random());
        for (unsigned bit = n.bits; bit < 128; ++bit)
            n.address[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
        networks.push_back(n);
    }
    const NetworkIndex index{networks};
    for (int i = 0; i < 2'000; ++i) {
        const std::string address = "10." + std::to_string(random() % 5) + "." +
                                    std::to_string(random() % 256) + "." +
                                    std::to_string(random() % 256);
        const Network* widest = nullptr;
        for (const auto& n : networks)
            if (n.contains(address) && (widest == nullptr || n.bits > widest->bits)) widest = &n;
        const auto found = index.find(*parse_octets(address));
        ASSERT_EQ(found.has_value(), widest != nullptr) << address;
        if (found) {
            ASSERT_EQ(&networks[*found], widest) << address;
        }
    }
}

// relay-multi-valued-allowlist, Q179289: several rows once crashed the start.
TEST(Networks, HundredThousandRowsAreReadAndAskedQuickly)
{
    std::vector<Network> networks;
    for (unsigned i = 0; i < 100'000; ++i) {
        Network n;
        n.address = octets("10.0.0.0");
        n.address[13] = static_cast<std::uint8_t>(i >> 16U);
        n.address[14] = static_cast<std::uint8_t>(i >> 8U);
        n.address[15] = static_cast<std::uint8_t>(i);
        networks.push_back(n);
    }
    const auto begun_at = std::chrono::steady_clock::now();
    const NetworkIndex index{networks};
    std::size_t held = 0;
    for (unsigned i = 0; i < 100'000; ++i)
        held += index.find(networks[i].address) == i ? 1U : 0U;
    EXPECT_EQ(held, 100'000U);
    EXPECT_LT(std::chrono::steady_clock::now() - begun_at, 20s)
        << "a search through all rows would take minutes";
}

TEST(Networks, RowsThatDecideForNobodyAreNamed)
{
    const std::vector<Network> networks{
        *Network::parse("192.0.2.0/24"), *Network::parse("192.0.2.0/25"),
        *Network::parse("192.0.2.128/25"), *Network::parse("192.0.2.0/25")};
    EXPECT_EQ(NetworkIndex{networks}.idle(), (std::vector<std::size_t>{0, 3}));
}

TEST(ConnectionRow, SaysWhoMayConnectAndOnWhatTerms)
{
    const auto reject = parse_connection_row(" 192.0.2.0/24 REJECT 521  no mail from here ", 1);
    ASSERT_TRUE(reject);
    EXPECT_TRUE(reject->reject);
    EXPECT_EQ(reject->code, 521);
    EXPECT_EQ(reject->reason, "no mail from here");
    EXPECT_EQ(parse_connection_row("192.0.2.0;255.255.255.0 reject", 1)->code, 554);
    EXPECT_FALSE(parse_connection_row("2001:db8::/32 accept", 1)->reject);
    const auto both = parse_connection_row("10.0.0.0/8\trequire-tls,require-auth", 1);
    EXPECT_TRUE(both->require_tls && both->require_auth);
}

TEST(ConnectionRow, NamesRowAndColumnOfItsFlaw)
{
    for (const auto& [text, column] :
         std::map<std::string, std::string>{{"", "column 1"},
                                            {"example.org reject", "column 1"},
                                            {"192.0.2.3/24 reject", "column 1"},
                                            {"192.0.2.0/24", "column 13"},
                                            {"192.0.2.0/24 deny", "column 14"},
                                            {"192.0.2.0/24 accept,reject", "column 14"},
                                            {"192.0.2.0/24 accept welcome", "column 21"},
                                            {"192.0.2.0/24 reject 250 ok", "column 21"},
                                            {"192.0.2.0/24 reject a\r\nb", "column 21"}}) {
        const auto row = parse_connection_row(text, 7);
        ASSERT_FALSE(row) << text;
        EXPECT_EQ(row.error().event(), EventId::value_invalid);
        EXPECT_TRUE(row.error().detail().starts_with("row 7, " + column + ":"))
            << text << ": " << row.error().detail();
    }
}

TEST(LimitRow, IsScopeThingAndNumberWithUnit)
{
    const auto row = parse_limit_row("Host  Messages 600/hour", 1);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->scope, LimitScope::host);
    EXPECT_EQ(row->what, LimitOf::messages);
    EXPECT_EQ(row->most, 600U);
    EXPECT_EQ(row->per, 1h);
    EXPECT_EQ(row->text, "host messages 600/hour");
    EXPECT_EQ(parse_limit_row("network connections 50", 1)->per, 0s);
    for (const auto& [text, column] :
         std::map<std::string, std::string>{{"everybody messages 1/hour", "column 1"},
                                            {"host mails 1/hour", "column 6"},
                                            {"host messages", "column 14"},
                                            {"host messages 600", "column 15"},
                                            {"host messages 0/hour", "column 15"},
                                            {"host messages 1/day", "column 15"},
                                            {"host connections 5/hour", "column 18"},
                                            {"host connections 5 more", "column 20"}}) {
        const auto bad = parse_limit_row(text, 2);
        ASSERT_FALSE(bad) << text;
        EXPECT_TRUE(bad.error().detail().starts_with("row 2, " + column + ":"))
            << text << ": " << bad.error().detail();
    }
}

// size-kb-vs-bytes, Q240788: 2000 KB meant 2 KB, since a number without its unit was guessed at.
TEST(Regression, SizeKbVsBytes)
{
    EXPECT_EQ(*parse_size("2000 KB"), 2'000'000U);
    EXPECT_EQ(*parse_size("2000KiB"), 2'048'000U);
    EXPECT_EQ(*parse_size("1 GiB"), 1ULL << 30U);
    EXPECT_EQ(*parse_size("none"), 0U);
    for (const char* text :
         {"", "2000", "KB", "-1 KB", "0 KB", "1.5 MB", "99999999999999 GiB", "1 kbit"})
        EXPECT_FALSE(parse_size(text)) << text;
}

TEST(SizeRow, NamesWhatItIsAbout)
{
    EXPECT_EQ(parse_size_row("account Alice 100 MiB", 1)->name, "alice");
    EXPECT_EQ(parse_size_row("listener [::1]:587 50MB", 1)->name, "[::1]:587");
    EXPECT_EQ(parse_size_row("in 64 MiB", 1)->octets, 64ULL << 20U);
    for (const char* text : {"", "in", "in 64", "role fax 1 MB", "domain a..b 1 MB", "user x 1 MB"})
        EXPECT_FALSE(parse_size_row(text, 1)) << text;
}

// turf-exact-vs-subdomain, Q193437, Q247296: the page refused forms the service knew.
TEST(Regression, TurfExactVsSubdomain)
{
    const auto row = [](const char* text) {
        return parse_filter_row(text, 1, FilterAction::reject).value();
    };
    EXPECT_EQ(row("User@Dom.example").local, "user");
    EXPECT_EQ(row("User@Dom.example").domain, "dom.example");
    EXPECT_TRUE(row("@dom.example").subdomains);
    EXPECT_FALSE(row("#@dom.example").subdomains);
    EXPECT_FALSE(row("#dom.example").subdomains);
    EXPECT_EQ(row("#dom.example").domain, "dom.example");
    EXPECT_EQ(row("friend").local, "friend");
    EXPECT_EQ(row("friend").domain, "");
    EXPECT_EQ(row("user@[192.0.2.1]").domain, "[192.0.2.1]");
    EXPECT_EQ(row("@[IPv6:2001:DB8::1]").domain, "[ipv6:2001:db8::1]");
    EXPECT_TRUE(row(".").empty_sender);
    EXPECT_TRUE(row("<>").empty_sender);
    EXPECT_EQ(row("@dom.example quarantine").action, FilterAction::quarantine);
    EXPECT_EQ(row("<> TAG").action, FilterAction::tag);
}

// turf-case-and-whitespace, Q155683: a stray delimiter broke a row, and nobody was told which.
TEST(Regression, TurfCaseAndWhitespace)
{
    EXPECT_EQ(parse_filter_row("  SPAM@Dom.Example\t", 1, FilterAction::tag)->text,
              "SPAM@Dom.Example");
    for (const char* text : {"", "@", "#", "#user@dom.example", "user@", "user@dom example",
                             "user@dom.example,other@dom.example", "user@dom.example;", "a@b@c x",
                             "user@[192.0.2]", "user@dom.example destroy", "us\x01er"}) {
        const auto bad = parse_filter_row(text, 9, FilterAction::reject);
        ASSERT_FALSE(bad) << text;
        EXPECT_TRUE(bad.error().detail().starts_with("row 9, column ")) << bad.error().detail();
    }
}

TEST(DomainPattern, HoldsWhatLiesBelowUnlessExact)
{
    EXPECT_TRUE(parse_domain_pattern("Example.org")->matches("a.example.org"));
    EXPECT_FALSE(parse_domain_pattern("example.org")->matches("badexample.org"));
    EXPECT_TRUE(parse_domain_pattern("#example.org")->matches("example.org"));
    EXPECT_FALSE(parse_domain_pattern("#example.org")->matches("a.example.org"));
}

TEST(CertificateName, IsFingerprintOrSubject)
{
    const std::string hex(64, 'A');
    EXPECT_EQ(*parse_certificate_name(hex), std::string(64, 'a'));
    EXPECT_EQ(*parse_certificate_name("CN=relay.example.org"), "CN=relay.example.org");
    EXPECT_FALSE(parse_certificate_name("abcd"));
}

/// A registry written down beforehand.
class Values final : public SettingsView {
public:
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::string, std::uint64_t, std::less<>> numbers;
    std::map<std::string, std::vector<std::string>, std::less<>> lists;

    std::optional<std::string> text(std::string_view name) const override
    {
        return in(texts, name);
    }
    std::optional<std::uint64_t> number(std::string_view name) const override
    {
        return in(numbers, name);
    }
    std::optional<std::vector<std::string>> list(std::string_view name) const override
    {
        return in(lists, name);
    }
    std::string all() const override { return {}; }

private:
    template <class Map>
    static std::optional<typename Map::mapped_type> in(const Map& map, std::string_view name)
    {
        const auto found = map.find(name);
        if (found == map.end()) return {};
        return found->second;
    }
};

TEST(PolicyReading, BadRowIsNamedAndTheFixLeavesItOut)
{
    Values values;
    values.lists["TurfTable"] = {"@one.example", "user@", "@two.example"};
    std::vector<Assertion> out;
    const auto policy = read_policy(values, Paths{"/r"}, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out.front().id, "registry.value.TurfTable");
    EXPECT_EQ(out.front().status, Status::failed);
    EXPECT_TRUE(out.front().found.starts_with("row 2, column 1:")) << out.front().found;
    ASSERT_EQ(out.front().automatic.registry.size(), 1U);
    EXPECT_EQ(out.front().automatic.registry.front().data, "@one.example\\0@two.example");
    EXPECT_EQ(policy.filter.size(), 2U);
}

TEST(PolicyReading, TwoRowsForOneNetworkAreAContradiction)
{
    Values values;
    values.lists["ConnectionTable"] = {"192.0.2.0/24 reject", "198.51.100.0/24 accept",
                                       "192.0.2.0;255.255.255.0 accept"};
    std::vector<Assertion> out;
    (void)read_policy(values, Paths{"/r"}, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out.front().status, Status::failed);
    EXPECT_NE(out.front().found.find("192.0.2.0/24 reject"), std::string::npos);
    EXPECT_FALSE(out.front().automatic.possible());
}

// turf-dir-reset-on-edit, Q197289: changing the table put the folder back to its default.
TEST(Regression, TurfDirResetOnEdit)
{
    Values values;
    values.texts["TurfDir"] = "/srv/turf";
    std::vector<Assertion> out;
    EXPECT_EQ(read_policy(values, Paths{"/r"}, out).quarantine, "/srv/turf");
    values.lists["TurfTable"] = {"@one.example"};
    EXPECT_EQ(read_policy(values, Paths{"/r"}, out).quarantine, "/srv/turf");
    values.texts.clear();
    EXPECT_EQ(read_policy(values, Paths{"/r"}, out).quarantine, "/r/quarantine");
    values.texts["TurfDir"] = "turf";
    out.clear();
    (void)read_policy(values, Paths{"/r"}, out);
    EXPECT_EQ(out.front().id, "registry.value.TurfDir");
}

// relay-mask-host-bits, Q258140: a host with a network's mask can never match.
TEST(Regression, RelayMaskHostBits)
{
    Values values;
    values.lists["RelayAllowList"] = {"192.0.2.0/24", "123.123.123.123;255.255.255.0"};
    std::vector<Assertion> out;
    const auto rules = read_relay(values, Paths{"/r"}, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_TRUE(out.front().found.starts_with("row 2, column 1:")) << out.front().found;
    EXPECT_EQ(rules.allow.size(), 1U);
    values.lists["RelayAllowList"] = {"123.123.123.123"};
    EXPECT_EQ(read_relay(values, Paths{"/r"}, out).allow.begin()->bits, 128U);
}

}  // namespace
}  // namespace imc::config
