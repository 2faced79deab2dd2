#include "admin/conversation.h"

#include "kit/coroutine.h"
#include "kit/scripted_stream.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace imc::admin {
namespace {

namespace net = boost::asio;
namespace json = boost::json;
using smtp::ScriptedPeer;

net::awaitable<void> three_pieces(Pieces& pieces)
{
    for (const char* piece : {"one", "two", "three"}) {
        const bool more = co_await pieces.write(piece);
        if (!more) co_return;
    }
}

net::awaitable<void> break_off(Pieces& pieces)
{
    (void)co_await pieces.write("one");
    throw std::runtime_error{"a defect"};
}

/// Tells what it was asked, or streams.
class Echo final : public Answerer {
public:
    net::awaitable<Response> answer(Request request) override
    {
        asked.push_back(request);
        if (request.path == "/stream") co_return Response::events(three_pieces);
        if (request.path == "/broken") co_return Response::events(break_off);
        if (request.path == "/cookie") {
            Response out;
            out.headers.emplace_back("Set-Cookie", "a=b\r\nX-Evil: 1");
            co_return out;
        }
        if (request.path == "/busy")
            co_return Response::error(Error{EventId::directory_unreachable, "not now"}, 503);
        if (request.path == "/none") {
            Response out;
            out.status = 204;
            co_return out;
        }
        co_return Response::json(json::object{{"path", request.path}, {"body", request.body}});
    }
    net::awaitable<bool> knows(Request) override { co_return known; }
    std::string notice() const override { return {}; }

