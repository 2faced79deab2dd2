#include "dns/mx_hosts.h"

#include "kit/coroutine.h"
#include "kit/fake_resolver.h"

#include <gtest/gtest.h>

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

// Regression route-many-equal-mx (Q152165): each of four equals comes first about equally often.
TEST_F(MxHosts, EqualPreferencesAreShuffledEvenly)
{
    for (const char* name : {"a", "b", "c", "d"}) {
        dns.mxs["example.net"].push_back({10, name});
        dns.hosts[name] = {"192.0.2.1"};
    }
    std::map<std::string, int> first;
    for (int i = 0; i < 400; ++i)
        ++first[names("example.net").front()];
    EXPECT_EQ(first.size(), 4u);
    for (const auto& [name, times] : first) {
        EXPECT_GT(times, 60) << name;
        EXPECT_LT(times, 140) << name;
    }
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

}  // namespace
}  // namespace imc::dns
