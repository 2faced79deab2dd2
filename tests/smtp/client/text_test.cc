/// How the text and what is asked with it reach peers that offer much, or little.
#include "smtp/client/kit.h"

namespace imc::smtp::client {
namespace {

const std::string chunking = "250-mx\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING\r\n";
const std::string chunking_alone = "250-mx\r\n250-8BITMIME\r\n250 CHUNKING\r\n";

Transaction with_wishes()
{
    Transaction t;
    t.sender = "s@example.org";
    t.recipients = {"a@x", "b@x"};
    t.wishes = {{2 | 4, "rfc822;a+b@x"}, {1, ""}};
    t.envid = "id=1";
    t.ret = "HDRS";
    t.priority = 4;
    t.body = kit::octets("Subject: x\r\n\r\nhi\r\n");
    return t;
}

TEST_F(Client, DsnParametersAndPriorityArePassedOnToWhoOffersThem)
{
    peers = {peer({hello, "250-mx\r\n250-DSN\r\n250 MT-PRIORITY\r\n", ok, ok, ok, go, ok})};
    const auto t = with_wishes();
    const auto result = hand_over(t);
    EXPECT_EQ(summary(result), "2.0.0 2.0.0");
    EXPECT_NE(
        peers[0].heard.find("MAIL FROM:<s@example.org> RET=HDRS ENVID=id+3D1 MT-PRIORITY=4\r\n"
                            "RCPT TO:<a@x> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb@x\r\n"
                            "RCPT TO:<b@x> NOTIFY=NEVER\r\n"),
        std::string::npos)
        << peers[0].heard;
    EXPECT_FALSE(result[0].relayed_without_dsn);
}

// RFC 3461 5.2.2: then a "relayed" report is ours to make.
TEST_F(Client, SuccessAskedOfAPeerWithoutDsnIsToldToTheCaller)
{
    peers = {peer({hello, bare, ok, ok, "550 5.1.1 no\r\n", go, ok})};
    auto t = with_wishes();
    t.recipients.emplace_back("c@x");
    t.wishes.push_back({2, ""});
    peers = {peer({hello, bare, ok, ok, ok, "550 5.1.1 no\r\n", go, ok})};
    const auto result = hand_over(t);
    EXPECT_TRUE(result[0].relayed_without_dsn);
    EXPECT_FALSE(result[1].relayed_without_dsn);
    EXPECT_FALSE(result[2].relayed_without_dsn);  // it failed
    EXPECT_EQ(peers[0].heard.find("NOTIFY"), std::string::npos);
    EXPECT_EQ(peers[0].heard.find("RET="), std::string::npos);
    EXPECT_EQ(peers[0].heard.find("MT-PRIORITY"), std::string::npos);
}

// What is left for the next host keeps its own wishes.
TEST_F(Client, WishesStayWithTheirRecipientFromHostToHost)
{
    const std::string dsn = "250-mx\r\n250 DSN\r\n";
    peers = {peer({hello, dsn, ok, "550 5.1.1 no\r\n", ok}), peer({hello, dsn, ok, ok, go, ok})};
    EXPECT_EQ(summary(hand_over(with_wishes())), "5.1.1 2.0.0");
    EXPECT_NE(peers[1].heard.find("RCPT TO:<b@x> NOTIFY=NEVER\r\nDATA"), std::string::npos);
}

// Regression rcpt-batch-250 aside: RFC 9422.
TEST_F(Client, LimitsOfThePeerAreHonoured)
{
    const std::string limits = "250-mx\r\n250 LIMITS RCPTMAX=2 MAILMAX=1 NEW=5\r\n";
    peers = {peer({hello, limits, ok, ok, ok, go, ok}), peer({hello, limits, ok, ok, ok, go, ok}),
             peer({hello, limits, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x", "b@x", "c@x", "d@x", "e@x"})),
              "2.0.0 2.0.0 2.0.0 2.0.0 2.0.0");
    EXPECT_FALSE(courier->reusable());
    EXPECT_NE(peers[1].heard.find("RCPT TO:<c@x>\r\nRCPT TO:<d@x>\r\nDATA"), std::string::npos);
}

TEST_F(Client, LimitOfDomainsKeepsThemApart)
{
    const std::string limits = "250-mx\r\n250 LIMITS RCPTDOMAINMAX=1\r\n";
    peers = {peer({hello, limits, ok, ok, ok, go, ok, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x", "b@y", "c@X"})), "2.0.0 2.0.0 2.0.0");
    EXPECT_NE(peers[0].heard.find("RCPT TO:<a@x>\r\nRCPT TO:<c@X>\r\nDATA"), std::string::npos);
}

TEST_F(Client, ChunkingNeedsNeitherDotsNorEndMark)
{
    peers = {peer({hello, chunking, ok + ok, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, ".a\r\n.\r\nb\r\n")), "2.0.0");
    EXPECT_TRUE(peers[0].heard.ends_with("RCPT TO:<a@x>\r\nBDAT 10 LAST\r\n.a\r\n.\r\nb\r\n"))
        << peers[0].heard;
}

// Regression qp-missing-final-crlf (Q146993): with BDAT, too, a text ends with a line.
TEST_F(Client, RegressionQpMissingFinalCrlf)
{
    peers = {peer({hello, chunking, ok + ok, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, "A: b\r\n\r\nx=")), "2.0.0");
    EXPECT_TRUE(peers[0].heard.ends_with("BDAT 12 LAST\r\nA: b\r\n\r\nx=\r\n")) << peers[0].heard;
    courier.reset();
    peers = {peer({hello, bare, ok, ok, go, ok})};
    dialer.next_peer = 0;
    EXPECT_EQ(summary(deliver({"a@x"}, "A: b\r\n\r\nx=")), "2.0.0");
    EXPECT_TRUE(peers[0].heard.ends_with("x=\r\n.\r\n"));
}

TEST_F(Client, NobodyAcceptedMeansNoChunk)
{
    peers = {peer({hello, chunking, ok + "550 5.1.1 no\r\n"})};
    EXPECT_EQ(summary(deliver({"a@x"})), "5.1.1");
    EXPECT_EQ(peers[0].heard.find("BDAT"), std::string::npos);
}

std::string chunked(const std::string& heard)
{
    std::string text;
    for (auto at = heard.find("BDAT "); at != std::string::npos;) {
        const auto octets = std::stoull(heard.substr(at + 5));
        const auto begin = heard.find("\r\n", at) + 2;
        text += heard.substr(begin, octets);
        at = heard.find("BDAT ", begin + octets);
    }
    return text;
}

TEST_F(Client, LargeTextGoesInChunksThatAreReadAsTheyAreSent)
{
    constexpr std::size_t mebi = 1 << 20;
    std::string line(78, 'x');
    std::string text;
    while (text.size() < 2 * mebi + 100)
        text += line + "\r\n";
    for (const auto& offer : {chunking, chunking_alone})
        for (const std::size_t memory : {std::size_t{0}, mebi - 1, mebi, mebi + 7}) {
            courier.reset();
            dialer.next_peer = 0;
            peers = {offer == chunking ? peer({hello, offer, ok + ok, ok, ok, ok})
                                       : peer({hello, offer, ok, ok, ok, ok, ok})};
            const auto body = kit::in_pieces(text.substr(0, memory), text.substr(memory), 100'000);
            EXPECT_EQ(summary(deliver({"a@x"}, body)), "2.0.0");
            EXPECT_EQ(chunked(peers[0].heard) == text, true) << memory;
            EXPECT_NE(peers[0].heard.find("BDAT 1048576\r\n"), std::string::npos);
        }
}

// The line end that completes a text may itself be cut by the end of a chunk.
TEST_F(Client, CompletedLineMayBeCutByAChunk)
{
    for (const std::size_t size : {(1U << 20) - 2U, (1U << 20) - 1U, (1U << 20) + 0U}) {
        courier.reset();
        dialer.next_peer = 0;
        peers = {size + 2 > 1 << 20 ? peer({hello, chunking, ok + ok, ok, ok})
                                    : peer({hello, chunking, ok + ok, ok})};
        const std::string text(size, 'x');
        EXPECT_EQ(summary(deliver({"a@x"}, text)), "2.0.0") << size;
        EXPECT_EQ(chunked(peers[0].heard) == text + "\r\n", true) << size;
    }
}

TEST_F(Client, RefusedChunkEndsTheTextAndTheSessionGoesOn)
{
    const std::string text(3 << 20, 'x');
    const std::string no = "552 5.3.4 too big\r\n", echo = "503 5.5.1 no transaction\r\n";
    peers = {peer({hello, chunking, ok + ok, no, echo, ok + ok + ok, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, text + "\r\n")), "5.3.4");
    EXPECT_EQ(peers[0].heard.find("LAST"), std::string::npos);
    ASSERT_TRUE(courier->reusable());
    EXPECT_EQ(summary(deliver({"b@x"}, "x\r\n")), "2.0.0");
    EXPECT_TRUE(peers[0].heard.ends_with(
        "RSET\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<b@x>\r\nBDAT 3 LAST\r\nx\r\n"));
}

TEST_F(Client, ConnectionLostInAChunkTriesTheNextHostAndLostBehindTheLastDoesNot)
{
    const std::string text(2 << 20, 'x');
    peers = {peer({hello, chunking, ok + ok}), peer({hello, chunking, ok + ok, ok, ok, ok})};
    peers[0].reads = 1 << 20;
    EXPECT_EQ(summary(deliver({"a@x"}, text + "\r\n")).substr(0, 5), "2.0.0");
    courier.reset();
    dialer.next_peer = 0;
    dialer.dialled.clear();
    peers = {peer({hello, chunking, ok + ok}), peer({hello, chunking, ok + ok, ok})};
    EXPECT_EQ(deliver({"a@x"}, "x\r\n")[0].delivery, Delivery::deferred);
    EXPECT_EQ(dialer.dialled.size(), 1u);
}

TEST_F(Client, LmtpAnswersTheLastChunkForEachRecipient)
{
    settings.dialogue.protocol = Protocol::lmtp;
    peers = {peer({hello, chunking, ok + ok + ok, ok + "452 4.2.2 full\r\n"})};
    EXPECT_EQ(summary(deliver({"a@x", "b@x"})), "2.0.0 4.2.2");
}

TEST_F(Client, BinaryTextGoesAsItIsToWhoOffersBinarymime)
{
    peers = {peer(
        {hello, "250-mx\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250 PIPELINING\r\n", ok + ok, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, "A: b\r\n\r\n\n\r")), "2.0.0");
    EXPECT_NE(peers[0].heard.find("BODY=BINARYMIME\r\n"), std::string::npos);
    EXPECT_TRUE(peers[0].heard.ends_with("BDAT 10 LAST\r\nA: b\r\n\r\n\n\r")) << peers[0].heard;
}

TEST_F(Client, BinaryTextIsConvertedForWhoDoesNot)
{
    for (const auto& offer : {bare, chunking_alone}) {
        courier.reset();
        dialer.next_peer = 0;
        peers = {peer({hello, offer, ok, ok, go, ok})};
        EXPECT_EQ(summary(deliver({"a@x"}, "A: b\r\n\r\n\n\r")), "2.0.0");
        EXPECT_TRUE(
            peers[0].heard.ends_with("DATA\r\nA: b\r\nMIME-Version: 1.0\r\nContent-Type: "
                                     "text/plain; charset=unknown-8bit\r\n"
                                     "Content-Transfer-Encoding: base64\r\n\r\nCg0=\r\n.\r\n"))
            << peers[0].heard;
    }
}

// Regression 8bit-to-7bit-peer (Q195215, Q295734, Q198415).
TEST_F(Client, Regression8bitTo7bitPeer)
{
    const std::string text = "A: b\r\nMIME-Version: 1.0\r\n"
                             "Content-Type: text/plain; charset=utf-8\r\n"
                             "Content-Transfer-Encoding: 8bit\r\n\r\nna\xc3\xafve and more\r\n";
    peers = {peer({hello, "250-mx\r\n250 SIZE 0\r\n", ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, text)), "2.0.0");
    EXPECT_TRUE(peers[0].heard.ends_with(
        "DATA\r\nA: b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nna=C3=AFve and more\r\n.\r\n"))
        << peers[0].heard;
    EXPECT_EQ(peers[0].heard.find("BODY="), std::string::npos);
}

TEST_F(Client, SignedTextIsNotTouchedForA7bitPeer)
{
    const std::string text = "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n"
                             "\xc3\xa9\r\n--b\r\n\r\nsignature\r\n--b--\r\n";
    peers = {peer({hello, bare})};
    const auto result = deliver({"a@x"}, text);
    EXPECT_EQ(result[0].delivery, Delivery::failed);
    EXPECT_EQ(result[0].status, "5.6.3");
    courier.reset();
    dialer.next_peer = 0;
    settings.dialogue.eight_bit = EightBit::send_as_is;
    peers = {peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, text)), "2.0.0");
    EXPECT_TRUE(peers[0].heard.ends_with(text + ".\r\n"));
}

TEST_F(Client, TextFromTheDiskIsConvertedLikeOneInMemory)
{
    std::string text = "A: b\r\n\r\n";
    for (int i = 0; i < 40; ++i)
        text += ".a line with an \xc3\xa9 in it\r\n";
    peers = {peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, text)), "2.0.0");
    const auto heard = peers[0].heard;
    courier.reset();
    dialer.next_peer = 0;
    peers = {peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, kit::in_pieces(text.substr(0, 9), text.substr(9), 5))),
              "2.0.0");
    EXPECT_EQ(peers[0].heard, heard);
}

TEST_F(Client, HighOctetsInTheHeaderAloneAreLeftAlone)
{
    const std::string text = "Subject: \xc3\xa9\r\n\r\nhi\r\n";
    peers = {peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"}, text)), "2.0.0");
    EXPECT_TRUE(peers[0].heard.ends_with("DATA\r\n" + text + ".\r\n"));
}

// Regression address-without-angle-brackets (Q167197).
TEST_F(Client, RegressionAddressWithoutAngleBrackets)
{
    peers = {peer({hello, bare, ok, ok, go, ok})};
    (void)deliver({"a@x"}, "x\r\n", "");
    EXPECT_NE(peers[0].heard.find("MAIL FROM:<>\r\nRCPT TO:<a@x>\r\n"), std::string::npos);
}

// Regression one-copy-per-smart-host (Q174035).
TEST_F(Client, RegressionOneCopyPerSmartHost)
{
    peers = {peer({hello, piped, ok + ok + ok + ok + go, ok})};
    EXPECT_EQ(summary(deliver({"a@x", "b@y", "c@z"})), "2.0.0 2.0.0 2.0.0");
    const auto& heard = peers[0].heard;
    EXPECT_EQ(heard.find("DATA\r\n"), heard.rfind("DATA\r\n"));
}

// Regression mx-pointing-wrong-host-550 (Q245787): the report can name who said so.
TEST_F(Client, RegressionMxPointingWrongHost550)
{
    peers = {peer({hello, bare, ok, "550 Domain invalid\r\n"})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].delivery, Delivery::failed);
    EXPECT_EQ(result[0].reply, "550 Domain invalid");
    EXPECT_EQ(result[0].host, "a.example.net[192.0.2.1]:25");
}

TEST(PeerExtensions, AreReadWhateverTheirCase)
{
    const auto read = [](std::vector<std::string> lines) {
        PeerReply reply;
        reply.code = 250;
        reply.lines = std::move(lines);
        reply.lines.insert(reply.lines.begin(), "mx");
        return read_extensions(reply);
    };
    const auto all = read({"pipelining", "Size 5", "AUTH plain LOGIN", "AUTH=PLAIN CRAM-MD5",
                           "LIMITS rcptmax=7 MAILMAX=x", "Chunking"});
    EXPECT_TRUE(all.pipelining && all.chunking && all.size);
    EXPECT_EQ(all.size_limit, 5u);
    EXPECT_EQ(all.auth, (std::vector<std::string>{"PLAIN", "LOGIN", "CRAM-MD5"}));
    EXPECT_EQ(all.most_recipients, 7u);
    EXPECT_EQ(all.most_messages, 0u);
    EXPECT_EQ(read({"", " ", "SIZE x", "XAUTH PLAIN"}), [] {
        PeerExtensions out;
        out.size = true;
        return out;
    }());
    // The first line is the host's name, whatever it looks like.
    PeerReply name;
    name.lines = {"STARTTLS"};
    EXPECT_FALSE(read_extensions(name).start_tls);
}

}  // namespace
}  // namespace imc::smtp::client
