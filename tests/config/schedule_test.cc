#include "config/schedule.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace imc::config {
namespace {

using namespace std::chrono;

Schedule schedule(const std::vector<std::string>& rows)
{
    const auto read = parse_schedule(rows);
    EXPECT_TRUE(read) << read.error().to_string();
    return read ? *read : Schedule{};
}

std::string refusal(const std::string& row)
{
    const auto read = parse_schedule({row});
    return read ? "read" : read.error().detail();
}

WallTime utc(int y, unsigned m, unsigned d, int hour, int minute)
{
    return WallTime{sys_days{year{y} / month{m} / day{d}}} + hours{hour} + minutes{minute};
}

/// This process's local time is that of a place with summer time while the test runs.
class ScheduleInOslo : public testing::Test {
protected:
    ScheduleInOslo() { zone("CET-1CEST,M3.5.0,M10.5.0/3"); }
    ~ScheduleInOslo() override { zone("UTC0"); }
    static void zone(const char* name)
    {
        ::setenv("TZ", name, 1);
        ::tzset();
    }
};

TEST(Schedule, WithoutARowTheLinkIsAlwaysUp)
{
    EXPECT_TRUE(in_window(schedule({}), utc(2026, 11, 26, 3, 0)));
    EXPECT_EQ(next_change(schedule({}), utc(2026, 11, 26, 3, 0)), std::nullopt);
    EXPECT_TRUE(in_window(schedule({"on-demand", "always"}), utc(2026, 11, 26, 3, 0)));
}

TEST(Schedule, OnDemandAndQueuedOpenNoWindow)
{
    const auto rows = schedule({"on-demand", "queued 15"});
    EXPECT_FALSE(in_window(rows, utc(2026, 11, 26, 3, 0)));
    EXPECT_EQ(rows.queued, minutes{15});
    EXPECT_EQ(next_change(rows, utc(2026, 11, 26, 3, 0)), std::nullopt);
}

/// dial-weekend-schedule
TEST(Schedule, DialWeekendScheduleOpensOnSaturdayAndSunday)
{
    const auto rows = schedule({"Sat,Sun 08:00-09:30 UTC"});
    EXPECT_FALSE(in_window(rows, utc(2026, 11, 27, 8, 0)));  // Friday
    EXPECT_TRUE(in_window(rows, utc(2026, 11, 28, 8, 0)));
    EXPECT_TRUE(in_window(rows, utc(2026, 11, 29, 9, 29)));
    EXPECT_FALSE(in_window(rows, utc(2026, 11, 29, 9, 30)));
    EXPECT_EQ(next_change(rows, utc(2026, 11, 29, 9, 30)), utc(2026, 12, 5, 8, 0));
}

TEST(Schedule, AWindowMayGoOnIntoTheNextDayAndTheNextWeek)
{
    const auto rows = schedule({"sun 22:00-02:00 UTC"});
    EXPECT_TRUE(in_window(rows, utc(2026, 11, 29, 23, 59)));
    EXPECT_TRUE(in_window(rows, utc(2026, 11, 30, 1, 59)));  // Monday
    EXPECT_FALSE(in_window(rows, utc(2026, 11, 30, 2, 0)));
    EXPECT_FALSE(in_window(rows, utc(2026, 11, 29, 1, 0)));
    EXPECT_EQ(next_change(rows, utc(2026, 11, 30, 1, 0)), utc(2026, 11, 30, 2, 0));
}

TEST(Schedule, ARangeOfDaysMayGoOverTheEndOfTheWeek)
{
    const auto rows = schedule({"Fri-Mon 10:00-11:00 UTC"});
    int open = 0;
    for (unsigned d = 23; d <= 29; ++d)
        open += in_window(rows, utc(2026, 11, d, 10, 30)) ? 1 : 0;
    EXPECT_EQ(open, 4);
    EXPECT_TRUE(in_window(rows, utc(2026, 11, 23, 10, 30)));
    EXPECT_FALSE(in_window(rows, utc(2026, 11, 24, 10, 30)));
}

TEST(Schedule, TheWholeDayIsFromMidnightToMidnight)
{
    const auto rows = schedule({"Wed 00:00-24:00 UTC"});
    EXPECT_TRUE(in_window(rows, utc(2026, 11, 25, 0, 0)));
    EXPECT_TRUE(in_window(rows, utc(2026, 11, 25, 23, 59)));
    EXPECT_FALSE(in_window(rows, utc(2026, 11, 26, 0, 0)));
}

TEST_F(ScheduleInOslo, RowsWithoutUtcAreOfTheClockOnTheWall)
{
    const auto rows = schedule({"daily 08:00-18:00"});
    EXPECT_TRUE(in_window(rows, utc(2026, 11, 26, 7, 0)));  // 08:00 in winter
    EXPECT_FALSE(in_window(rows, utc(2026, 11, 26, 17, 0)));
    EXPECT_TRUE(in_window(rows, utc(2026, 7, 1, 6, 0)));  // 08:00 in summer
    EXPECT_EQ(next_change(rows, utc(2026, 11, 26, 17, 0)), utc(2026, 11, 27, 7, 0));
}

TEST_F(ScheduleInOslo, AWindowInTheHourThatIsLeftOutBeginsAfterIt)
{
    const auto rows = schedule({"Sun 02:30-05:00"});  // on 29 March 02:00 becomes 03:00
    EXPECT_FALSE(in_window(rows, utc(2026, 3, 29, 0, 59)));
    EXPECT_TRUE(in_window(rows, utc(2026, 3, 29, 1, 0)));
    EXPECT_FALSE(in_window(rows, utc(2026, 3, 29, 3, 0)));
    const auto next = next_change(rows, utc(2026, 3, 29, 0, 59));
    ASSERT_TRUE(next);
    EXPECT_GT(*next, utc(2026, 3, 29, 0, 59));
    EXPECT_LE(*next, utc(2026, 3, 29, 1, 30));
}

TEST_F(ScheduleInOslo, TheNextChangeIsAlwaysAheadAndNoneIsPassedOver)
{
    const auto rows = schedule({"Sun 02:15-02:45", "daily 23:00-01:00", "Mon-Fri 12:00-13:00 UTC"});
    for (auto now = utc(2026, 10, 24, 0, 0); now < utc(2026, 10, 27, 0, 0); now += minutes{7}) {
        const auto next = next_change(rows, now);
        ASSERT_TRUE(next);
        ASSERT_GT(*next, now);
        for (auto t = now; t < *next; t += minutes{1})
            ASSERT_EQ(in_window(rows, t), in_window(rows, now));
    }
}

TEST(Schedule, ABadRowIsRefusedByTheWordThatIsWrong)
{
    EXPECT_NE(refusal("Mom-Fri 08:00-18:00").find("Mom-Fri"), std::string::npos);
    EXPECT_NE(refusal("Mon 8-18").find("HH:MM-HH:MM"), std::string::npos);
    EXPECT_NE(refusal("Mon 08:00-25:00").find("08:00-25:00"), std::string::npos);
    EXPECT_NE(refusal("Mon 08:00-08:00").find("08:00-08:00"), std::string::npos);
    EXPECT_NE(refusal("Mon 08:60-09:00").find("08:60-09:00"), std::string::npos);
    EXPECT_NE(refusal("Mon 08:00-09:00 CET").find("CET"), std::string::npos);
    EXPECT_NE(refusal("queued 0").find("1 to 10080"), std::string::npos);
    EXPECT_NE(refusal("").find("always"), std::string::npos);
    EXPECT_NE(refusal("Mon").find("HH:MM"), std::string::npos);
    EXPECT_NE(refusal("Mon,,Tue 08:00-09:00"), "read");
}

}  // namespace
}  // namespace imc::config
