#include "smtp/client/kit.h"

namespace imc::smtp::client {
namespace {

// noop-garbling (Q197183): nothing stands between RCPT and DATA; a filter in between garbled it.
TEST_F(Client, SaysTheWholeTransactionOneByOneWithoutPipelining)
{
    peers = {peer({hello, bare, ok, ok, go, "250 2.0.0 queued as 4711\r\n"})};
    const auto result = deliver({"r@example.net"}, ".dot\r\n..two\r\nno end");
    EXPECT_EQ(peers[0].heard, "EHLO mail.example.org\r\nMAIL FROM:<s@example.org>\r\n"
                              "RCPT TO:<r@example.net>\r\nDATA\r\n"
                              "..dot\r\n...two\r\nno end\r\n.\r\n");
    EXPECT_EQ(result[0].delivery, Delivery::delivered);
    EXPECT_EQ(result[0].remote_id, "4711");
    EXPECT_EQ(result[0].host, "a.example.net[192.0.2.1]:25");
}

TEST_F(Client, StuffsDotsOfATextFromTheDiskWhereverItsPiecesEnd)
{
    const std::string text = "Subject: x\r\n\r\n.a\r\n..b\r\nc.\r\n.\r\n";
    for (std::size_t first = 0; first < text.size(); ++first)
        for (std::size_t each = 1; each < 6; ++each) {
            courier.reset();
            dialer.next_peer = 0;
            peers = {peer({hello, bare, ok, ok, go, ok})};
            const auto body = kit::in_pieces(text.substr(0, first), text.substr(first), each);
            EXPECT_EQ(summary(deliver({"r@example.net"}, body)), "2.0.0");
            EXPECT_TRUE(peers[0].heard.ends_with(
                "DATA\r\nSubject: x\r\n\r\n..a\r\n...b\r\nc.\r\n..\r\n.\r\n"))
                << first << " then " << each << ": " << peers[0].heard;
        }
}

TEST_F(Client, TextThatCannotBeReadGetsNoEndMarkAndIsOfferedToNobodyElse)
{
    peers = {peer({hello, bare, ok, ok, go, ok}), peer({hello, bare, ok, ok, go, ok})};
    const auto result =
        deliver({"r@example.net"}, kit::in_pieces("Subject: x\r\n", "\r\nabc", 3, 3));
    EXPECT_EQ(result[0].delivery, Delivery::deferred);
    EXPECT_EQ(result[0].status, "4.3.0");
    EXPECT_NE(result[0].reply.find("told to fail"), std::string::npos) << result[0].reply;
    EXPECT_TRUE(peers[0].heard.ends_with("DATA\r\nSubject: x\r\n\r\na")) << peers[0].heard;
    EXPECT_TRUE(peers[0].closed);
    EXPECT_EQ(dialer.dialled.size(), 1u);
}

TEST(TextFacts, AreThoseOfTheWholeTextWhereverItsPiecesEnd)
{
    const auto facts = [](const std::string& text) {
        const auto whole = look_at(kit::octets(text)).value();
        for (std::size_t first = 0; first <= text.size(); ++first)
            for (std::size_t each = 1; each < 4; ++each) {
                const auto pieces = kit::in_pieces(text.substr(0, first), text.substr(first), each);
                const auto seen = look_at(pieces).value();
                EXPECT_EQ(seen.lines_end_crlf, whole.lines_end_crlf) << text;
                EXPECT_EQ(seen.high_octets, whole.high_octets) << text;
                EXPECT_EQ(seen.high_in_header, whole.high_in_header) << text;
            }
        return std::string{whole.lines_end_crlf ? "lines " : ""} +
               (whole.high_octets ? "high " : "") + (whole.high_in_header ? "header" : "");
    };
    EXPECT_EQ(facts("A: 1\r\n\r\nb\r\n"), "lines ");
    EXPECT_EQ(facts("A: 1\r\n\r\n\xc3\xa9\r\n"), "lines high ");
    EXPECT_EQ(facts("A: \xc3\xa9\r\n\r\nb"), "lines high header");
    EXPECT_EQ(facts("A: \xc3\xa9"), "lines high header");
    EXPECT_EQ(facts("A: 1\r\n\r\na\nb"), "");
    EXPECT_EQ(facts("A: 1\r\n\r\na\rb"), "");
    EXPECT_EQ(facts("A: 1\r\n\r\na\r"), "");
    EXPECT_EQ(facts("\n"), "");
    EXPECT_EQ(facts(""), "lines ");
}

TEST_F(Client, PipelinesAndDeclaresSizeAndEightBit)
{
    peers = {peer({hello, piped, ok + ok + go, ok})};
    EXPECT_EQ(summary(deliver({"r@example.net"}, "\xc3\xa9\r\n")), "2.0.0");
    EXPECT_NE(peers[0].heard.find("MAIL FROM:<s@example.org> SIZE=4 BODY=8BITMIME\r\n"
                                  "RCPT TO:<r@example.net>\r\nDATA\r\n"),
              std::string::npos);
}

// Outbound smuggling: what came as BINARYMIME never leaves by DATA.
TEST_F(Client, LoneLineEndsAreNeverSent)
{
    for (const char* body : {"a\n.\nMAIL FROM:<e@x>\r\n", "\n", "a\rb\r\n", "a\r"}) {
        peers = {peer({hello, piped, ok + ok + go, ok})};
        EXPECT_EQ(summary(deliver({"r@example.net"}, body)), "5.6.3") << body;
        EXPECT_EQ(peers[0].heard.find("DATA"), std::string::npos) << body;
    }
}

// Regression rcpt-552-one-of-many (Q260741).
TEST_F(Client, OnlyTheRecipientOverQuotaFails)
{
    peers = {peer({hello, piped, ok + ok + "552 5.2.2 quota\r\n" + ok + go, ok})};
    EXPECT_EQ(summary(deliver({"a@x", "b@x", "c@x"})), "2.0.0 5.2.2 2.0.0");
}

// Regression rcpt-batch-250 (Q196818, Q176477): the rest goes at once, in the same session.
TEST_F(Client, TooManyRecipientsGoInAFurtherTransaction)
{
    peers = {peer({hello, piped, ok + ok + "452 too many\r\n" + go, ok, ok + ok + go, ok})};
    EXPECT_EQ(summary(deliver({"a@x", "b@x"})), "2.0.0 2.0.0");
    EXPECT_EQ(dialer.dialled.size(), 1u);
}

TEST_F(Client, BatchesRespectOurOwnLimit)
{
    settings.dialogue.recipients = 1;
    peers = {peer({hello, piped, ok + ok + go, ok, ok + ok + go, ok})};
    EXPECT_EQ(summary(deliver({"a@x", "b@x"})), "2.0.0 2.0.0");
}

// RFC 2920 3.1: 354 without a recipient is answered by an empty text.
TEST_F(Client, LoneGoAheadGetsAnEmptyText)
{
    peers = {peer({hello, piped, ok + "550 5.1.1 no\r\n" + go, "554 5.5.1 nobody\r\n"})};
    EXPECT_EQ(summary(deliver({"a@x"})), "5.1.1");
    EXPECT_TRUE(peers[0].heard.ends_with("DATA\r\n.\r\n"));
}

// Regression ehlo-500-fallback-helo (Q245787).
TEST_F(Client, RefusedEhloFallsBackToHelo)
{
    peers = {peer({hello, "500 what?\r\n", bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
}

// Regression ehlo-connection-dropped (Q197142).
TEST_F(Client, PeerThatHangsUpOnEhloIsGreetedWithHelo)
{
    peers = {peer({hello}), peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
    EXPECT_TRUE(peers[1].heard.starts_with("HELO "));
}

// Regression helo-rejected-immediate-ndr (Q241892): our fault, so mail waits.
TEST_F(Client, RefusedHeloDefersAndSaysSo)
{
    hosts = std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}}};
    peers = {peer({hello, "501 no\r\n", "504 name\r\n"})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].delivery, Delivery::deferred);
    EXPECT_EQ(raised.front(), EventId::helo_refused);
}

// Regression invalid-reply-lines (Q214407).
TEST_F(Client, NonsenseLeadsToTheNextHost)
{
    peers = {peer({"hello there\r\n"}), peer({hello, bare, ok, ok, go, ok})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].status, "2.0.0");
    EXPECT_EQ(result[0].host, "b.example.net[192.0.2.2]:25");
}

TEST_F(Client, RefusingGreetingsOfAllHostsDefer)
{
    peers = {peer({"554 no\r\n"}), peer({"421 busy\r\n"})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].delivery, Delivery::deferred);
    EXPECT_TRUE(result[0].whole_route);
}

