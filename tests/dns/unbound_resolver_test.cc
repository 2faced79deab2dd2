#include "dns/unbound_resolver.h"

#include "kit/coroutine.h"
#include "kit/dns_server.h"

#include <gtest/gtest.h>

namespace imc::dns {
namespace {

using Texts = std::vector<std::string>;

struct Unbound : testing::Test {
    Unbound()
    {
        ResolverSettings settings;
        settings.servers = {server.setting()};
        resolver = unbound_resolver(settings).value();
    }
    static Deadline soon() { return after(std::chrono::seconds{20}); }
    Texts addresses(const std::string& name)
    {
        const auto answer = kit::run(resolver->addresses(name, soon()));
        const auto* found = std::get_if<Records<std::string>>(&answer);
        return found ? found->values : Texts{};
    }

    kit::DnsServer server;
    std::unique_ptr<Resolver> resolver;
};

TEST_F(Unbound, FindsMxInLowerCaseAndTheNullMx)
{
    server.mx("one.test", 10, "MX.One.Test");
    server.mx("null.test", 0, "");
    const auto answer = kit::run(resolver->mx("one.test", soon()));
    EXPECT_EQ(std::get<Records<Mx>>(answer).values, (std::vector<Mx>{{10, "mx.one.test"}}));
    const auto null = kit::run(resolver->mx("null.test", soon()));
    EXPECT_EQ(std::get<Records<Mx>>(null).values, (std::vector<Mx>{{0, ""}}));
}

TEST_F(Unbound, FindsAddressesOfBothFamiliesIpv6First)
{
    server.a("h.test", "192.0.2.1");
    server.aaaa("h.test", "2001:db8::1");
    EXPECT_EQ(addresses("h.test"), (Texts{"2001:db8::1", "192.0.2.1"}));
}

TEST_F(Unbound, FollowsAnAlias)
{
    server.cname("alias.test", "h.test");
    server.a("h.test", "192.0.2.1");
    EXPECT_EQ(addresses("alias.test"), Texts{"192.0.2.1"});
}

TEST_F(Unbound, MissingNameAndMissingTypeAreProvenAbsent)
{
    server.a("h.test", "192.0.2.1");
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(kit::run(resolver->mx("no.test", soon()))));
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(kit::run(resolver->mx("h.test", soon()))));
}

TEST_F(Unbound, ServfailCannotSay)
{
    server.servfail("bad.test");
    const auto answer = kit::run(resolver->mx("bad.test", soon()));
    EXPECT_EQ(std::get<CannotSay>(answer).reason.event(), EventId::dns_cannot_say);
}

TEST_F(Unbound, AliasesThatGoRoundAreNamed)
{
    server.cname("a.test", "b.test");
    server.cname("b.test", "a.test");
    const auto answer = kit::run(resolver->mx("a.test", soon()));
    ASSERT_TRUE(std::holds_alternative<CannotSay>(answer));
    EXPECT_EQ(std::get<CannotSay>(answer).reason.event(), EventId::dns_alias_loop);
}

TEST_F(Unbound, SilentServerCostsNoMoreThanTheDeadline)
{
    server.silent("quiet.test");
    const auto before = std::chrono::steady_clock::now();
    const auto answer = kit::run(resolver->mx("quiet.test", after(std::chrono::milliseconds{100})));
    EXPECT_TRUE(std::holds_alternative<CannotSay>(answer));
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{5});
}

// The executor ends while a query is under way; ASan sees what is touched afterwards.
TEST_F(Unbound, CallerThatEndsEarlyIsLeftAlone)
{
    server.silent("quiet.test");
    {
        net::io_context io;
        net::co_spawn(io, resolver->mx("quiet.test", soon()), [](auto, auto) {});
        io.poll();
    }
    server.a("h.test", "192.0.2.1");
    EXPECT_EQ(addresses("h.test"), Texts{"192.0.2.1"});
}

TEST_F(Unbound, FindsTextAndPointer)
{
    server.txt("t.test", "v=spf1 -all");
    server.ptr("1.2.0.192.in-addr.arpa", "h.test");
    const auto text = kit::run(resolver->txt("t.test", soon()));
    EXPECT_EQ(std::get<Records<std::string>>(text).values, Texts{"v=spf1 -all"});
    const auto pointer = kit::run(resolver->ptr("192.0.2.1", soon()));
    EXPECT_EQ(std::get<Records<std::string>>(pointer).values, Texts{"h.test"});
}

TEST(UnboundSettings, WrongServerIsRefusedByName)
{
    ResolverSettings settings;
    settings.servers = {"dns.example.net"};
    EXPECT_NE(unbound_resolver(settings).error().detail().find("dns.example.net"),
              std::string::npos);
}

}  // namespace
}  // namespace imc::dns
