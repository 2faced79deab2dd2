#include "tracking/protocol_log.h"

#include "kit.h"
#include "tracking/line.h"

#include <gtest/gtest.h>

namespace imc::tracking {
namespace {

using Level = ProtocolLogTerms::Level;
using Way = ProtocolLog::Way;
using Mark = ProtocolLog::Mark;

struct Protocol : testing::Test {
    Bench bench;
    SetClock clock{std::chrono::sys_days{std::chrono::year{2026} / 11 / 26}};
    ProtocolLog log{bench.folder, 7, bench.disk, bench.events, clock};

    void set(Level level, std::uint64_t octets = 1 << 20)
    {
        ProtocolLogTerms terms;
        terms.level = level;
        terms.octets_per_day = octets;
        terms.wanted = [](const std::string& address, std::string_view host) {
            return address != "192.0.2.9" && host != "quiet.example";
        };
        log.set(std::move(terms));
    }
    std::vector<std::vector<std::string>> lines()
    {
        log.flush();
        std::vector<std::vector<std::string>> out;
        LineSplitter{}.feed(bench.content("20261126.log"), [&](std::string_view line) {
            if (!line.starts_with('#')) out.push_back(read_fields(line));
        });
        return out;
    }
};

// subject-percent-s-log (Q239816)
TEST_F(Protocol, ConversationIsWrittenWithWhoSaysWhat)
{
    set(Level::medium);
    const auto talk = log.begin(Way::out, "192.0.2.1", 25, "mx.example");
    ASSERT_TRUE(talk);
    talk->line(Mark::note, "connected");
    talk->line(Mark::server, "220 a\ttab and %s");
    talk->line(Mark::client, "EHLO us");
    const auto written = lines();
    ASSERT_EQ(written.size(), 3U);
    EXPECT_EQ(written[1][0], "2026-11-26T00:00:00.000Z");
    EXPECT_EQ(written[1][1], written[2][1]) << "one conversation";
    EXPECT_EQ(
        std::vector(written[1].begin() + 2, written[1].end()),
        (std::vector<std::string>{"out", "mx.example[192.0.2.1]:25", "S", "220 a\ttab and %s"}));
    EXPECT_EQ(written[2][4], "C");
    const auto other = log.begin(Way::in, "192.0.2.1", 25, {});
    other->line(Mark::note, "connected");
    EXPECT_NE(lines()[3][1], written[1][1]);
    EXPECT_EQ(lines()[3][3], "[192.0.2.1]:25");
}

// log-levels-content (Q154505, Q177543)
TEST_F(Protocol, MinimumTellsFactsOnly)
{
    set(Level::minimum);
    const auto talk = log.begin(Way::in, "192.0.2.1", 4000, {});
    talk->line(Mark::note, "connected");
    talk->line(Mark::client, "EHLO us");
    talk->line(Mark::server, "250 mx");
    EXPECT_EQ(lines().size(), 1U);
}

TEST_F(Protocol, NothingIsBegunWhileItIsOffOrForWhoIsNotWanted)
{
    EXPECT_FALSE(log.begin(Way::in, "192.0.2.1", 25, {}));
    set(Level::maximum);
    EXPECT_FALSE(log.begin(Way::in, "192.0.2.9", 25, {}));
    EXPECT_FALSE(log.begin(Way::out, "192.0.2.1", 25, "quiet.example"));
    EXPECT_TRUE(log.begin(Way::out, "192.0.2.1", 25, "loud.example"));
    set(Level::none);
    EXPECT_FALSE(log.begin(Way::out, "192.0.2.1", 25, "loud.example"));
}

TEST_F(Protocol, SwitchingItOnIsAnEventEachTime)
{
    set(Level::none);
    EXPECT_EQ(bench.times(EventId::protocol_log_enabled), 0);
    set(Level::medium);
    set(Level::maximum);
    EXPECT_EQ(bench.times(EventId::protocol_log_enabled), 1) << "it was on already";
    set(Level::none);
    set(Level::medium);
    EXPECT_EQ(bench.times(EventId::protocol_log_enabled), 2);
}

// Q170809: logs that fill the disk are a top outage.
TEST_F(Protocol, DayHasALargestSizeAndTheNextDayBeginsAnew)
{
    set(Level::medium, 1000);
    const auto talk = log.begin(Way::in, "192.0.2.1", 25, {});
    for (int i = 0; i < 100; ++i)
        talk->line(Mark::client, "NOOP");
    EXPECT_LT(lines().size(), 20U);
    EXPECT_LE(bench.content("20261126.log").size(), 1200U);
    EXPECT_EQ(bench.times(EventId::protocol_log_full), 1);
    set(Level::medium, 1 << 20);  // as the event advises
    talk->line(Mark::client, "VRFY after");
    EXPECT_EQ(lines().back()[5], "VRFY after");
    set(Level::medium, 1000);
    clock.advance(std::chrono::hours{24});
    talk->line(Mark::client, "NOOP");
    log.flush();
    EXPECT_NE(bench.content("20261127.log").find("NOOP"), std::string::npos);
}

// For one peer and some minutes, beside the level that lasts.
TEST_F(Protocol, ForAWhileTheHigherLevelCounts)
{
    ProtocolLogTerms terms;
    terms.temporary = {
        Level::medium,
        [](const std::string& address, std::string_view) { return address == "192.0.2.1"; },
        std::chrono::steady_clock::now() + std::chrono::hours{1}};
    log.set(terms);
    EXPECT_FALSE(log.begin(Way::in, "192.0.2.2", 25, {}));
    const auto talk = log.begin(Way::in, "192.0.2.1", 25, {});
    ASSERT_TRUE(talk);
    EXPECT_EQ(talk->level(), Level::medium);
    talk->line(Mark::client, "EHLO us");
    EXPECT_EQ(lines().size(), 1U);
    EXPECT_EQ(bench.times(EventId::protocol_log_enabled), 0U)
        << "ProtocolLogLevel is 0 all the same";

    terms.level = Level::maximum;
    log.set(terms);
    EXPECT_EQ(log.begin(Way::in, "192.0.2.1", 25, {})->level(), Level::maximum);
    EXPECT_EQ(log.begin(Way::in, "192.0.2.2", 25, {})->level(), Level::maximum);
    EXPECT_EQ(bench.times(EventId::protocol_log_enabled), 1U);
}

TEST_F(Protocol, WhenTheWhileIsOverWhatGoesOnIsWrittenNoMore)
{
    ProtocolLogTerms terms;
    terms.temporary = {Level::medium, {}, std::chrono::steady_clock::now() - std::chrono::hours{1}};
    log.set(terms);
    EXPECT_FALSE(log.begin(Way::in, "192.0.2.1", 25, {}));

    ProtocolLog::Conversation talk{log, Level::minimum, "x", Way::in, "[192.0.2.1]:25"};
    talk.raise_until(Level::maximum, std::chrono::steady_clock::now() - std::chrono::hours{1});
    EXPECT_EQ(talk.level(), Level::minimum);
    talk.line(Mark::client, "EHLO us");
    talk.line(Mark::note, "closed");
    ASSERT_EQ(lines().size(), 1U);
    EXPECT_EQ(lines()[0][5], "closed");
}

}  // namespace
}  // namespace imc::tracking