// Regression route-mx-4xx-greeting: the next one is asked, and takes it.
TEST_F(Client, HostBehindOneThatSaysComeBackLaterTakesTheMail)
{
    peers = {peer({"421 busy\r\n"}), peer({hello, bare, ok, ok, go, ok})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(summary(result), "2.0.0");
    EXPECT_EQ(result[0].host, "b.example.net[192.0.2.2]:25");
    ASSERT_TRUE(result[0].tried);
    EXPECT_EQ(*result[0].tried,
              (std::vector<TriedHost>{{"a.example.net[192.0.2.1]:25", "421 busy"}}));
}

TEST_F(Client, HostsAskedInVainAreNamedWithTheirWords)
{
    dialer.refused = {"192.0.2.1"};
    peers = {peer({"554 no\r\n"})};
    const auto result = deliver({"a@x", "b@x"});
    ASSERT_TRUE(result[1].tried);
    EXPECT_EQ(*result[1].tried,
              (std::vector<TriedHost>{
                  {"a.example.net[192.0.2.1]:25", "connecting failed: Connection refused"},
                  {"b.example.net[192.0.2.2]:25", "554 no"}}));
    courier.reset();
    dialer.refused.clear();
    dialer.next_peer = 0;
    peers = {peer({hello, bare, ok, ok, ok, go, ok})};
    EXPECT_FALSE(deliver({"a@x", "b@x"})[0].tried) << "the first one took it";
}

// Regression route-mx-list-exhausted-crash: hosts that come and go between attempts, all in vain.
TEST_F(Client, ListOfHostsThatChangesBetweenAttemptsEndsEachTimeInOneDeferral)
{
    for (std::size_t count : {3U, 1U, 2U, 0U, 2U}) {
        courier.reset();
        peers = {};
        std::vector<Host> them;
        for (std::size_t i = 0; i < count; ++i)
            them.push_back({"mx" + std::to_string(count * 10 + i),
                            25,
                            {"192.0.2." + std::to_string(count * 10 + i)}});
        hosts = them;
        const auto result = deliver({"a@x"});
        ASSERT_EQ(result.size(), 1U);
        EXPECT_NE(result[0].delivery, Delivery::delivered) << count;
        EXPECT_EQ(result[0].tried ? result[0].tried->size() : 0U, count);
    }
}

// Regression data-rst-after-354 (Q228725): before the end of the text another host may take it.
TEST_F(Client, ConnectionLostBeforeDataEndsTriesTheNextHost)
{
    peers = {peer({hello, bare, ok, ok}), peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
}

TEST_F(Client, ConnectionLostAfterTheEndOfTextIsNeverSentTwice)
{
    peers = {peer({hello, bare, ok, ok, go}), peer({hello, bare, ok, ok, go, ok})};
    const auto result = deliver({"a@x"});
    EXPECT_EQ(result[0].delivery, Delivery::deferred);
    EXPECT_NE(result[0].reply.find("may be sent more than once"), std::string::npos);
    EXPECT_EQ(dialer.dialled.size(), 1u);
}

TEST_F(Client, SilentPeerDefersByTimeOut)
{
    hosts = std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}}};
    peers = {peer({}, ScriptedPeer::Then::falls_silent)};
    EXPECT_EQ(deliver({"a@x"})[0].reply, "timed out while waiting for the greeting");
}

