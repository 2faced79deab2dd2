/// What a session asks of policy, and tells it.
#include "kit/bare_tls.h"
#include "kit/scripted_stream.h"
#include "kit/smtp_world.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace imc::smtp {
namespace {

struct Kept : EventSink {
    explicit Kept(std::vector<EventRecord>& into) : records{into} {}
    void take(const EventRecord& record) override { records.push_back(record); }
    std::vector<EventRecord>& records;
};

struct Talk {
    ScriptedPeer client;
    Terms terms = {};
    Peer peer = {"192.0.2.1", 4711, "192.0.2.250", 25};
    kit::Sink sink = {};
    kit::Rules rules = {};
    std::vector<EventRecord> events = {};

    std::string run()
    {
        net::io_context io;
        kit::Directory directory;
        EventLog log;
        log.add(std::make_unique<Kept>(events));
        terms.host = "mail.example.org";
        const auto* tls = imc::kit::bare_tls_server();
        std::exception_ptr defect;
        net::co_spawn(io,
                      serve(std::make_unique<ScriptedStream>(client),
                            std::make_unique<Dialogue>(std::make_shared<const Terms>(terms), peer),
                            Ports{directory, sink, rules, log, nullptr, tls}),
                      [&](std::exception_ptr e) { defect = e; });
        io.run();
        if (defect) std::rethrow_exception(defect);
        return client.heard;
    }
};

const std::string to_ann = "EHLO x\r\nMAIL FROM:<bob@example.net>\r\nRCPT TO:<ann@example.org>\r\n";

// The reject journal is searched by the recipient that was meant.
TEST(SessionPolicy, EachRefusalIsToldWithItsEnvelope)
{
    Talk talk{{{to_ann + "RCPT TO:<no@example.org>\r\nRCPT TO:<x@example.com>\r\nDATA\r\n",
                "X-Virus: yes\r\n\r\n.\r\nBOO\r\n"}}};
    talk.run();
    EXPECT_EQ(talk.rules.refused,
              (std::vector<std::string>{
                  "RCPT 550 recipient: unknown|bob@example.net|no@example.org",
                  "RCPT 550 relay: no rule lets this client relay|bob@example.net|x@example.com",
                  "message 554 header|bob@example.net|", "command 500 ||"}));
    EXPECT_TRUE(talk.sink.texts.empty());
}

TEST(SessionPolicy, HeaderIsJudgedBeforeAnOctetIsStored)
{
    Talk talk{{{to_ann + "BDAT 10\r\nX-Virus: yBDAT 6 LAST\r\nes\r\n\r\nQUIT\r\n"}}};
    EXPECT_TRUE(talk.run().ends_with("250 2.0.0 10 octets taken\r\n554 5.7.1 Content refused\r\n"
                                     "221 2.0.0 Bye\r\n"));
    EXPECT_TRUE(talk.sink.texts.empty());
}

TEST(SessionPolicy, AClientThatDoesNotWaitForTheGreetingIsSeen)
{
    Talk talk{{{to_ann + "DATA\r\n.\r\n"}}};
    talk.rules.wait = std::chrono::milliseconds{1};
    talk.run();
    ASSERT_EQ(talk.sink.facts.size(), 1u);
    EXPECT_TRUE(talk.sink.facts[0].early);
}

TEST(SessionPolicy, AllThatWasSaidOfAMessageReachesTheSink)
{
    Talk talk{{{"EHLO x\r\nMAIL FROM:<bob@example.net> BODY=8BITMIME ENVID=7 RET=FULL "
                "MT-PRIORITY=-4\r\nRCPT TO:<ann@example.org> NOTIFY=NEVER "
                "ORCPT=rfc822;a@b\r\nBDAT 2 LAST\r\n\r\n"}}};
    talk.run();
    ASSERT_EQ(talk.sink.envelopes.size(), 1u);
    const auto& e = talk.sink.envelopes[0];
    EXPECT_EQ(e.recipients, (std::vector<Recipient>{{"ann@example.org", "rfc822;a@b", 1}}));
    EXPECT_EQ(e.envid + e.ret, "7FULL");
    EXPECT_EQ(e.priority, -4);
    EXPECT_TRUE(e.eight_bit);
    EXPECT_EQ(talk.sink.facts[0].helo, "x");
}

// CVE-2011-0411.
TEST(SessionPolicy, PlaintextBehindStarttlsIsThrownAwayAndSaid)
{
    Talk talk{{{"STARTTLS\r\nNOOP\r\nRSET\r\n", "QUIT\r\n"}}};
    talk.terms.tls = TlsTerms::optional;
    talk.client.handshakes = {1};
    EXPECT_EQ(talk.run(), "220 mail.example.org ESMTP imc\r\n220 2.0.0 Begin TLS\r\n"
                          "221 2.0.0 Bye\r\n");
    ASSERT_EQ(talk.events.size(), 1u);
    EXPECT_EQ(talk.events[0].id, EventId::plaintext_behind_starttls);
    EXPECT_EQ(talk.events[0].fields[1].second, "12");
}

TEST(SessionPolicy, AFrontEndWithoutItsHeaderIsClosedWithoutAWord)
{
    for (const auto then : {ScriptedPeer::Then::hangs_up, ScriptedPeer::Then::falls_silent})
        for (const char* sent : {"EHLO x\r\n", "PROXY TCP4"}) {
            Talk talk{{{sent}, then}};
            talk.terms.proxy_from = {config::Network::parse("192.0.2.1").value()};
            EXPECT_EQ(talk.run(), "");
            EXPECT_TRUE(talk.client.closed);
            ASSERT_EQ(talk.events.size(), 1u);
            EXPECT_EQ(talk.events[0].id, EventId::proxy_header_bad);
        }
}

// Who is behind the front-end is judged, and what came with the header is not lost.
TEST(SessionPolicy, ClientBehindAFrontEndIsTheOneKept)
{
    Talk talk{{{"PROXY TCP4 198.51.100.7 192.0.2.9 4711 25\r\n" + to_ann + "DATA\r\n.\r\n"}}};
    talk.terms.proxy_from = {config::Network::parse("192.0.2.1").value()};
    talk.peer.session = 77;
    talk.run();
    ASSERT_EQ(talk.sink.facts.size(), 1u);
    EXPECT_EQ(talk.sink.facts[0].peer.address, "198.51.100.7");
    EXPECT_EQ(talk.sink.facts[0].peer.session, 77u);
    EXPECT_EQ(talk.sink.facts[0].proxy, "192.0.2.1");
}

TEST(SessionPolicy, ClientThatGoesAwayBetweenChunksLeavesNothing)
{
    for (const auto then : {ScriptedPeer::Then::hangs_up, ScriptedPeer::Then::falls_silent}) {
        Talk talk{{{to_ann + "BDAT 3\r\na\r\n"}, then}};
        talk.run();
        EXPECT_TRUE(talk.sink.texts.empty());
        EXPECT_TRUE(talk.client.closed);
    }
}

}  // namespace
}  // namespace imc::smtp
