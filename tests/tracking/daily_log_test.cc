#include "tracking/daily_log.h"

#include "tracking/kit.h"

#include <gtest/gtest.h>

namespace imc::tracking {
namespace {

using namespace std::chrono_literals;

constexpr auto november_25 = std::chrono::year{2026} / 11 / 25;
constexpr auto november_26 = std::chrono::year{2026} / 11 / 26;

struct Daily : testing::Test {
    Bench bench;
    DailyLogSettings settings{bench.folder, "title", 30, 1 << 16, 1h, {}};
    std::unique_ptr<DailyLog> log = std::make_unique<DailyLog>(settings, bench.disk, bench.events);

    void add(WallTime time, const std::string& line)
    {
        log->append(time, line);
        log->flush();
    }
    std::vector<std::string> read(std::optional<WallTime> since = {})
    {
        std::vector<std::string> lines;
        const auto done = read_days(bench.disk, bench.folder, since, {}, [&](auto line) {
            lines.emplace_back(line);
            return true;
        });
        EXPECT_TRUE(done);
        return lines;
    }
};

TEST_F(Daily, AnotherFileBeginsAtMidnightOfUtc)
{
    log->append(at(november_25, 24h - 1ms), "before\n");
    log->append(at(november_26, 0ms), "after\n");
    log->flush();

    EXPECT_EQ(bench.content("20261125.log"), "# title\nbefore\n");
    EXPECT_EQ(bench.content("20261126.log"), "# title\nafter\n");
    EXPECT_EQ(read(), (std::vector<std::string>{"before", "after"}));
    EXPECT_EQ(read(at(november_26, 0ms)), std::vector<std::string>{"after"});
}

TEST_F(Daily, RestartAppendsToTheDaysFile)
{
    add(at(november_25, 1h), "one\n");
    log.reset();
    log = std::make_unique<DailyLog>(settings, bench.disk, bench.events);
    add(at(november_25, 2h), "two\n");
    EXPECT_EQ(bench.content("20261125.log"), "# title\none\ntwo\n");
}

// A kill leaves half a line. It must not swallow the one after it.
TEST_F(Daily, TornLastLineSpoilsNoOther)
{
    log.reset();
    bench.disk.put(bench.folder + "/20261125.log", "# title\nwhole\nto");
    EXPECT_EQ(read(), std::vector<std::string>{"whole"});

    log = std::make_unique<DailyLog>(settings, bench.disk, bench.events);
    add(at(november_25, 2h), "next\n");
    EXPECT_EQ(read(), (std::vector<std::string>{"whole", "to", "next"}));
}

// Q257348: a tracking log that could not be written once stopped mail.
TEST_F(Daily, FullDiskIsSaidOnceAndNothingIsLostWhenItHasRoomAgain)
{
    add(at(november_25, 1h), "one\n");
    bench.disk.set_full(true);
    add(at(november_25, 2h), "two\n");
    add(at(november_25, 3h), "three\n");
    EXPECT_EQ(bench.times(EventId::tracking_write_failed), 1U);
    EXPECT_EQ(bench.times(EventId::tracking_writes_again), 0U);

    bench.disk.set_full(false);
    add(at(november_25, 4h), "four\n");

    EXPECT_EQ(bench.content("20261125.log"), "# title\none\ntwo\nthree\nfour\n");
    EXPECT_EQ(bench.times(EventId::tracking_write_failed), 1U);
    EXPECT_EQ(bench.times(EventId::tracking_writes_again), 1U);
}

// tracking-backpressure (Q257348, Q266383)
TEST_F(Daily, WhatDoesNotFitInMemoryIsLostAndCounted)
{
    bench.disk.set_full(true);
    const std::string line = std::string(1023, 'x') + "\n";
    for (int i = 0; i < 80; ++i)
        log->append(at(november_25, 1h), line);
    log->flush();
    for (int i = 0; i < 80; ++i)
        log->append(at(november_25, 1h), line);
    bench.disk.set_full(false);
    log->flush();

    const auto kept = read().size();
    EXPECT_EQ(kept, 64U);
    EXPECT_NE(bench.description(EventId::tracking_writes_again).find("96 were lost"),
              std::string::npos)
        << bench.description(EventId::tracking_writes_again);
}

TEST_F(Daily, LineWrittenByHalvesIsThereOnce)
{
    add(at(november_25, 1h), "one\n");
    bench.disk.fail_at(1, EIO);
    add(at(november_25, 2h), "two\n");
    add(at(november_25, 3h), "three\n");
    EXPECT_EQ(read(), (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(Daily, FileMovedAwayIsMadeAnew)
{
    add(at(november_25, 1h), "one\n");
    ASSERT_TRUE(bench.disk.rename(bench.folder + "/20261125.log", bench.folder + "/old"));
    add(at(november_25, 2h), "two\n");
    EXPECT_EQ(bench.content("20261125.log"), "# title\ntwo\n");
}

TEST_F(Daily, FilesOlderThanWhatIsKeptGoWhenADayBegins)
{
    for (const auto* name : {"20261026.log", "20261027.log", "notes.log", "20261199.log"})
        bench.disk.put(bench.folder + "/" + name, "old\n");
    add(at(november_25, 1h), "one\n");
    EXPECT_EQ(
        bench.disk.names(bench.folder, ""),
        (std::vector<std::string>{"20261027.log", "20261125.log", "20261199.log", "notes.log"}));
}

TEST_F(Daily, BeyondTheBoundTheOldestDaysGoAndThatIsSaid)
{
    log.reset();
    settings.most_waiting_octets = 4 << 20;
    log = std::make_unique<DailyLog>(settings, bench.disk, bench.events);
    const std::string line(700 << 10, 'x');
    add(at(november_25, 1h), line + "\n");
    add(at(november_26, 1h), line + "\n");
    log.reset();
    settings.most_octets = 1 << 20;
    log = std::make_unique<DailyLog>(settings, bench.disk, bench.events);
    add(at(std::chrono::year{2026} / 11 / 27, 1h), "today\n");

    EXPECT_FALSE(bench.disk.status(bench.folder + "/20261125.log"));
    EXPECT_TRUE(bench.disk.status(bench.folder + "/20261126.log"));
    EXPECT_EQ(bench.times(EventId::tracking_days_removed), 1U);
    EXPECT_NE(bench.description(EventId::tracking_days_removed).find("up to 20261125 "),
              std::string::npos);
}

TEST_F(Daily, TheFileThatIsWrittenNeverGoesHoweverLargeItIs)
{
    log.reset();
    settings.most_octets = 1 << 20;
    settings.most_waiting_octets = 64 << 20;
    log = std::make_unique<DailyLog>(settings, bench.disk, bench.events);
    add(at(november_25, 1h), std::string(17 << 20, 'x') + "\n");
    EXPECT_TRUE(bench.disk.status(bench.folder + "/20261125.log"));
    EXPECT_EQ(bench.times(EventId::tracking_days_removed), 0U);
}

}  // namespace
}  // namespace imc::tracking