// Regression data-552-midstream (Q152940): writing fails, what was said before counts.
TEST_F(Client, RefusalInTheMiddleOfTheTextIsFinal)
{
    hosts = std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}}};
    peers = {peer({hello, bare, ok, ok, go, "552 5.3.4 too big\r\n"})};
    peers[0].reads = 200;
    EXPECT_EQ(summary(deliver({"a@x"}, std::string(1000, 'x'))), "5.3.4");
}

// Regression second-mail-503 (Q202765).
TEST_F(Client, SecondMailRefusedGetsANewConnection)
{
    peers = {peer({hello, bare, ok, ok, go, ok, "503 one only\r\n"}),
             peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
    EXPECT_TRUE(courier->reusable());
    EXPECT_EQ(summary(deliver({"b@x"})), "2.0.0");
    EXPECT_EQ(dialer.dialled.size(), 2u);
}

// Regression multi-message-one-session-rset (Q202765): nothing leaks into the next message.
TEST_F(Client, RefusedTransactionIsResetBeforeTheNext)
{
    peers = {peer({hello, bare, ok, "550 5.1.1 no\r\n", ok, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "5.1.1");
    EXPECT_EQ(summary(deliver({"b@x"})), "2.0.0");
    EXPECT_NE(peers[0].heard.find("RSET\r\nMAIL"), std::string::npos);
}

// size-two-hops-lost-ndr (Q197058): 5.3.4 is what the originator's report will say.
TEST_F(Client, MessageOverTheSizeOfThePeerFailsUnsent)
{
    peers = {peer({hello, piped})};
    EXPECT_EQ(summary(deliver({"a@x"}, std::string(100001, 'x'))), "5.3.4");
}

TEST_F(Client, AddressNeedingUtf8FailsAloneAndAControlIsNeverSent)
{
    peers = {peer({hello, piped, ok + ok + go, ok})};
    EXPECT_EQ(summary(deliver({"\xc3\xa9@x", "a@x", "b\r\nRSET@x"})), "5.6.7 2.0.0 5.1.3");
}

// RFC 2033 4.2: one reply per accepted recipient.
TEST_F(Client, LmtpGivesEachRecipientItsOwnReply)
{
    settings.dialogue.protocol = Protocol::lmtp;
    peers = {
        peer({hello, piped, ok + ok + "550 5.1.1 no\r\n" + ok + go, ok, "452 4.2.2 full\r\n"})};
    EXPECT_EQ(summary(deliver({"a@x", "b@x", "c@x"})), "2.0.0 5.1.1 4.2.2");
    EXPECT_TRUE(peers[0].heard.starts_with("LHLO "));
}

TEST_F(Client, OutageIsOneEventAndEndsWithSuccess)
{
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(summary(deliver({"a@x", "b@x"})), "4.4.1 4.4.1");
    EXPECT_EQ(raised, std::vector<EventId>{EventId::connect_refused});
}

TEST_F(Client, HostsThatTurnUsAwayAreAnotherEventThanNobodyThere)
{
    peers = {peer({"554 no\r\n"}), peer({"421 busy\r\n"})};
    (void)deliver({"a@x"});
    EXPECT_EQ(raised, std::vector<EventId>{EventId::connect_failed});
}

TEST_F(Client, RouteWithoutHostIsAnEvent)
{
    hosts = NoHost{true, "5.4.4", Error{EventId::host_unresolved, "no address"}};
    EXPECT_EQ(summary(deliver({"a@x"})), "5.4.4");
    EXPECT_EQ(raised, std::vector<EventId>{EventId::host_unresolved});
}

TEST_F(Client, ConnectionsAndAttemptsAreLoggedWhenAsked)
{
    settings.log_connections = settings.log_attempts = true;
    events.set_levels({{"SMTP Interface Events", 1}, {"Message Transfer", 5}});
    peers = {peer({hello, bare, ok, ok, go, ok})};
    EXPECT_EQ(summary(deliver({"a@x"})), "2.0.0");
    EXPECT_EQ(raised, (std::vector<EventId>{EventId::outbound_connected,
                                            EventId::delivery_attempt_result}));
}

TEST_F(Client, OurOwnListenerIsNeverConnected)
{
    settings.is_ourselves = [](const std::string&, std::uint16_t) { return true; };
    EXPECT_EQ(summary(deliver({"a@x"})), "5.4.6");
    EXPECT_TRUE(dialer.dialled.empty());
    EXPECT_EQ(raised, std::vector<EventId>{EventId::routing_loop});
}

TEST(ReplyParser, RefusesWhatIsNoReply)
{
    for (const std::string wrong :
         {"25 ok\r\n", "hello\r\n", "250-a\r\n550 b\r\n", "999 x\r\n", "250x\r\n", "\r\n"}) {
        ReplyParser parser;
        (void)parser.take(wrong);
        EXPECT_EQ(parser.state(), ReplyParser::State::malformed) << wrong;
    }
    ReplyParser parser;
    (void)parser.take("250 " + std::string(4096, 'x'));
    EXPECT_EQ(parser.state(), ReplyParser::State::malformed);
}

TEST(ReplyParser, TakesOneReplyWhereverItIsCut)
{
    const std::string wire = "250-5.0.0 a\r\n250 b\n220 next\r\n";
    for (std::size_t cut = 0; cut < wire.size(); ++cut) {
        ReplyParser parser;
        std::size_t taken = parser.take(wire.substr(0, cut));
        if (parser.state() == ReplyParser::State::needs_more)
            taken += parser.take(wire.substr(taken));
        ASSERT_EQ(parser.state(), ReplyParser::State::complete) << cut;
        EXPECT_EQ(parser.reply().text(), "250 5.0.0 a b");
        EXPECT_EQ(taken, wire.find("220"));
    }
}

}  // namespace
}  // namespace imc::smtp::client
