#include "base/base64.h"
#include "smtp/client/kit.h"

#include <atomic>

namespace imc::smtp::client {
namespace {

using namespace std::string_literals;

const std::string with_tls = "250-mx\r\n250 STARTTLS\r\n";
const std::string ready = "220 2.0.0 go ahead\r\n";
const std::string plain_auth = "250-mx\r\n250 AUTH PLAIN LOGIN\r\n";

struct StillClock final : WallClock {
    WallTime at{std::chrono::hours{500'000}};
    WallTime now() const override { return at; }
};

/// One host; TLS with any certificate.
struct Opened : Client {
    Opened()
    {
        hosts = std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}}};
        settings.tls = *TlsClient::make({TlsVerify::none, {}});
        settings.hosts = &memory;
        settings.dialogue.tls = OutboundTls::may;
    }
    void sign_in(const std::string& user = "ann", const std::string& password = "secret")
    {
        settings.dialogue.credentials = std::make_shared<const sasl::Credentials>(user, password);
    }
    /// The peer's half after the handshake, in the pieces of one read each.
    static ScriptedPeer under_tls(std::vector<std::string> then)
    {
        then.insert(then.begin(), {hello, with_tls, ready});
        auto made = peer(std::move(then));
        made.handshakes = {3};
        return made;
    }
    bool was_raised(EventId id) const { return std::ranges::find(raised, id) != raised.end(); }
    StillClock clock;
    HostMemory memory{clock};
};

// RFC 3207 4.2: what was offered in the clear is asked for again.
TEST_F(Opened, TlsThatIsOfferedIsUsedAndWhatWasOfferedBeforeIsForgotten)
{
    peers = {under_tls({bare, ok, ok, go, ok})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].status, "2.0.0");
    EXPECT_EQ(result[0].tls, "TLSv1.3 TLS_AES_256_GCM_SHA384");
    EXPECT_TRUE(peers[0].heard.starts_with(
        "EHLO mail.example.org\r\nSTARTTLS\r\n(TLS with a.example.net)\r\n"
        "EHLO mail.example.org\r\nMAIL FROM:<s@example.org>\r\n"))
        << peers[0].heard;
    EXPECT_TRUE(memory.knows_tls("a.example.net:25"));
}

TEST_F(Opened, ExtensionsOfTheClearDoNotCountUnderTls)
{
    auto one = peer({hello, "250-mx\r\n250-SIZE 10\r\n250-PIPELINING\r\n250 STARTTLS\r\n", ready,
                     bare, ok, ok, go, ok});
    one.handshakes = {3};
    peers = {one};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
}

TEST_F(Opened, HostWithoutTlsIsSentToInTheClear)
{
    peers = {peer({hello, bare, ok, ok, go, ok})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].status, "2.0.0");
    EXPECT_EQ(result[0].tls, "");
    EXPECT_FALSE(memory.knows_tls("a.example.net:25"));
}

TEST_F(Opened, BrokenHandshakeOfANewHostLeadsToTheClearOnceAndSaysSo)
{
    for (int i = 0; i < 2; ++i) {
        courier.reset();
        dialer.next_peer = 0;
        peers = {peer({hello, with_tls, ready}), peer({hello, with_tls, ok, ok, go, ok})};
        EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
        EXPECT_EQ(peers[1].heard.find("STARTTLS"), std::string::npos);
    }
    EXPECT_EQ(std::ranges::count(raised, EventId::outbound_tls_failed), 1);
}

// "530 Must issue a STARTTLS command first": the handshake is to blame, not the message.
TEST_F(Opened, HostThatInsistsOnTlsItCannotDoKeepsTheMailWaiting)
{
    peers = {peer({hello, with_tls, ready}),
             peer({hello, with_tls, "530 5.7.0 Must issue a STARTTLS command first\r\n"})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].delivery, Delivery::deferred);
    EXPECT_EQ(result[0].status, "4.7.5");
}

// No silent downgrade: what used to be under TLS waits.
TEST_F(Opened, HostSeenUnderTlsGetsNothingInTheClearWhenTheHandshakeBreaks)
{
    memory.saw_tls("a.example.net:25");
    peers = {peer({hello, with_tls, ready}), peer({hello, bare, ok, ok, go, ok})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].delivery, Delivery::deferred);
    EXPECT_EQ(result[0].status, "4.7.5");
    EXPECT_TRUE(result[0].whole_route);
    EXPECT_EQ(dialer.dialled.size(), 1u);
    EXPECT_EQ(raised, std::vector<EventId>{EventId::outbound_tls_unmet});
}

