/// The pure functions over what strangers send: parameters, XCLIENT, PROXY, xtext, chunks, replies.
#include "smtp/server/body.h"
#include "smtp/server/parameters.h"
#include "smtp/server/proxy_header.h"
#include "smtp/server/reply.h"
#include "smtp/server/xclient.h"
#include "smtp/xtext.h"

#include <gtest/gtest.h>

namespace imc::smtp {
namespace {

TEST(Xtext, ComesBackAsItWas)
{
    std::string octets;
    for (int i = 0; i < 256; ++i)
        octets += static_cast<char>(i);
    EXPECT_EQ(xtext_decode(xtext_encode(octets)), octets);
    EXPECT_EQ(xtext_encode("a+b=c"), "a+2Bb+3Dc");
}

TEST(Xtext, LowerCaseAndHalfHexAreRefused)
{
    for (const char* bad : {"+", "+4", "+2b", "a=b", "a b", "+GG", "\x80"})
        EXPECT_FALSE(xtext_decode(bad)) << bad;
}

TEST(Parameters, WhatIsSaidIsKept)
{
    Envelope e;
    EXPECT_FALSE(read_mail_parameters(" SIZE=7 BODY=BINARYMIME RET=hdrs ENVID=q+2B1 SMTPUTF8 "
                                      "MT-PRIORITY=-3",
                                      {}, 10, e));
    EXPECT_EQ(e.declared_octets, 7u);
    EXPECT_TRUE(e.binary && e.eight_bit && e.smtp_utf8);
    EXPECT_EQ(e.ret + " " + e.envid, "HDRS q+1");
    EXPECT_EQ(e.priority, -3);

    Recipient r;
    EXPECT_FALSE(read_rcpt_parameters(" NOTIFY=success,delay ORCPT=rfc822;a+2Bb@c", {}, false, r));
    EXPECT_EQ(r.notify, notify::success | notify::delay);
    EXPECT_EQ(r.original, "rfc822;a+b@c");
}

// CVE-2020-28017 and its like: numbers at the edges of their types.
TEST(Parameters, SizesAtTheEdgesAreRead)
{
    Envelope e;
    for (const char* size : {"2147483648", "4294967296", "9223372036854775808"})
        EXPECT_EQ(read_mail_parameters(std::string{" SIZE="} + size, {}, 1000, e)->code, 552);
    for (const char* size : {"18446744073709551616", "-1", "+1", "", "1 0", "0x10"})
        EXPECT_NE(read_mail_parameters(std::string{" SIZE="} + size, {}, 1000, e)->code, 552)
            << size;
}

TEST(Parameters, ALineFullOfThemIsRefusedAtOnce)
{
    Envelope e;
    std::string many;
    for (int i = 0; i < 21; ++i)
        many += " a" + std::to_string(i) + "=1";
    EXPECT_EQ(read_mail_parameters(many, {}, 10, e)->text, "Too many parameters");
}

TEST(Xclient, AttributesAreRead)
{
    std::string flaw;
    const auto said = parse_xclient(
        "NAME=a.example ADDR=IPV6:::ffff:192.0.2.1 PORT=25 DESTADDR=192.0.2.9 LOGIN=ann+2B1", flaw);
    ASSERT_TRUE(said) << flaw;
    EXPECT_EQ(*said->address, "192.0.2.1");
    EXPECT_EQ(*said->login, "ann+1");
    EXPECT_EQ(*said->port, 25);
    EXPECT_FALSE(said->helo);
}

Peer peer_in(std::string_view wire)
{
    const auto header = parse_proxy_header(wire);
    const auto* whole = std::get_if<proxy::Header>(&header);
    EXPECT_NE(whole, nullptr);
    return whole != nullptr && whole->peer ? *whole->peer : Peer{};
}

TEST(ProxyHeader, BothVersionsNameTheClient)
{
    const auto one = peer_in("PROXY TCP6 2001:db8::1 2001:db8::2 4711 25\r\nEHLO x\r\n");
    EXPECT_EQ(one.address, "2001:db8::1");
    EXPECT_EQ(one.port, 4711);
    EXPECT_EQ(one.local_port, 25);

    std::string two{"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24", 16};
    two += std::string{"\x20\x01\x0d\xb8", 4} + std::string(11, '\0') + '\1';
    two += std::string(15, '\0') + '\1' + std::string{"\x12\x67\0\x19", 4};
    EXPECT_EQ(peer_in(two).address, "2001:db8::1");
    EXPECT_EQ(peer_in(two).local_address, "::1");
    EXPECT_EQ(peer_in(two).port, 0x1267);
}

TEST(ProxyHeader, EachBeginningWantsMore)
{
    const std::string whole = "PROXY TCP4 192.0.2.1 192.0.2.2 4711 25\r\n";
    for (std::size_t i = 0; i < whole.size(); ++i)
        EXPECT_TRUE(std::holds_alternative<proxy::More>(parse_proxy_header(whole.substr(0, i))))
            << i;
    EXPECT_EQ(std::get<proxy::Header>(parse_proxy_header(whole + "NOOP")).octets, whole.size());
}

TEST(ProxyHeader, GarbageIsSeenAtOnce)
{
    const std::string long_one = "PROXY TCP4 " + std::string(200, '1');
    for (const std::string bad :
         {"EHLO x\r\n", "PROXX", "PROXY TCP4 192.0.2.1 192.0.2.2 4711\r\n",
          "PROXY TCP4 2001:db8::1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 70000\r\n",
          "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n", long_one.c_str()})
        EXPECT_TRUE(std::holds_alternative<proxy::Flaw>(parse_proxy_header(bad))) << bad;
    const std::string version_3{"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c", 16};
    EXPECT_TRUE(std::holds_alternative<proxy::Flaw>(parse_proxy_header(version_3)));
    const std::string too_short{"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x04xxxx", 20};
    EXPECT_TRUE(std::holds_alternative<proxy::Flaw>(parse_proxy_header(too_short)));
}

TEST(ChunkChecker, LineEndsMayBeCutAnywhere)
{
    ChunkChecker whole{false, 100};
    for (const char* piece : {"a\r", "\nb", "\r", "\n"})
        whole.take(piece);
    whole.end();
    EXPECT_FALSE(whole.flaw());

    ChunkChecker lone{false, 100};
    lone.take("a\r");
    lone.end();
    EXPECT_EQ(lone.flaw(), BodyFlaw::bare_cr);

    ChunkChecker cut{false, 100};
    cut.take("a\r");
    cut.take("b");
    EXPECT_EQ(cut.flaw(), BodyFlaw::bare_cr);
}

TEST(ChunkChecker, ALineMayBeAsLongAsTheLimit)
{
    ChunkChecker fits{false, 10}, long_one{false, 10};
    fits.take("12345678\r\n12345678\r\n");
    long_one.take("12345");
    long_one.take("6789\r\n");
    EXPECT_FALSE(fits.flaw());
    EXPECT_EQ(long_one.flaw(), BodyFlaw::line_too_long);
}

TEST(Reply, WhateverStandsInATextItIsOneReply)
{
    const auto wire = to_wire({550, "5.7.1", "no\r\n250 yes\x7f\xc3\xa9" + std::string(2000, 'x')});
    EXPECT_EQ(wire.find("\r\n250"), std::string::npos);
    EXPECT_TRUE(wire.starts_with("550-5.7.1 no?\r\n550 5.7.1 250 yes???x"));
    EXPECT_EQ(wire.size(), 15 + 512u);
}

TEST(Reply, TheCodeOfItsRecordIsNeverCutOff)
{
    Reply reply{550, "5.7.1", "first\n" + std::string(900, 'x')};
    append_code(reply, "7KQ2");
    EXPECT_TRUE(to_wire(reply).ends_with("x (7KQ2)\r\n"));
}

}  // namespace
}  // namespace imc::smtp
