#include "smtp/transcribed_stream.h"

#include "kit/coroutine.h"

#include <gtest/gtest.h>

namespace imc::smtp {
namespace {

struct Spoken : testing::Test {
    Transcript transcript(bool with_headers = false)
    {
        return Transcript{with_headers, [this](Transcript::Voice voice, std::string_view line) {
                              constexpr std::string_view who = "CS*";
                              said += who[static_cast<std::size_t>(voice)];
                              said += ' ';
                              said += line;
                              said += '\n';
                          }};
    }
    /// "C:..." and "S:..." in turn, each cut into pieces of `step` octets.
    void talk(Transcript& t, const std::vector<std::string>& turns, std::size_t step)
    {
        for (const auto& turn : turns)
            for (std::size_t at = 2; at < turn.size(); at += step) {
                const auto piece = std::string_view{turn}.substr(at, step);
                turn[0] == 'C' ? t.client(piece) : t.server(piece);
            }
    }
    std::string said;
};

TEST_F(Spoken, CommandsAndRepliesAreLinesHoweverTheyAreCut)
{
    for (const std::size_t step : {1UL, 2UL, 7UL, 1000UL}) {
        said.clear();
        auto t = transcript();
        talk(t, {"S:220 mx ESMTP\r\n", "C:EHLO a\r\n", "S:250-mx\r\n250 PIPELINING\r\n"}, step);
        EXPECT_EQ(said, "S 220 mx ESMTP\nC EHLO a\nS 250-mx\nS 250 PIPELINING\n") << step;
    }
}

TEST_F(Spoken, TextIsCountedAndNotTold)
{
    for (const std::size_t step : {1UL, 3UL, 1000UL}) {
        said.clear();
        auto t = transcript();
        talk(t,
             {"S:220 mx\r\n", "C:MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n",
              "S:250 ok\r\n250 ok\r\n354 go\r\n",
              "C:Subject: secret\r\n\r\n.\n..dot\r\n.x\r\n\r\n.\r\nQUIT\r\n", "S:250 ok\r\n"},
             step);
        EXPECT_EQ(said.substr(said.find("S 354")),
                  "S 354 go\n* a text of 34 octets\nC QUIT\nS 250 ok\n")
            << step;
    }
}

TEST_F(Spoken, DataThatIsRefusedBringsNoText)
{
    auto t = transcript();
    talk(t, {"S:220 mx\r\n", "C:DATA\r\n", "S:503 no\r\n", "C:RSET\r\n"}, 4);
    EXPECT_EQ(said, "S 220 mx\nC DATA\nS 503 no\nC RSET\n");
}

// Such clients do not wait for the replies that would tell what they say.
TEST_F(Spoken, TextAndPasswordThatComeTooEarlyAreNotToldEither)
{
    for (const std::size_t step : {1UL, 9UL, 1000UL}) {
        said.clear();
        auto t = transcript();
        talk(t,
             {"S:220 mx\r\n", "C:NOOP\r\nAUTH LOGIN\r\ndXNlcg==\r\nc2VjcmV0\r\nNOOP\r\n",
              "S:250 ok\r\n334 VXNlcjo=\r\n334 UGFzczo=\r\n235 ok\r\n250 ok\r\n",
              "C:RCPT TO:<a@b>\r\nDATA\r\nsecret\r\n.\r\nQUIT\r\n",
              "S:250 ok\r\n354 go\r\n250 ok\r\n221 bye\r\n"},
             step);
        EXPECT_EQ(said, "S 220 mx\nC NOOP\nC AUTH LOGIN\nS 250 ok\nS 334 <hidden>\nC <hidden>\n"
                        "S 334 <hidden>\nC <hidden>\nS 235 ok\n* 6 octets of the client are not "
                        "told\nS 250 ok\n"
                        "C RCPT TO:<a@b>\nC DATA\nS 250 ok\nS 354 go\n* a text of 8 octets\n"
                        "C QUIT\nS 250 ok\nS 221 bye\n")
            << step;
    }
}

TEST_F(Spoken, WhatFollowsARefusalOfAuthOrDataIsNotTold)
{
    for (const bool at_once : {true, false}) {
        for (const std::string refusal :
             {"504 5.5.4 no\r\n", "530 no\r\n", "454 later\r\n", "501 Not base64\r\n"}) {
            said.clear();
            auto t = transcript();
            t.server("220 mx\r\n");
            for (const std::string word : {"AUTH LOGIN\r\n", "DATA\r\n"}) {
                t.client(word);
                if (!at_once) t.server(refusal);
                t.client("c2VjcmV0\r\nc2VjcmV0\r\nDear Ann, c2VjcmV0\r\n.\r\n");
                if (at_once) t.server(refusal);
                t.server("500 what\r\n500 what\r\n500 what\r\n500 what\r\n");
            }
            t.client("QUIT\r\n");
            EXPECT_EQ(said.find("c2VjcmV0"), said.npos) << said;
            EXPECT_TRUE(said.ends_with("C QUIT\n")) << said;
        }
    }
}

// An early 334 of a host that is wrong or bad.
TEST_F(Spoken, ChallengeThatComesBeforeAuthIsNoWayToAPassword)
{
    auto t = transcript();
    talk(t,
         {"S:220 mx\r\n334 \r\n", "C:AUTH PLAIN\r\n", "S:334 \r\n", "C:c2VjcmV0\r\n",
          "S:235 ok\r\n", "C:QUIT\r\n"},
         100);
    EXPECT_EQ(said.find("c2VjcmV0"), said.npos) << said;
}

TEST_F(Spoken, HeaderOfAFrontEndIsAFactThatNobodyRepliesTo)
{
    using namespace std::string_literals;
    for (const auto& header :
         {"PROXY TCP4 192.0.2.1 192.0.2.2 1 25\r\n"s,
          "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"s + "\n\r\n.\0\n\n\n\n\n\n\n"s}) {
        for (const std::size_t step : {1UL, 5UL, 1000UL}) {
            said.clear();
            auto t = transcript();
            talk(t,
                 {"C:" + header, "S:220 mx\r\n", "C:AUTH PLAIN\r\n", "S:334 \r\n", "C:c2VjcmV0\r\n",
                  "S:235 ok\r\n", "C:DATA\r\n", "S:354 go\r\n", "C:c2VjcmV0\r\n.\r\n",
                  "S:250 ok\r\n"},
                 step);
            EXPECT_EQ(said, "* a PROXY header of " + std::to_string(header.size()) +
                                " octets\nS 220 mx\nC AUTH PLAIN\nS 334 \nC <hidden>\nS 235 ok\n"
                                "C DATA\nS 354 go\n* a text of 10 octets\nS 250 ok\n")
                << step;
        }
    }
}

TEST_F(Spoken, NoLineEndButCrlfEndsAText)
{
    auto t = transcript();
    talk(t,
         {"S:220 mx\r\n", "C:DATA\r\n", "S:354 go\r\n",
          "C:x\n.\r\nQUIT secret\r\n" + std::string(5000, 'y') + "\n.\r\nz\r\n.\r\n",
          "S:250 ok\r\n"},
         3);
    EXPECT_EQ(said, "S 220 mx\nC DATA\nS 354 go\n* a text of 5025 octets\nS 250 ok\n");
}

// log-levels-content (Q154505, Q177543)
TEST_F(Spoken, TextWithoutHeaderSectionIsNotToldAtAnyLevel)
{
    auto t = transcript(true);
    talk(t,
         {"S:220 mx\r\n", "C:DATA\r\n", "S:354 go\r\n",
          "C:Dear Ann, note: this\r\nSubject: x\r\n.\r\n"},
         3);
    EXPECT_EQ(said.find("Dear"), said.npos) << said;
    EXPECT_EQ(said.find("Subject"), said.npos) << said;
}

TEST_F(Spoken, WhatIsSaidTooEarlyIsKeptBackInBoundedMemory)
{
    auto t = transcript();
    t.server("220 mx\r\n");
    t.client("DATA\r\n");
    const std::string line(998, 'x');
    for (int i = 0; i < 1000; ++i)
        t.client(line + "\r\n");
    t.server("503 no\r\n");
    EXPECT_EQ(said, "S 220 mx\nC DATA\nS 503 no\n* 1000000 octets of the client are not told\n");
}

TEST_F(Spoken, ChunksAreSkippedByTheirCount)
{
    auto t = transcript();
    talk(t, {"S:220 mx\r\n", "C:BDAT 6\r\n.\r\nAUTbdat 3 LAST\r\n\r\n\nQUIT\r\n", "S:250 ok\r\n"},
         5);
    EXPECT_EQ(said, "S 220 mx\nC BDAT 6\nC bdat 3 LAST\nC QUIT\nS 250 ok\n");
}

TEST_F(Spoken, HeaderSectionIsToldWhenAskedFor)
{
    auto t = transcript(true);
    talk(t,
         {"S:220 mx\r\n", "C:DATA\r\n", "S:354 go\r\n",
          "C:Subject: x\r\nTo: y\r\n\r\nbody\r\n.\r\n"},
         3);
    EXPECT_EQ(said, "S 220 mx\nC DATA\nS 354 go\nC Subject: x\nC To: y\n* a text of 27 octets\n");
}

TEST_F(Spoken, WhatSignsInIsNeverTold)
{
    for (const std::size_t step : {1UL, 5UL, 1000UL}) {
        for (const std::string auth :
             {"AUTH PLAIN c2VjcmV0", "auth  plain  c2VjcmV0", " AUTH PLAIN c2VjcmV0",
              "AUTH\tPLAIN\tc2VjcmV0", "AUTH PLAIN  c2VjcmV0 c2VjcmV0"}) {
            said.clear();
            auto t = transcript();
            talk(t,
                 {"S:220 mx\r\n", "C:" + auth + "\r\n", "S:235 welcome\r\n",
                  "C:MAIL FROM:<a@x>\r\n"},
                 step);
            EXPECT_EQ(said.find("c2VjcmV0"), said.npos) << said;
            EXPECT_NE(said.find("<hidden>\nS 235 welcome\nC MAIL FROM"), said.npos) << said;
        }
        said.clear();
        auto t = transcript();
        talk(t,
             {"S:220 mx\r\n", "C:AUTH LOGIN\r\n", "S:334 VXNlcjo=\r\n", "C:dXNlcg==\r\n",
              "S:334 UGFzczo=\r\n", "C:c2VjcmV0\r\n", "S:535 no\r\n", "C:AUTH LOGIN\r\n",
              "S:334 \r\n", "C:*\r\n", "S:501 given up\r\n", "C:NOOP\r\n"},
             step);
        EXPECT_EQ(said,
                  "S 220 mx\nC AUTH LOGIN\nS 334 <hidden>\nC <hidden>\nS 334 <hidden>\nC <hidden>\n"
                  "S 535 no\nC AUTH LOGIN\nS 334 \nC *\nS 501 given up\nC NOOP\n");
    }
}

TEST_F(Spoken, LineWithoutEndTakesNoMoreMemoryThanItsBeginning)
{
    auto t = transcript();
    const std::string piece(100'000, 'x');
    for (int i = 0; i < 50; ++i)
        t.client(piece);
    t.client("\r\n");
    EXPECT_LT(said.size(), 1'100U);
    EXPECT_NE(said.find("... and 4999000 octets more"), said.npos) << said.substr(900);
}

TEST_F(Spoken, WhatWasHalfSaidBeforeTlsIsForgotten)
{
    auto t = transcript();
    talk(t, {"C:STARTTLS\r\nMAIL FR", "S:220 go\r\n"}, 100);
    t.restart();
    talk(t, {"C:EHLO a\r\n"}, 100);
    EXPECT_EQ(said, "C STARTTLS\nS 220 go\nC EHLO a\n");
}

/// Gives what it has, then fails.
class Scripted final : public Stream {
public:
    Scripted(std::string gives, boost::system::error_code then)
        : gives_{std::move(gives)}, then_{then}
    {}
    net::awaitable<IoResult<std::size_t>> read_some(std::span<char> into, Deadline) override
    {
        if (gives_.empty()) co_return then_;
        const auto n = gives_.copy(into.data(), into.size());
        gives_.erase(0, n);
        co_return n;
    }
    net::awaitable<IoResult<>> write(std::string_view, Deadline) override
    {
        co_return IoResult<>{};
    }
    net::awaitable<void> close(Deadline) override { co_return; }

private:
    std::string gives_;
    boost::system::error_code then_;
};

TEST_F(Spoken, StreamTellsBothVoicesTheTroubleAndTheEnd)
{
    net::io_context io;
    auto stream = transcribed(std::make_unique<Scripted>("220 mx\r\n", net::error::timed_out),
                              Ours::client, transcript());
    std::string room(100, ' ');
    const auto ask = [&] {
        return kit::run(io, stream->read_some(std::span{room}, after(std::chrono::minutes{5})));
    };
    EXPECT_EQ(*ask(), 8U);
    EXPECT_TRUE(kit::run(io, stream->write("EHLO a\r\n", after(std::chrono::minutes{5}))));
    EXPECT_FALSE(ask());
    stream.reset();
    EXPECT_EQ(said, "S 220 mx\nC EHLO a\n* waiting: Connection timed out after 300 s\n"
                    "* closed: 8 octets of the client, 8 of the server\n");
}

}  // namespace
}  // namespace imc::smtp