TEST_F(Opened, HostSeenUnderTlsGetsNothingInTheClearWhenStarttlsIsGone)
{
    memory.saw_tls("a.example.net:25");
    for (const auto& offer : {bare, with_tls}) {
        courier.reset();
        dialer.next_peer = 0;
        peers = {peer({hello, offer, "454 4.7.0 not now\r\n", ok, go, ok})};
        EXPECT_EQ(summary(deliver({"a@x"})), "4.7.5");
        EXPECT_EQ(peers[0].heard.find("MAIL"), std::string::npos);
    }
}

TEST_F(Opened, WhatWasSeenMoreThanThirtyDaysAgoIsForgotten)
{
    memory.saw_tls("a.example.net:25");
    clock.at += std::chrono::days{31};
    peers = {peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
}

TEST_F(Opened, RefusedStarttlsOfANewHostGoesOnInTheClear)
{
    peers = {peer({hello, with_tls, "454 4.7.0 not now\r\n", ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
}

TEST_F(Opened, EncryptIsUnmetByAHostWithoutTlsAndTheNextOneIsTried)
{
    hosts = std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}},
                              {"b.example.net", 25, {"192.0.2.2"}}};
    settings.dialogue.tls = OutboundTls::encrypt;
    peers = {peer({hello, bare}), under_tls({bare, ok, ok, go, ok})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].status, "2.0.0");
    EXPECT_EQ(result[0].host, "b.example.net[192.0.2.2]:25");
}

TEST_F(Opened, EncryptNeverFallsBackAfterABrokenHandshake)
{
    settings.dialogue.tls = OutboundTls::encrypt;
    peers = {peer({hello, with_tls, ready}), peer({hello, bare, ok, ok, go, ok})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].status, "4.7.5");
    EXPECT_NE(result[0].reply.find("handshake"), std::string::npos);
    EXPECT_EQ(dialer.dialled.size(), 1u);
}

// A host that hangs up on EHLO is greeted with HELO, and has no TLS then.
TEST_F(Opened, HeloIsNoWayAroundEncrypt)
{
    settings.dialogue.tls = OutboundTls::encrypt;
    peers = {peer({hello}), peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "4.4.2");
    EXPECT_TRUE(peers[1].heard.empty()) << peers[1].heard;
}

// ehlo-500-fallback-helo: "and remember". Not where TLS is meant to be, and not for ever.
TEST_F(Opened, HostThatTookHeloIsGreetedSoByOthersForAnHour)
{
    const auto greeted_with = [this](std::deque<ScriptedPeer> them) {
        courier.reset();
        dialer.next_peer = 0;
        peers = std::move(them);
        EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
        return peers[0].heard.substr(0, 5);
    };
    EXPECT_EQ(greeted_with({peer({hello}), peer({hello, bare, ok, ok, go, ok})}), "EHLO ");
    EXPECT_EQ(greeted_with({peer({hello, bare, ok, ok, go, ok})}), "HELO ");
    settings.dialogue.tls = OutboundTls::encrypt;
    EXPECT_EQ(greeted_with({under_tls({bare, ok, ok, go, ok})}), "EHLO ");
    settings.dialogue.tls = OutboundTls::none;
    clock.at += HostMemory::keeps_helo;
    EXPECT_EQ(greeted_with({peer({hello, bare, ok, ok, go, ok})}), "EHLO ");
}

// CVE-2011-0411, seen from the other side: nothing said in the clear passes for TLS.
TEST_F(Opened, WordsInTheClearBehindTheAnswerToStarttlsAreRefused)
{
    settings.dialogue.tls = OutboundTls::encrypt;
    auto one = peer({hello, with_tls, ready + "250-mx\r\n250 AUTH PLAIN\r\n", bare, ok});
    one.handshakes = {3};
    peers = {one};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].status, "4.7.5");
    EXPECT_NE(result[0].reply.find("in the clear behind"), std::string::npos) << result[0].reply;
    EXPECT_FALSE(peers[0].tls);
}

TEST_F(Opened, ImplicitTlsBeginsBeforeTheGreeting)
{
    settings.dialogue.tls = OutboundTls::implicit;
    auto one = peer({hello, bare, ok, ok, go, ok});
    one.handshakes = {0};
    peers = {one};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
    EXPECT_TRUE(peers[0].heard.starts_with("(TLS with a.example.net)\r\nEHLO mail"));
}

