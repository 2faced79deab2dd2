#include "smtp/tls/kit.h"

namespace imc::smtp {
namespace {

class TlsStream : public TlsFixture {};

struct Talk {
    bool shaken = false;
    std::string heard, version, cipher, seen, exporter;
    bool goodbye = false;
};

Talk greet(kit::TlsPeer& peer)
{
    Talk talk;
    talk.shaken = peer.handshake();
    if (!talk.shaken) return talk;
    talk.version = peer.version();
    talk.cipher = peer.cipher();
    talk.seen = peer.seen();
    talk.exporter = peer.exporter();
    peer.say("EHLO a\r\n");
    talk.heard = peer.hear();
    peer.say_goodbye();
    talk.goodbye = peer.hear().empty() && peer.was_told_the_end();
    return talk;
}

TEST_F(TlsStream, SpeaksVersion13AndEndsInGoodOrder)
{
    serve_one();
    const auto talk = meet(greet);
    ASSERT_TRUE(talk.shaken);
    EXPECT_EQ(talk.version, "TLSv1.3");
    EXPECT_EQ(talk.heard, "heard EHLO a\r\n");
    EXPECT_EQ(talk.seen, "mail.example.org");
    EXPECT_TRUE(talk.goodbye);
    ASSERT_TRUE(outcome_.facts);
    EXPECT_EQ(outcome_.facts->version, "TLSv1.3");
    EXPECT_EQ(outcome_.facts->cipher, talk.cipher);
    EXPECT_EQ(outcome_.facts->exporter, talk.exporter);
    EXPECT_EQ(outcome_.facts->end_point.size(), 32u);
    EXPECT_EQ(outcome_.end, net::error::eof);
}

TEST_F(TlsStream, SpeaksVersion12WithForwardSecrecyByOurPreference)
{
    serve_one();
    const auto talk =
        meet(greet, {.version = TLS1_2_VERSION,
                     .ciphers = "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"});
    ASSERT_TRUE(talk.shaken);
    EXPECT_EQ(talk.version, "TLSv1.2");
    EXPECT_EQ(talk.cipher, "ECDHE-ECDSA-AES256-GCM-SHA384");
    EXPECT_EQ(outcome_.facts->exporter, talk.exporter);
    EXPECT_EQ(outcome_.end, net::error::eof);
}

TEST_F(TlsStream, OldVersionsAreRefusedWithAReason)
{
    serve_one();
    const auto talk = meet(greet, {.version = TLS1_1_VERSION});
    EXPECT_FALSE(talk.shaken);
    ASSERT_FALSE(outcome_.facts);
    EXPECT_EQ(outcome_.facts.error().message(), "unsupported protocol");
}

TEST_F(TlsStream, CiphersWithoutForwardSecrecyAreRefused)
{
    serve_one();
    EXPECT_FALSE(meet(greet, {.version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"}).shaken);
    EXPECT_EQ(outcome_.facts.error().message(), "no shared cipher");
}

TEST_F(TlsStream, RenegotiationIsRefused)
{
    serve_one();
    const bool again =
        meet([](kit::TlsPeer& peer) { return peer.handshake() && peer.renegotiate(); },
             {.version = TLS1_2_VERSION});
    EXPECT_FALSE(again);
}

TEST_F(TlsStream, CertificateIsChosenByTheNameAskedFor)
{
    serve_with({{pair("*", "default.example"), pair("mx.example.net", "mx.example.net"),
                 pair("*.example.com", "wild.example.com")}});
    for (const auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto seen = [&](const std::string& name) {
            const auto talk = meet(greet, {.version = version, .server_name = name});
            return talk.shaken ? talk.seen : "no handshake";
        };
        EXPECT_EQ(seen("MX.example.net"), "mx.example.net");
        EXPECT_EQ(outcome_.facts->server_name, "mx.example.net");
        EXPECT_EQ(seen("any.example.com"), "wild.example.com");
        EXPECT_EQ(seen("deep.any.example.com"), "default.example");
        EXPECT_EQ(seen("unknown.example"), "default.example");
        EXPECT_EQ(seen(""), "default.example");
    }
}

TEST_F(TlsStream, ListenerHasItsOwnCertificateForThoseWhoNameNone)
{
    const auto everything = pair("*", "default.example");
    const auto banner = pair("mail.example.org", "mail.example.org");
    const auto here = pair("192.0.2.1:25", "here.example");
    serve_with({{everything, banner}});
    EXPECT_EQ(meet(greet).seen, "mail.example.org");
    serve_with({{everything, banner, here}});
    EXPECT_EQ(meet(greet).seen, "here.example");
    serve_with({{everything, banner, here}}, "other.example");
    EXPECT_EQ(meet(greet, {.server_name = "mail.example.org"}).seen, "mail.example.org");
}

TEST_F(TlsStream, TicketResumesASessionInBothVersions)
{
    serve_one();
    for (const auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        std::shared_ptr<SSL_SESSION> kept;
        const auto visit = [&](SSL_SESSION* resume) {
            return meet(
                [&](kit::TlsPeer& peer) {
                    if (!peer.handshake()) return -1;
                    peer.say("x");
                    peer.hear();
                    kept = peer.session();
                    peer.say_goodbye();
                    return peer.resumed() ? 1 : 0;
                },
                {.version = version, .resume = resume});
        };
        EXPECT_EQ(visit(nullptr), 0);
        auto first = kept;
        EXPECT_EQ(visit(first.get()), 1);
        EXPECT_TRUE(outcome_.facts);
        // The key of yesterday is gone, and so is what it has sealed.
        clock_.pass(25h);
        EXPECT_EQ(visit(first.get()), 0);
        // The one before the newest still opens.
        first = kept;
        clock_.pass(13h);
        EXPECT_EQ(visit(first.get()), 1);
    }
}

TEST_F(TlsStream, ClientCertificateCountsOnlyWhenItsAuthorityIsOurs)
{
    const auto authority = kit::make_certificate({.name = "Our authority", .authority = true});
    const auto ours = kit::make_certificate({.name = "relay.example.org", .issuer = &authority});
    const auto stranger = kit::make_certificate({.name = "relay.example.org"});
    kit::write_certificate(authority, folder_ / "ca.crt");
    TlsSettings settings{{pair("*", "mail.example.org")}};
    settings.client_ca_file = folder_ / "ca.crt";
    serve_with(settings);

    for (const auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        EXPECT_TRUE(meet(greet, {.version = version, .certificate = &ours}).shaken);
        EXPECT_EQ(outcome_.facts->client_subject, "CN=relay.example.org");
        EXPECT_EQ(outcome_.facts->client_fingerprint.size(), 64u);
        // Mail of a stranger is still taken; it only proves nothing.
        EXPECT_TRUE(meet(greet, {.version = version, .certificate = &stranger}).shaken);
        EXPECT_EQ(outcome_.facts->client_subject, "");
        EXPECT_TRUE(meet(greet, {.version = version}).shaken);
        EXPECT_EQ(outcome_.facts->client_fingerprint, "");
    }
}

TEST_F(TlsStream, ExpiredClientCertificateProvesNothing)
{
    const auto authority = kit::make_certificate({.name = "Our authority", .authority = true});
    const auto old = kit::make_certificate({.name = "relay.example.org",
                                            .from_seconds = -7200,
                                            .to_seconds = -3600,
                                            .issuer = &authority});
    kit::write_certificate(authority, folder_ / "ca.crt");
    TlsSettings settings{{pair("*", "mail.example.org")}};
    settings.client_ca_file = folder_ / "ca.crt";
    serve_with(settings);
    EXPECT_TRUE(meet(greet, {.certificate = &old}).shaken);
    EXPECT_EQ(outcome_.facts->client_subject, "");
}

TEST_F(TlsStream, HandshakeThatStallsCostsNoMoreThanTheDeadline)
{
    serve_one();
    const auto nothing = meet(
        [](kit::TlsPeer& peer) {
            char octet = 0;  // says nothing; waits until we hang up
            return ::recv(peer.descriptor(), &octet, 1, 0);
        },
        {}, after(20ms));
    EXPECT_EQ(nothing, 0);
    EXPECT_EQ(outcome_.facts.error(), net::error::timed_out);
}

TEST_F(TlsStream, HandshakeThatStopsHalfwayCostsNoMoreThanTheDeadline)
{
    serve_one();
    meet(
        [](kit::TlsPeer& peer) {
            const std::string half{"\x16\x03\x01\x02\x00\x01\x00", 7};
            (void)::send(peer.descriptor(), half.data(), half.size(), MSG_NOSIGNAL);
            char octet = 0;
            return ::recv(peer.descriptor(), &octet, 1, 0);
        },
        {}, after(20ms));
    EXPECT_EQ(outcome_.facts.error(), net::error::timed_out);
}

TEST_F(TlsStream, WhatIsNoClientHelloIsNamed)
{
    serve_one();
    for (const std::string text : {"EHLO client.example\r\n", "GET / HTTP/1.1\r\n\r\n",
                                   "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"}) {
        meet([text](kit::TlsPeer& peer) {
            (void)::send(peer.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
            ::shutdown(peer.descriptor(), SHUT_WR);
            std::array<char, 64> room{};
            return ::recv(peer.descriptor(), room.data(), room.size(), 0);
        });
        ASSERT_FALSE(outcome_.facts);
        EXPECT_EQ(outcome_.facts.error(), make_error_code(TlsError::not_tls)) << text;
    }
}

TEST_F(TlsStream, PeerThatIsGoneWithoutGoodbyeIsTruncated)
{
    serve_one();
    for (const auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        meet(
            [](kit::TlsPeer& peer) {
                peer.handshake();
                peer.say("DATA");
                return peer.hear();
            },
            {.version = version});
        EXPECT_EQ(outcome_.heard, std::vector<std::string>{"DATA"});
        EXPECT_EQ(outcome_.end, make_error_code(TlsError::truncated));
    }
}

TEST_F(TlsStream, SilentPeerCostsNoMoreThanTheDeadline)
{
    serve_one();
    const auto told = meet(
        [](kit::TlsPeer& peer) {
            peer.handshake();
            (void)peer.hear();
            return peer.was_told_the_end();
        },
        {}, after(200ms));
    EXPECT_EQ(outcome_.end, net::error::timed_out);
    EXPECT_TRUE(told);
}

TEST_F(TlsStream, LongTextsPassWholeInBothDirections)
{
    serve_one();
    const std::string text(3 << 20, 'x');
    const auto heard = meet([&](kit::TlsPeer& peer) {
        std::size_t octets = 0, pieces = 0;
        peer.handshake();
        for (std::size_t at = 0; at < text.size(); at += 16384) {
            peer.say(text.substr(at, 16384));
            // Each piece comes back with "heard " in front, perhaps in two records.
            ++pieces;
            while (octets < at + 16384 + 6 * pieces)
                octets += peer.hear().size();
        }
        peer.say_goodbye();
        return octets - 6 * pieces;
    });
    EXPECT_EQ(heard, text.size());
    std::size_t came = 0;
    for (const auto& piece : outcome_.heard)
        came += piece.size();
    EXPECT_EQ(came, text.size());
}

TEST_F(TlsStream, PeerThatNeverReadsCostsNoMoreThanTheDeadline)
{
    serve_one();
    meet(
        [](kit::TlsPeer& peer) {
            peer.handshake();
            const std::string record(16384, 'x');
            while (peer.say(record)) {
            }
            return true;
        },
        {}, after(500ms));
    EXPECT_TRUE(outcome_.facts);
    EXPECT_GT(outcome_.heard.size(), 0u);
}

// Tls sessions keep what they began with; the next one sees the new certificate.
TEST_F(TlsStream, NewCertificateIsTakenWhileAnOldSessionGoesOn)
{
    serve_one();
    const auto [before, after_it] = meet([&](kit::TlsPeer& peer) {
        peer.handshake();
        pair("*", "mail.example.org", {.name = "renewed.example"});
        look();
        peer.say("still here");
        const auto heard = peer.hear();
        peer.say_goodbye();
        return std::pair{peer.seen(), heard};
    });
    EXPECT_EQ(before, "mail.example.org");
    EXPECT_EQ(after_it, "heard still here");
    EXPECT_EQ(meet(greet).seen, "renewed.example");
    EXPECT_EQ(events(EventId::tls_certificate_in_force).size(), 1u);
}

TEST_F(TlsStream, WithoutACertificateNothingIsBegun)
{
    serve_with({{{"*", folder_ / "none.crt", folder_ / "none.key"}}});
    EXPECT_FALSE(server_->ready());
    EXPECT_FALSE(meet(greet).shaken);
    EXPECT_EQ(outcome_.facts.error(), make_error_code(TlsError::no_certificate));
}

TEST_F(TlsStream, FailedHandshakesAreSaidOnceAMinuteForEachReason)
{
    serve_one();
    for (int i = 0; i < 5; ++i)
        server_->handshake_failed("192.0.2.9", make_error_code(TlsError::not_tls));
    server_->handshake_failed("192.0.2.9", net::error::timed_out);
    EXPECT_EQ(events(EventId::tls_handshake_failed).size(), 2u);
    clock_.pass(61s);
    server_->handshake_failed("192.0.2.10", make_error_code(TlsError::not_tls));
    const auto said = events(EventId::tls_handshake_failed);
    ASSERT_EQ(said.size(), 3u);
    EXPECT_NE(said.back().description.find("(5 such"), std::string::npos);
    EXPECT_EQ(server_->failures(), 7u);
}

}  // namespace
}  // namespace imc::smtp
