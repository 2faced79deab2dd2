#include "dns/unbound_resolver.h"

#include "kit/coroutine.h"
#include "kit/dns_server.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <unistd.h>

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

// route-cname-chain-9 (Q146795): ten aliases are followed, an eleventh is one too many.
TEST_F(Unbound, TenAliasesAreFollowedAndAnEleventhIsRefused)
{
    for (int length = 1; length <= 12; ++length) {
        const auto name = [&](int step) {
            return "c" + std::to_string(length) + "s" + std::to_string(step) + ".test";
        };
        for (int step = 0; step < length; ++step)
            server.cname(name(step), name(step + 1));
        server.a(name(length), "192.0.2.1");
        const auto answer = kit::run(resolver->addresses(name(0), soon()));
        if (length <= 10) {
            ASSERT_TRUE(std::holds_alternative<Records<std::string>>(answer)) << length;
            const auto& found = std::get<Records<std::string>>(answer);
            EXPECT_EQ(found.values, Texts{"192.0.2.1"});
            EXPECT_EQ(found.aliases.size(), static_cast<std::size_t>(length));
            EXPECT_EQ(found.aliases.back(), name(length));
        } else {
            ASSERT_TRUE(std::holds_alternative<CannotSay>(answer)) << length;
            EXPECT_EQ(std::get<CannotSay>(answer).reason.event(), EventId::dns_alias_loop);
        }
    }
}

// An outage behind an alias is an outage.
TEST_F(Unbound, AliasOfANameThatFailsCannotSay)
{
    server.cname("a.test", "bad.test");
    server.servfail("bad.test");
    const auto answer = kit::run(resolver->mx("a.test", soon()));
    EXPECT_EQ(std::get<CannotSay>(answer).reason.event(), EventId::dns_cannot_say);
}

// dns-temporary-failure-drop (Q267245): whatever a server does but say no, is no "no".
TEST_F(Unbound, ServersThatRefuseLieOrAreLameCannotSay)
{
    for (const auto& [name, how] : {std::pair{"refused.test", kit::DnsFault::refused},

                                    std::pair{"other.test", kit::DnsFault::other_question},
                                    std::pair{"id.test", kit::DnsFault::wrong_id},
                                    std::pair{"garbage.test", kit::DnsFault::garbage}}) {
        server.mx(name, 10, "liar.test");
        server.fault(name, how);
        const auto answer = kit::run(resolver->mx(name, after(std::chrono::milliseconds{1500})));
        ASSERT_TRUE(std::holds_alternative<CannotSay>(answer)) << name;
        EXPECT_EQ(std::get<CannotSay>(answer).reason.event(), EventId::dns_cannot_say) << name;
    }
    server.a("h.test", "192.0.2.1");
    EXPECT_EQ(addresses("h.test"), Texts{"192.0.2.1"});
}

// What libunbound leaves of a referral is empty, which is no "no".
TEST_F(Unbound, LameServerCannotSay)
{
    server.a("lame.test", "192.0.2.1");
    server.fault("lame.test", kit::DnsFault::lame);
    const auto answer = kit::run(resolver->addresses("lame.test", soon()));
    EXPECT_TRUE(std::holds_alternative<CannotSay>(answer));
}

// What libunbound leaves of such an answer is empty, which is no "no" either.
TEST_F(Unbound, RecordsOfAnotherNameAreNotBelieved)
{
    server.a("victim.test", "192.0.2.66");
    server.fault("victim.test", kit::DnsFault::other_owner);
    const auto answer = kit::run(resolver->addresses("victim.test", soon()));
    EXPECT_TRUE(std::holds_alternative<CannotSay>(answer));
    EXPECT_EQ(addresses("liar.test"), Texts{});
}

TEST_F(Unbound, AnswerThatIsCutIsAskedForByTcp)
{
    for (int i = 1; i <= 40; ++i)
        server.mx("big.test", 10,
                  "a-rather-long-name-of-a-mail-host-" + std::to_string(i) + ".test");
    server.fault("big.test", kit::DnsFault::truncated);
    const auto answer = kit::run(resolver->mx("big.test", soon()));
    EXPECT_EQ(std::get<Records<Mx>>(answer).values.size(), 40U);
    EXPECT_GT(server.asked_by_tcp(), 0U);
}