TEST_F(Opened, ProfileThatSaysNoneNeverAsksForTls)
{
    settings.dialogue.tls = OutboundTls::none;
    memory.saw_tls("a.example.net:25");
    peers = {peer({hello, with_tls, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
}

TEST_F(Opened, PlainSignsInUnderTls)
{
    sign_in();
    peers = {under_tls({plain_auth, "235 2.7.0 yes\r\n", ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
    EXPECT_NE(peers[0].heard.find("AUTH PLAIN " + base64_encode("\0ann\0secret"s) + "\r\nMAIL"),
              std::string::npos)
        << peers[0].heard;
}

TEST_F(Opened, LoginSignsInWhereNothingBetterIsOffered)
{
    sign_in();
    peers = {under_tls({"250-mx\r\n250 AUTH=LOGIN\r\n", "334 VXNlcm5hbWU6\r\n",
                        "334 UGFzc3dvcmQ6\r\n", "235 yes\r\n", ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
    EXPECT_NE(peers[0].heard.find("AUTH LOGIN\r\nYW5u\r\nc2VjcmV0\r\nMAIL"), std::string::npos);
}

// RFC 7677 3.
TEST_F(Opened, ScramSignsInAndTheServerProvesItself)
{
    sign_in("user", "pencil");
    settings.dialogue.nonce = "rOprNGfwEbeRWgbNEkqO";
    const auto first = base64_encode("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                     "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    const auto last = base64_encode("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    peers = {under_tls({"250-mx\r\n250 AUTH PLAIN SCRAM-SHA-256\r\n", "334 " + first + "\r\n",
                        "334 " + last + "\r\n", "235 yes\r\n", ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
    EXPECT_NE(peers[0].heard.find(
                  base64_encode("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")),
              std::string::npos);
}

TEST_F(Opened, ServerThatDoesNotProveItselfByScramIsNotBelieved)
{
    sign_in("user", "pencil");
    settings.dialogue.nonce = "rOprNGfwEbeRWgbNEkqO";
    const auto first = base64_encode("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                     "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    const auto wrong = base64_encode("v=" + base64_encode(std::string(32, 'x')));
    for (const auto& end :
         {std::vector<std::string>{"235 yes\r\n"},
          std::vector<std::string>{"334 " + wrong + "\r\n", "501 cancelled\r\n"}}) {
        courier.reset();
        dialer.next_peer = 0;
        auto says = std::vector<std::string>{"250-mx\r\n250 AUTH SCRAM-SHA-256\r\n",
                                             "334 " + first + "\r\n"};
        says.insert(says.end(), end.begin(), end.end());
        peers = {under_tls(says)};
        const auto result = deliver({"a@x"});
        EXPECT_EQ(result[0].delivery, Delivery::deferred);
        EXPECT_NE(result[0].reply.find("prov"), std::string::npos) << result[0].reply;
        EXPECT_EQ(peers[0].heard.find("MAIL"), std::string::npos);
    }
    EXPECT_EQ(raised, std::vector<EventId>{EventId::peer_auth_refused});
}

TEST_F(Opened, WrongPasswordDefersWithOneEventAndIsInNeitherReplyNorEvent)
{
    sign_in();
    for (int i = 0; i < 3; ++i) {
        courier.reset();
        dialer.next_peer = 0;
        peers = {under_tls({plain_auth, "535 5.7.8 no AGFubgBzZWNyZXQ= secret here\r\n"})};
        const auto result = deliver({"a@x"});
        EXPECT_EQ(result[0].delivery, Delivery::deferred);
        EXPECT_EQ(result[0].status, "4.7.8");
        EXPECT_EQ(result[0].reply, "535 5.7.8 no *** *** here");
    }
    EXPECT_EQ(raised, std::vector<EventId>{EventId::peer_auth_refused});
}

// Regression xauth-vs-auth-keyword (Q195201): what is offered decides, and what we cannot use is no
// reason to return mail.
TEST_F(Opened, RegressionXauthVsAuthKeyword)
{
    sign_in();
    for (const auto* offer : {"XAUTH PLAIN", "AUTH", "AUTH NTLM GSSAPI", "PIPELINING"}) {
        courier.reset();
        dialer.next_peer = 0;
        peers = {under_tls({"250-mx\r\n250 "s + offer + "\r\n"})};
        const auto result = deliver({"a@x"});
        EXPECT_EQ(result[0].delivery, Delivery::deferred) << offer;
        EXPECT_EQ(result[0].status, "4.7.4") << offer;
        EXPECT_EQ(peers[0].heard.find("AUTH"), std::string::npos) << offer;
    }
    EXPECT_EQ(raised, std::vector<EventId>{EventId::peer_auth_unusable});
}

TEST_F(Opened, MechanismThatIsUnknownAfterAllGivesWayToTheNext)
{
    sign_in();
    peers = {under_tls({plain_auth, "504 5.5.4 what?\r\n", "334 \r\n", "334 \r\n", "235 yes\r\n",
                        ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
}

TEST_F(Opened, PasswordIsNeverSentInTheClearOverANetwork)
{
    sign_in();
    for (const auto tls : {OutboundTls::none, OutboundTls::may}) {
        courier.reset();
        dialer.next_peer = 0;
        settings.dialogue.tls = tls;
        peers = {peer({hello, plain_auth, "235 yes\r\n", ok, ok, go, ok})};
        EXPECT_EQ(summary(deliver({"a@x"})), "4.7.5");
        EXPECT_EQ(peers[0].heard.find("AUTH"), std::string::npos);
    }
    courier.reset();
    dialer.next_peer = 0;
    hosts = std::vector<Host>{{"localhost", 25, {"127.0.0.1"}}};
    settings.dialogue.tls = OutboundTls::none;
    peers = {peer({hello, plain_auth, "235 yes\r\n", ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
}

// Regression smart-host-list-one-down (Q279323).
TEST_F(Opened, RegressionSmartHostListOneDown)
{
    settings.dialogue.tls = OutboundTls::none;
    settings.turn = std::make_shared<std::atomic<unsigned>>(0);
    hosts = std::vector<Host>{
        {"h1", 25, {"192.0.2.1"}}, {"h2", 25, {"192.0.2.2"}}, {"h3", 25, {"192.0.2.3"}}};
    dialer.refused = {"192.0.2.2"};
    std::string taken;
    for (int i = 0; i < 6; ++i) {
        courier.reset();
        peers.push_back(peer({hello, bare, ok, ok, go, ok}));
        taken += deliver({"a@x"})[0].host.substr(0, 2) + " ";
    }
    // h2 is called once; then, while it is said to be down, those who answer share its turns.
    EXPECT_EQ(taken, "h1 h3 h3 h1 h3 h3 ");
    EXPECT_EQ(std::ranges::count(dialer.dialled, "192.0.2.2"), 1);
    clock.at += HostMemory::rest;
    EXPECT_FALSE(memory.is_down("h2:25"));
}

// Regression banner-never-arrives (Q175982): silence ends by its limit, and the next host is tried.
TEST_F(Opened, RegressionBannerNeverArrives)
{
    hosts = std::vector<Host>{{"a", 25, {"192.0.2.1"}}, {"b", 25, {"192.0.2.2"}}};
    peers = {peer({}, ScriptedPeer::Then::falls_silent), peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(deliver({"a@x"})[0].host, "b[192.0.2.2]:25");
    EXPECT_TRUE(peers[0].closed);
}

// Regression cluster-source-address (Q266250).
TEST_F(Opened, RegressionClusterSourceAddress)
{
    settings.dialogue.tls = OutboundTls::none;
    settings.source = {"192.0.2.99", "2001:db8::99"};
    hosts = std::vector<Host>{{"a", 25, {"2001:db8::1", "2001:db8::2", "192.0.2.1"}}};
    peers = {peer({hello, bare, ok, ok, go, ok})};
    (void)deliver({"a@x"});
    EXPECT_EQ(dialer.calls[0].source, settings.source);
    EXPECT_EQ(dialer.calls[0].address, "2001:db8::1");
    EXPECT_EQ(dialer.calls[0].other, "192.0.2.1");
}

TEST(HostMemory, ReadsItsOwnTextAgainAndPassesOverWhatIsNone)
{
    StillClock clock;
    HostMemory one{clock};
    one.saw_tls("a.example.net:25");
    one.saw_tls("b.example.net:587");
    HostMemory other{clock};
    EXPECT_TRUE(other.read(one.to_text() + "c\t2026-13-01\nno line\n\t2026-01-01\n"));
    EXPECT_EQ(other.to_text(), one.to_text());
    EXPECT_FALSE(other.read("imc tls-hosts 2\n"));
}

TEST(HostMemory, SaysThatItHasChangedAtMostOnceAMinute)
{
    StillClock clock;
    HostMemory memory{clock};
    int said = 0;
    memory.on_change([&] { ++said; });
    for (const auto* host : {"a", "b", "a"})
        memory.saw_tls(host);
    EXPECT_EQ(said, 1);
    clock.at += std::chrono::minutes{1};
    memory.saw_tls("c");
    EXPECT_EQ(said, 2);
}

TEST(HostMemory, FileThatCannotBeReadIsAnError)
{
    const auto folder = std::string{"/proc"};
    HostMemory memory;
    for (const auto& failed :
         {memory.load(real_files(), folder), memory.save(real_files(), "/proc/none/tls-hosts")}) {
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().event(), EventId::tls_memory_unusable);
    }
    EXPECT_TRUE(memory.load(real_files(), "/nowhere/tls-hosts"));
}

}  // namespace
}  // namespace imc::smtp::client