    bool known = true;
    std::vector<Request> asked;
};

struct Told {
    std::string heard;
    bool closed = false;
    std::shared_ptr<Echo> echo = std::make_shared<Echo>();
};

net::awaitable<bool> whole(std::shared_ptr<Answerer> shared, std::unique_ptr<smtp::Stream> stream,
                           HttpPeer peer)
{
    co_await converse(std::move(shared), std::move(stream), std::move(peer));
    co_return true;
}

Told tell(std::vector<std::string> sends, ScriptedPeer::Then then = ScriptedPeer::Then::hangs_up,
          std::shared_ptr<Echo> echo = std::make_shared<Echo>())
{
    Told out;
    out.echo = std::move(echo);
    ScriptedPeer peer{std::move(sends), then};
    HttpPeer who;
    who.address = "192.0.2.1";
    who.port = 50000;
    kit::run(whole(out.echo, std::make_unique<smtp::ScriptedStream>(peer), who));
    out.heard = peer.heard;
    out.closed = peer.closed;
    return out;
}

std::string status_of(const std::string& heard) { return heard.substr(0, heard.find("\r\n")); }

std::string body_of(const std::string& heard)
{
    const auto at = heard.find("\r\n\r\n");
    return at == std::string::npos ? "no header" : heard.substr(at + 4);
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

const std::string get = "GET /a?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(Conversation, RequestReachesTheAnswererWithQueryHeadersAndPeer)
{
    const auto told = tell({"GET /a%20b?x=1+2 HTTP/1.1\r\nHost: localhost\r\nX-One: 1\r\n\r\n"});
    ASSERT_EQ(told.echo->asked.size(), 1u);
    const auto& asked = told.echo->asked.front();
    EXPECT_EQ(asked.path, "/a%20b");
    EXPECT_EQ(asked.first("x"), "1 2");
    EXPECT_EQ(asked.header("x-one"), "1");
    EXPECT_EQ(asked.address, "192.0.2.1");
    EXPECT_EQ(asked.caller.from, "192.0.2.1:50000");
    EXPECT_EQ(asked.caller.role, Role::nobody);
    EXPECT_EQ(status_of(told.heard), "HTTP/1.1 200 OK");
    EXPECT_TRUE(told.closed);
}

TEST(Conversation, EveryAnswerTellsBrowsersWhatTheyMustNotDo)
{
    const auto told = tell({get});
    for (const char* header :
         {"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
          "form-action 'self'\r\n",
          "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
          "Cache-Control: no-store\r\n", "X-Frame-Options: DENY\r\n"})
        EXPECT_TRUE(has(told.heard, header)) << header << told.heard;
}

TEST(Conversation, SeveralRequestsOfOneConnectionAreAnsweredInTurn)
{
    const auto told =
        tell({get + get, "GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", get});
    EXPECT_EQ(told.echo->asked.size(), 3u) << "nothing is read behind Connection: close";
    EXPECT_TRUE(has(told.heard, "Connection: close\r\n"));
}

TEST(Conversation, RequestMayComeOctetByOctet)
{
    std::vector<std::string> sends;
    for (const char c : "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{\"a\":1}")
        if (c != '\0') sends.emplace_back(1, c);
    const auto told = tell(sends);
    ASSERT_EQ(told.echo->asked.size(), 1u);
    EXPECT_EQ(json::serialize(told.echo->asked.front().body), "{\"a\":1}");
}

TEST(Conversation, ChunkedBodyIsPutTogether)
{
    const auto told = tell({"POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n"});
    ASSERT_EQ(told.echo->asked.size(), 1u);
    EXPECT_EQ(json::serialize(told.echo->asked.front().body), "{\"a\":1}");
}

TEST(Conversation, WhatIsNoRequestIsRefusedAndEndsTheConnection)
{
    const std::string long_field(9000, 'x');
    const std::pair<std::string, std::string> hostile[] = {
        {"EHLO client.example\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost x\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: x\r\nX: " + long_field + "\r\n\r\n", "431"},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n", "413"},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
             std::string(70'000, 'x'),
         "431"},
        {"GET /" + std::string(1, '\0') + " HTTP/1.1\r\nHost: x\r\n\r\n", "400"}};
    for (const auto& [text, status] : hostile) {
        const auto told = tell({text, get});
        EXPECT_EQ(status_of(told.heard).substr(9, 3), status) << text.substr(0, 80);
        EXPECT_TRUE(told.echo->asked.empty()) << text.substr(0, 80);
        EXPECT_TRUE(told.closed);
    }
}

TEST(Conversation, LargeBodyIsTakenOfWhoIsKnownOnly)
{
    const std::string large = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n\"" +
                              std::string(99'998, 'x') + "\"";
    EXPECT_EQ(status_of(tell({large}).heard), "HTTP/1.1 200 OK");
    auto echo = std::make_shared<Echo>();
    echo->known = false;
    const auto told = tell({large}, ScriptedPeer::Then::hangs_up, echo);
    EXPECT_EQ(status_of(told.heard), "HTTP/1.1 401 Unauthorized");
    EXPECT_TRUE(echo->asked.empty());
    EXPECT_EQ(status_of(tell({get}, ScriptedPeer::Then::hangs_up, echo).heard), "HTTP/1.1 200 OK");
}

TEST(Conversation, BodyThatIsNoJsonIsRefusedAndTheNextRequestIsAnswered)
{
    const auto told = tell({"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{a}" + get});
    EXPECT_EQ(status_of(told.heard), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(told.echo->asked.size(), 1u);
}

TEST(Conversation, TargetThatIsNoPathIsRefused)
{
    const auto told = tell({"GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n"});
    EXPECT_EQ(status_of(told.heard), "HTTP/1.1 400 Bad Request");
    EXPECT_TRUE(told.echo->asked.empty());
}

TEST(Conversation, SilenceWithinARequestIsSaidAndSilenceBeforeItIsNot)
{
    EXPECT_EQ(status_of(tell({"GET / HT"}, ScriptedPeer::Then::falls_silent).heard),
              "HTTP/1.1 408 Request Timeout");
    EXPECT_EQ(tell({}, ScriptedPeer::Then::falls_silent).heard, "");
    EXPECT_EQ(tell({"GET / HT"}).heard, "") << "it hung up";
}

TEST(Conversation, MessageIsTakenAsOctets)
{
    const auto told = tell({"POST /p HTTP/1.1\r\nHost: x\r\nContent-Type: message/rfc822\r\n"
                            "Content-Length: 4\r\n\r\nA: b"});
    ASSERT_EQ(told.echo->asked.size(), 1u);
    EXPECT_EQ(told.echo->asked.front().octets, "A: b");
    EXPECT_TRUE(told.echo->asked.front().body.is_null());
}

TEST(Conversation, ClientThatWaitsToBeToldIsTold)
{
    const auto told = tell({"POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                            "Content-Length: 2\r\n\r\n",
                            "{}"});
    EXPECT_TRUE(told.heard.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        << told.heard;
}

TEST(Conversation, HeadAndNoContentHaveNoBody)
{
    const auto head = tell({"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n"});
    EXPECT_EQ(body_of(head.heard), "");
    EXPECT_TRUE(has(head.heard, "Content-Length: "));
    const auto none = tell({"GET /none HTTP/1.1\r\nHost: x\r\n\r\n"});
    EXPECT_EQ(status_of(none.heard), "HTTP/1.1 204 No Content");
    EXPECT_FALSE(has(none.heard, "Content-Length"));
    EXPECT_EQ(body_of(none.heard), "");
}

TEST(Conversation, HeaderValueCannotEndItsLine)
{
    const auto told = tell({"GET /cookie HTTP/1.1\r\nHost: x\r\n\r\n"});
    EXPECT_TRUE(has(told.heard, "Set-Cookie: a=bX-Evil: 1\r\n")) << told.heard;
    EXPECT_FALSE(has(told.heard, "\r\nX-Evil"));
}

TEST(Conversation, StreamIsWrittenInPiecesAndEndsTheConnection)
{
    const auto told = tell({"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" + get});
    EXPECT_TRUE(has(told.heard, "Content-Type: text/event-stream\r\n"));
    EXPECT_TRUE(has(told.heard, "Connection: close\r\n"));
    EXPECT_EQ(body_of(told.heard), "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n");
    EXPECT_EQ(told.echo->asked.size(), 1u);
    EXPECT_EQ(told.echo->views, 0u);
}

TEST(Conversation, StreamToAnOldClientHasNoChunks)
{
    const auto told = tell({"GET /stream HTTP/1.0\r\nHost: x\r\n\r\n"});
    EXPECT_EQ(body_of(told.heard), "onetwothree");
}

// Without its last chunk the client knows that something is missing.
TEST(Conversation, StreamThatBreaksOffHasNoEnd)
{
    const auto told = tell({"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n"});
    EXPECT_EQ(body_of(told.heard), "3\r\none\r\n");
    EXPECT_TRUE(told.closed);
    EXPECT_EQ(told.echo->views, 0u);
}

TEST(Conversation, OneViewTooManyIsAskedToComeLater)
{
    auto echo = std::make_shared<Echo>();
    echo->most_views = 1;
    echo->views = 1;
    const auto told =
        tell({"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"}, ScriptedPeer::Then::hangs_up, echo);
    EXPECT_EQ(status_of(told.heard), "HTTP/1.1 503 Service Unavailable");
    EXPECT_TRUE(has(told.heard, "Retry-After: 10\r\n"));
    EXPECT_EQ(echo->views, 1u);
}

// RFC 9112 6.3: what it holds is not taken as the next request.
TEST(Conversation, BodyWhoseEndNobodyKnowsIsRefusedAndTheConnectionClosed)
{
    for (const char* fields :
         {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: identity\r\n"}) {
        const auto told = tell({"POST /x HTTP/1.1\r\nHost: x\r\n" + std::string{fields} +
                                "\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"});
        EXPECT_EQ(status_of(told.heard), "HTTP/1.1 400 Bad Request") << fields;
        EXPECT_TRUE(told.closed) << fields;
        EXPECT_TRUE(told.echo->asked.empty()) << fields;
    }
    const auto old = tell({"POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
    EXPECT_EQ(status_of(old.heard).substr(9, 3), "400");
}

// Programs wait as long as they are told to, and not at all when they are not.
TEST(Conversation, Each503SaysWhenToComeAgain)
{
    EXPECT_TRUE(has(tell({"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n"}).heard, "Retry-After: 10\r\n"));
}

TEST(Conversation, StoppedServerTakesNoRequest)
{
    auto echo = std::make_shared<Echo>();
    echo->stopped = true;
    EXPECT_EQ(tell({get}, ScriptedPeer::Then::hangs_up, echo).heard, "");
}

}  // namespace
}  // namespace imc::admin
