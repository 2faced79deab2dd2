#include "cli/top_screen.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

Picture picture(std::string_view json, std::chrono::seconds at)
{
    return {boost::json::parse(json).as_object(), std::chrono::steady_clock::time_point{at}};
}

const auto before = picture(R"({"counters":{"inbound_messages":10,"outbound_messages":7}})", 100s);
const auto now = picture(
    R"json({"version":"0.1.0","connector":"Internet Mail Connector (MAIL1)","state":"running",
        "since":"2026-11-27T05:00:00.000Z","time":"2026-11-27T06:00:00.000Z",
        "counters":{"inbound_messages":16,"outbound_messages":3,"sessions_inbound":2},
        "last_minute":{"in":180},
        "queue":{"messages":5,"recipients":6,"in_delivery":1,"deferred":2,
                 "by_reason":[{"reason":"due_later","explained":"waits","recipients":2},
                              {"reason":"site_down","explained":"has no host","recipients":4}]},
        "sites":[{"route":"mx:example.net","host":"mx.example.net:25","waiting":4,"connections":0,
                  "sending":0,"down":true,"reply":"no \u001b[31m answer"}],
        "events":[{"time":"T1","id":1000,"type":"Information","description":"first"},
                  {"time":"T2","id":3011,"type":"Warning","description":"second"}]})json",
    102s);

bool any(const std::vector<std::string>& lines, std::string_view text)
{
    return std::ranges::any_of(lines, [&](const auto& l) { return l.find(text) != l.npos; });
}

std::string line_of(const std::vector<std::string>& lines, std::string_view begin)
{
    const auto found =
        std::ranges::find_if(lines, [&](const auto& l) { return l.starts_with(begin); });
    return found == lines.end() ? "" : *found;
}

TEST(Top, TellsWhatGrewPerSecondInTheLastMinuteAndSinceTheStart)
{
    const auto lines = top_screen(before, now, 200, 100);
    EXPECT_EQ(line_of(lines, "messages in"),
              "messages in                      3.0           180              16");
    EXPECT_NE(line_of(lines, "messages out").find(" 0.0 "), std::string::npos)
        << "a counter that began anew is no negative rate";
}

TEST(Top, ReasonsStandWithTheMostFirst)
{
    const auto lines = top_screen(before, now, 200, 100);
    const auto down =
        std::ranges::find_if(lines, [](auto& l) { return l.starts_with("site_down"); });
    const auto later =
        std::ranges::find_if(lines, [](auto& l) { return l.starts_with("due_later"); });
    EXPECT_LT(down, later);
    EXPECT_NE(later, lines.end());
}

TEST(Top, SitesThatAreDownSayWhatWasSaidLastAndNothingMovesTheCursor)
{
    const auto lines = top_screen(before, now, 200, 100);
    const auto site = line_of(lines, "mx.example.net:25");
    EXPECT_NE(site.find("down: no "), std::string::npos) << site;
    EXPECT_FALSE(any(lines, "\033")) << "a stranger's reply is printable";
}

TEST(Top, NothingIsWiderOrHigherThanTheTerminal)
{
    const auto lines = top_screen(before, now, 30, 12);
    EXPECT_LE(lines.size(), 12U);
    for (const auto& line : lines)
        EXPECT_LE(line.size(), 30U) << line;
}

TEST(Top, OfTheEventsTheNewestHaveTheRoomThatIsLeft)
{
    const auto all = top_screen(before, now, 200, 100);
    ASSERT_TRUE(any(all, "first"));
    const auto lines = top_screen(before, now, 200, all.size() - 1);
    EXPECT_FALSE(any(lines, "first"));
    EXPECT_TRUE(any(lines, "3011  Warning  second"));
}

TEST(Top, WithoutATerminalItIsALine)
{
    EXPECT_EQ(top_line(before, now),
              "2026-11-27T06:00:00.000Z  in 16 (3.0/s)  out 3 (0.0/s)  stored 0 (0.0/s)  refused 0 "
              "(0.0/s)  queue 6 (due_later 2, site_down 4)");
}

TEST(Top, AnAnswerOfAnotherVersionIsNoDefect)
{
    const auto odd =
        picture(R"({"counters":7,"queue":{"by_reason":{}},"sites":[3],"events":[[]]})", 1s);
    EXPECT_FALSE(top_screen(odd, odd, 80, 24).empty());
}

}  // namespace
}  // namespace imc::cli