// dns-ttl-ignored (Q285023): what was said for one second is asked anew after it, and not before
// the time of another has passed.
TEST_F(Unbound, AnswerIsKeptForItsTtlAndNoLonger)
{
    const auto mx = [this](const std::string& name) {
        return std::get<Records<Mx>>(kit::run(resolver->mx(name, soon()))).values.front().host;
    };
    server.mx("kept.test", 10, "old.test");
    EXPECT_EQ(mx("kept.test"), "old.test");
    server.remove("kept.test");
    server.mx("kept.test", 10, "new.test");

    server.ttl(1);
    server.mx("soon.test", 10, "old.test");
    EXPECT_EQ(mx("soon.test"), "old.test");
    server.remove("soon.test");
    server.mx("soon.test", 10, "new.test");
    const auto until = soon();
    auto seen = mx("soon.test");
    while (seen == "old.test" && std::chrono::steady_clock::now() < until)
        seen = mx("soon.test");
    EXPECT_EQ(seen, "new.test");

    EXPECT_EQ(mx("kept.test"), "old.test");
    EXPECT_EQ(server.asked("kept.test"), 1U);
}

TEST_F(Unbound, NoIsKeptForItsTtlAndNoLonger)
{
    const auto absent = [this](const std::string& name) {
        return std::holds_alternative<ProvenAbsent>(kit::run(resolver->mx(name, soon())));
    };
    EXPECT_TRUE(absent("never.test"));
    EXPECT_TRUE(absent("never.test"));
    EXPECT_EQ(server.asked("never.test"), 1U);

    server.ttl(1);
    EXPECT_TRUE(absent("soon.test"));
    server.mx("soon.test", 10, "h.test");
    const auto until = soon();
    while (absent("soon.test"))
        ASSERT_LT(std::chrono::steady_clock::now(), until);
}

TEST_F(Unbound, SaysHowLongAndWhetherItIsProven)
{
    server.ttl(77);
    server.mx("one.test", 10, "h.test");
    const auto answer = kit::run(resolver->mx("one.test", soon()));
    EXPECT_EQ(std::get<Records<Mx>>(answer).ttl, std::chrono::seconds{77});
    EXPECT_FALSE(std::get<Records<Mx>>(answer).secure);
}

TEST(UnboundServers, SecondOneAnswersWhenTheFirstIsDead)
{
    kit::DnsServer server;
    server.mx("one.test", 10, "h.test");
    ResolverSettings settings;
    {
        const kit::DnsServer dead;
        settings.servers = {dead.setting(), server.setting()};
    }
    const auto resolver = unbound_resolver(settings).value();
    const auto answer = kit::run(resolver->mx("one.test", after(std::chrono::seconds{30})));
    EXPECT_TRUE(std::holds_alternative<Records<Mx>>(answer));
}

struct ResolvConf {
    explicit ResolvConf(const std::string& text)
    {
        name += "-" + std::to_string(::getpid());
        std::ofstream{name} << text;
    }
    ~ResolvConf() { std::filesystem::remove(name); }
    std::string name = (std::filesystem::temp_directory_path() / "imc-resolv-conf").string();
};

// route-wildcard-mx-search-list (Q150969), dns-resolver-many-suffixes (Q185025): our own wildcard
// must not catch a name of others that does not exist.
TEST(UnboundServers, SearchListIsNeverUsed)
{
    std::string suffixes = "search ours.test";
    for (int i = 0; i < 40; ++i)
        suffixes += " s" + std::to_string(i) + ".test";
    const ResolvConf file{suffixes + "\noptions ndots:5\nnameserver 192.0.2.53\n"};
    const auto servers = choose_servers({{}, file.name});
    ASSERT_TRUE(servers) << servers.error().to_string();
    EXPECT_EQ(*servers, (std::vector<Server>{{"192.0.2.53", 53}}));

    kit::DnsServer server;
    server.mx("*.ours.test", 10, "us.test");
    const auto resolver = unbound_resolver({{server.setting()}, file.name}).value();
    const auto soon = after(std::chrono::seconds{20});
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(kit::run(resolver->mx("theirs.test", soon))));
    EXPECT_EQ(server.asked("theirs.test.ours.test"), 0U);
    const auto caught = kit::run(resolver->mx("any.ours.test", soon));
    EXPECT_TRUE(std::holds_alternative<Records<Mx>>(caught));
}

// dns-server-down-hosts-file (Q146944): mail waits, whatever /etc/hosts has.
TEST(UnboundServers, HostsFileIsNoAnswerWhenNoServerGivesOne)
{
    std::array<char, 256> us{};
    ASSERT_EQ(::gethostname(us.data(), us.size() - 1), 0);
    ResolverSettings settings;
    settings.servers = {kit::DnsServer{}.setting()};
    const auto resolver = unbound_resolver(settings).value();
    const auto answer =
        kit::run(resolver->addresses(us.data(), after(std::chrono::milliseconds{500})));
    EXPECT_TRUE(std::holds_alternative<CannotSay>(answer));
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
