#include "kit/coroutine.h"
#include "kit/fake_resolver.h"
#include "policy/peer_name.h"
#include "policy/sender_domain.h"

#include <gtest/gtest.h>

namespace imc::policy {
namespace {

using namespace std::chrono_literals;

std::string sender(kit::FakeResolver& dns, std::string domain)
{
    const auto verdict = kit::run(check_sender_domain(dns, std::move(domain), after(10s)));
    return verdict ? std::to_string(verdict->code) + " " + verdict->enhanced : "ok";
}

TEST(SenderDomain, MustExistAndTakeMail)
{
    kit::FakeResolver dns;
    dns.mxs["mx.example"] = {{10, "mail.mx.example"}};
    dns.mxs["null.example"] = {{0, ""}};
    dns.hosts["a.example"] = {"192.0.2.1"};
    EXPECT_EQ(sender(dns, "mx.example"), "ok");
    EXPECT_EQ(sender(dns, "a.example"), "ok");
    EXPECT_EQ(sender(dns, "null.example"), "550 5.7.27");
    EXPECT_EQ(sender(dns, "nowhere.example"), "550 5.1.8");
    EXPECT_EQ(sender(dns, "[192.0.2.1]"), "ok");
    EXPECT_EQ(sender(dns, ""), "ok");
}

// Silence is never a no.
TEST(SenderDomain, IsDeferredWhenDnsCannotSay)
{
    kit::FakeResolver dns;
    dns.silent = {"silent.example"};
    EXPECT_EQ(sender(dns, "silent.example"), "451 4.1.8");
}

std::string name(kit::FakeResolver& dns, std::string address)
{
    return kit::run(find_peer_name(dns, std::move(address), after(10s)));
}

TEST(PeerName, CountsOnlyWhenItLeadsBack)
{
    kit::FakeResolver dns;
    dns.pointers["192.0.2.1"] = {"liar.example", "Mail.Example.ORG."};
    dns.hosts["liar.example"] = {"203.0.113.9"};
    dns.hosts["mail.example.org"] = {"192.0.2.7", "192.0.2.1"};
    dns.pointers["2001:db8::1"] = {"six.example.org"};
    dns.hosts["six.example.org"] = {"2001:0DB8:0::1"};
    EXPECT_EQ(name(dns, "192.0.2.1"), "mail.example.org");
    EXPECT_EQ(name(dns, "2001:db8::1"), "six.example.org");
    EXPECT_EQ(name(dns, "192.0.2.2"), "");
    dns.silent = {"192.0.2.3"};
    EXPECT_EQ(name(dns, "192.0.2.3"), "");
    EXPECT_EQ(name(dns, "no address"), "");
}

// ehlo-ptr-name-overflow, Q326322 (MS02-037): a long name ran over its buffer.
TEST(Regression, EhloPtrNameOverflow)
{
    kit::FakeResolver dns;
    std::string longest;
    for (int i = 0; i < 7; ++i)
        longest += std::string(31, 'a') + ".";
    longest += std::string(29, 'c');  // 253 octets
    for (const auto& bad : {longest + ".example", std::string(64, 'b') + ".example",
                            std::string{"a\r\nb.example"}, std::string{"a\0b.example", 11},
                            std::string{"sp ace.example"}, std::string{"\xc3\xa9.example"},
                            std::string{"a..example"}, std::string{"localhost"}, std::string{}}) {
        dns.pointers["192.0.2.1"] = {bad};
        dns.hosts[bad] = {"192.0.2.1"};
        EXPECT_EQ(name(dns, "192.0.2.1"), "") << bad;
    }
    EXPECT_TRUE(is_plain_name(longest));
}

TEST(PeerNames, AreRememberedAndLookUpsAreBounded)
{
    auto dns = std::make_shared<kit::FakeResolver>();
    dns->pointers["192.0.2.1"] = {"mail.example.org"};
    dns->hosts["mail.example.org"] = {"192.0.2.1"};
    PeerNames names{dns, 10};
    EXPECT_FALSE(names.known("192.0.2.1", std::chrono::steady_clock::now()));
    EXPECT_EQ(kit::run(names.look_up("192.0.2.1", after(10s))), "mail.example.org");
    dns->pointers.clear();
    EXPECT_EQ(kit::run(names.look_up("192.0.2.1", after(10s))), "mail.example.org");
    EXPECT_EQ(names.known("192.0.2.1", std::chrono::steady_clock::now() + 1h), std::nullopt);
    dns->pointers["192.0.2.1"] = {"mail.example.org"};
    PeerNames none_at_once{dns, 10, 0};
    EXPECT_EQ(kit::run(none_at_once.look_up("192.0.2.1", after(10s))), "");
}

}  // namespace
}  // namespace imc::policy
