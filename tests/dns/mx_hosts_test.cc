#include "dns/mx_hosts.h"

#include "kit/coroutine.h"
#include "kit/fake_resolver.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

namespace imc::dns {
namespace {

struct MxHosts : testing::Test {
    MailHosts find(const std::string& domain, IsOurselves self = {})
    {
        return kit::run(find_mail_hosts(dns, domain, 25, std::move(self), random,
                                        after(std::chrono::seconds{5})));
    }
    std::vector<std::string> names(const std::string& domain, IsOurselves self = {})
    {
        std::vector<std::string> result;
        const auto found = find(domain, std::move(self));
        if (const auto* no = std::get_if<NoMailHost>(&found)) return {no->status};
        for (const auto& host : std::get<0>(found))
            result.push_back(host.name);
        return result;
    }
    using Names = std::vector<std::string>;

    kit::FakeResolver dns;
    std::mt19937_64 random{4};
};

TEST_F(MxHosts, LowerPreferenceIsTriedFirst)
{
    dns.mxs["example.net"] = {{20, "b.example.net"}, {10, "a.example.net"}};
    dns.hosts = {{"a.example.net", {"192.0.2.1"}}, {"b.example.net", {"192.0.2.2"}}};
    EXPECT_EQ(names("example.net"), (Names{"a.example.net", "b.example.net"}));
}

TEST_F(MxHosts, DecisionHoldsAsLongAsTheShortestTtlOfWhatItUses)
{
    using namespace std::chrono_literals;
    const auto holds = [&](const std::string& domain) {
        return kit::run(decide_mail_hosts(dns, domain, 25, {}, random, after(5s))).holds();
    };
    dns.mxs["example.net"] = {{20, "b.example.net"}, {10, "a.example.net"}};
    dns.hosts = {{"a.example.net", {"192.0.2.1"}}, {"b.example.net", {"192.0.2.2"}}};
    EXPECT_EQ(holds("example.net"), 1h);
    dns.ttls["b.example.net"] = 7s;
    EXPECT_EQ(holds("example.net"), 7s);
    dns.ttls["example.net"] = 3s;
    EXPECT_EQ(holds("example.net"), 3s);
    EXPECT_EQ(holds("b.example.net"), 7s) << "a domain that is its own host";
    EXPECT_EQ(holds("[192.0.2.7]"), 24h);
}

// Two data centres: each domain begins with its own (RFC 5321 5.1).
TEST_F(MxHosts, DomainsAreOneSiteWhenTheyHaveTheSameHostsInTheSameOrder)
{
    const auto site = [&](std::vector<Mx> records) {
        dns.mxs["example.net"] = std::move(records);
        return kit::run(decide_mail_hosts(dns, "example.net", 25, {}, random,
                                          after(std::chrono::seconds{5})))
            .site();
    };
    for (const char* name : {"a.example", "b.example", "c.example"})
        dns.hosts[name] = {"192.0.2.1"};
    EXPECT_EQ(site({{10, "a.example"}, {20, "b.example"}}), "a.example:25,b.example:25");
    EXPECT_EQ(site({{30, "b.example"}, {5, "a.example"}}), "a.example:25,b.example:25");
    EXPECT_EQ(site({{10, "b.example"}, {20, "a.example"}}), "b.example:25,a.example:25");
    EXPECT_EQ(site({{10, "c.example"}, {10, "b.example"}, {20, "a.example"}}),
              "b.example:25|c.example:25,a.example:25");
    EXPECT_EQ(site({{10, "a.example"}, {20, "nowhere.example"}}), "a.example:25");
}

TEST_F(MxHosts, DomainWithoutMxIsItsOwnHost)
{
    dns.hosts["example.net"] = {"192.0.2.1"};
    EXPECT_EQ(names("example.net"), Names{"example.net"});
}

TEST_F(MxHosts, NullMxIsPermanent)
{
    dns.mxs["example.net"] = {{0, ""}};
    dns.hosts["example.net"] = {"192.0.2.1"};
    EXPECT_EQ(names("example.net"), Names{"5.1.10"});
}

TEST_F(MxHosts, DomainThatDoesNotExistIsPermanent)
{
    EXPECT_EQ(names("example.net"), Names{"5.1.2"});
}

// Silence is never a no.
TEST_F(MxHosts, SilentServersDefer)
{
    dns.silent = {"example.net"};
    EXPECT_EQ(names("example.net"), Names{"4.4.3"});
    dns.silent = {"a.example.net"};
    dns.mxs["example.net"] = {{10, "a.example.net"}};
    EXPECT_EQ(names("example.net"), Names{"4.4.3"});
}

TEST_F(MxHosts, AliasesThatGoRoundArePermanent)
{
    dns.looping = {"example.net"};
    EXPECT_EQ(names("example.net"), Names{"5.4.4"});
}

TEST_F(MxHosts, MailHostsWithoutAddressArePermanent)
{
    dns.mxs["example.net"] = {{10, "a.example.net"}};
    EXPECT_EQ(names("example.net"), Names{"5.4.4"});
}

// RFC 5321 5.1: ourselves, our equals and those behind us are no way out.
// route-own-domain-missing-loop (Q156063, Q190021)
TEST_F(MxHosts, OurselvesAndThoseBehindUsAreLeftOut)
{
    dns.mxs["example.net"] = {{10, "a.example.net"},
                              {20, "us.example.net"},
                              {20, "equal.example.net"},
                              {30, "behind.example.net"}};
    dns.hosts = {{"a.example.net", {"192.0.2.1"}},
                 {"us.example.net", {"192.0.2.2"}},
                 {"equal.example.net", {"192.0.2.3"}},
                 {"behind.example.net", {"192.0.2.4"}}};
    const auto self = [](const std::string& address, std::uint16_t) {
        return address == "192.0.2.2";
    };
    EXPECT_EQ(names("example.net", self), Names{"a.example.net"});

    dns.mxs["example.net"].erase(dns.mxs["example.net"].begin());
    const auto found = find("example.net", self);
    EXPECT_EQ(std::get<NoMailHost>(found).status, "5.4.6");
    EXPECT_EQ(std::get<NoMailHost>(found).reason.event(), EventId::routing_loop);
}

TEST_F(MxHosts, AddressLiteralNeedsNoLookUp)
{
    EXPECT_EQ(names("[192.0.2.7]"), Names{"192.0.2.7"});
    EXPECT_EQ(names("[IPv6:2001:db8::1]"), Names{"2001:db8::1"});
    EXPECT_EQ(names("[192.0.2]"), Names{"5.1.2"});
}

// Regression route-many-equal-mx (Q152165): each of 20 equals comes to each place equally often.
// Chi-squared with 19 degrees of freedom is below 43.8 in 999 of 1000 cases; the seed is fixed.
TEST_F(MxHosts, EqualPreferencesAreShuffledEvenly)
{
    for (int i = 0; i < 20; ++i) {
        dns.mxs["example.net"].push_back({10, "m" + std::to_string(i)});
        dns.hosts["m" + std::to_string(i)] = {"192.0.2.1"};
    }
    constexpr int rounds = 2000;
    std::array<std::map<std::string, int>, 20> at;
    for (int i = 0; i < rounds; ++i) {
        const auto order = names("example.net");
        ASSERT_EQ(order.size(), 20U);
        for (std::size_t place = 0; place < 20; ++place)
            ++at[place][order[place]];
    }
    for (std::size_t place = 0; place < 20; ++place) {
        double sum = 0;
        ASSERT_EQ(at[place].size(), 20U);
        for (const auto& [name, times] : at[place])
            sum += (times - rounds / 20.0) * (times - rounds / 20.0) / (rounds / 20.0);
        EXPECT_LT(sum, 43.8) << "place " << place;
    }
}

// route-many-a-per-mx (Q150114)
TEST_F(MxHosts, SixMailHostsWithFourAddressesAreAllTried)
{
    for (int i = 0; i < 6; ++i) {
        const auto name = "m" + std::to_string(i);
        dns.mxs["example.net"].push_back({static_cast<std::uint16_t>(10 * i), name});
        const auto n = std::to_string(i);
        dns.hosts[name] = {"2001:db8::1" + n, "2001:db8::2" + n, "192.0.2.1" + n, "192.0.2.2" + n};
    }
    const auto found = find("example.net");
    const auto& hosts = std::get<0>(found);
    ASSERT_EQ(hosts.size(), 6U);
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(hosts[i].name, "m" + std::to_string(i));
        EXPECT_EQ(hosts[i].addresses.size(), 4U);
    }
}

// dns-temporary-failure-drop (Q267245)
TEST_F(MxHosts, OneMailHostOfWhichDnsCannotSayNeverReturnsMail)
{
    dns.mxs["example.net"] = {{10, "a"}, {20, "b"}};
    dns.silent = {"a"};
    EXPECT_EQ(names("example.net"), Names{"4.4.3"});
    dns.hosts["b"] = {"192.0.2.2"};
    EXPECT_EQ(names("example.net"), Names{"b"});
}

// We are the second mail host, and of the first DNS cannot say: it can still take the mail later.
TEST_F(MxHosts, OnlyWeAreKnownNowWaitsForTheBetterOne)
{
    dns.mxs["example.net"] = {{10, "better"}, {20, "us"}, {20, "equal"}};
    dns.hosts["us"] = {"192.0.2.2"};
    const auto self = [](const std::string& address, std::uint16_t) {
        return address == "192.0.2.2";
    };
    dns.silent = {"better"};
    EXPECT_EQ(names("example.net", self), Names{"4.4.3"});
    dns.silent = {"equal"};
    EXPECT_EQ(names("example.net", self), Names{"5.4.6"});
}

// Several questions at once: each has the same time, and their order is not that of the answers.
TEST_F(MxHosts, DecisionTellsEachHostAndWhyItIsLeftOut)
{
    dns.mxs["example.net"] = {{10, "a"}, {10, "gone"}, {20, "us"}, {30, "behind"}};
    dns.hosts = {{"a", {"192.0.2.1"}}, {"us", {"192.0.2.2"}}, {"behind", {"192.0.2.3"}}};
    const auto self = [](const std::string& address, std::uint16_t) {
        return address == "192.0.2.2";
    };
    const auto decision = kit::run(
        decide_mail_hosts(dns, "example.net", 25, self, random, after(std::chrono::seconds{5})));
    std::map<std::string, Fate> fates;
    for (const auto& candidate : decision.candidates) {
        fates[candidate.host.name] = candidate.fate;
        EXPECT_EQ(candidate.why.empty(), candidate.fate == Fate::tried) << candidate.host.name;
    }
    EXPECT_EQ(fates, (std::map<std::string, Fate>{{"a", Fate::tried},
                                                  {"gone", Fate::no_address},
                                                  {"us", Fate::ourselves},
                                                  {"behind", Fate::behind_us}}));
    EXPECT_FALSE(decision.none);
}

TEST_F(MxHosts, SmartHostWithoutAddressDefersAndOthersServe)
{
    dns.hosts["b.example.net"] = {"192.0.2.2"};
    const auto ask = [this](std::vector<NamedHost> list) {
        return kit::run(find_named_hosts(dns, std::move(list), {}, after(std::chrono::seconds{5})));
    };
    const auto found = ask({{"a.example.net", 25}, {"b.example.net", 2525}});
    ASSERT_EQ(std::get<0>(found).size(), 1u);
    EXPECT_EQ(std::get<0>(found).front().port, 2525);
    EXPECT_FALSE(std::get<NoMailHost>(ask({{"a.example.net", 25}})).permanent);
}

// route-smart-host-is-self (Q190021)
TEST_F(MxHosts, SmartHostThatIsUsIsLeftOut)
{
    dns.hosts = {{"us", {"192.0.2.2"}}, {"other", {"192.0.2.3"}}};
    const auto ask = [this](std::vector<NamedHost> list) {
        const auto self = [](const std::string& address, std::uint16_t) {
            return address == "192.0.2.2";
        };
        return kit::run(
            find_named_hosts(dns, std::move(list), self, after(std::chrono::seconds{5})));
    };
    const auto found = ask({{"us", 25}, {"other", 25}});
    ASSERT_EQ(std::get<0>(found).size(), 1U);
    EXPECT_EQ(std::get<0>(found).front().name, "other");
    EXPECT_EQ(std::get<NoMailHost>(ask({{"us", 25}})).status, "5.4.6");
}

// route-a-record-of-dc (Q260247): no MX, and the address record is ours.
TEST_F(MxHosts, DomainWithoutMxWhoseAddressIsOursIsALoop)
{
    dns.hosts["example.net"] = {"192.0.2.2"};
    const auto self = [](const std::string&, std::uint16_t) { return true; };
    EXPECT_EQ(names("example.net", self), Names{"5.4.6"});
    EXPECT_EQ(names("[192.0.2.2]", self), Names{"5.4.6"});
}

TEST_F(MxHosts, NullMxSaysSoInTheWordsOfItsRfc)
{
    dns.mxs["example.net"] = {{0, ""}};
    const auto found = find("example.net");
    EXPECT_TRUE(std::get<NoMailHost>(found).reason.detail().starts_with("556 5.1.10 "));
}

}  // namespace
}  // namespace imc::dns
