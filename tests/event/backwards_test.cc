#include "event/backwards.h"

#include "base/files.h"
#include "event/record_json.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace imc {
namespace {

using namespace std::chrono_literals;

class EventsBackwards : public testing::Test {
protected:
    ~EventsBackwards() override { std::filesystem::remove_all(folder_); }

    static std::string line(int number)
    {
        EventRecord record;
        record.id = EventId::generation_taken;
        record.time = WallTime{} + 1000h + std::chrono::seconds{number};
        record.description = "number " + std::to_string(number);
        return to_json_line(record) + "\n";
    }
    void write(const std::string& file, int from, int to, const std::string& tail = {})
    {
        std::ofstream out{folder_ + "/" + file, std::ios::binary | std::ios::app};
        for (int i = from; i <= to; ++i)
            out << line(i);
        out << tail;
    }
    void rename(const std::string& from, const std::string& to)
    {
        std::filesystem::rename(folder_ + "/" + from, folder_ + "/" + to);
    }
    EventsBack read(std::size_t most, const std::optional<EventPlace>& from = {},
                    const EventFilter& filter = {})
    {
        return read_events_back(folder_ + "/log", filter, most, from);
    }
    static std::string numbers(const EventsBack& found)
    {
        std::string out;
        for (const auto& record : found.records)
            out += (out.empty() ? "" : " ") + record.description.substr(7);
        return out;
    }

    static std::string new_folder()
    {
        char name[] = "/tmp/imc-events-XXXXXX";
        return ::mkdtemp(name);
    }
    const std::string folder_ = new_folder();
};

TEST_F(EventsBackwards, PagesGoOnWhereTheLastOneEndedOverRotatedFiles)
{
    write("log.2", 1, 2);
    write("log.1", 3, 5);
    write("log", 6, 7, "{\"torn");
    const auto first = read(3);
    EXPECT_EQ(numbers(first), "7 6 5");
    ASSERT_TRUE(first.next);
    const auto second = read(3, first.next);
    EXPECT_EQ(numbers(second), "4 3 2");
    const auto third = read(3, second.next);
    EXPECT_EQ(numbers(third), "1");
    EXPECT_FALSE(third.next);
}

TEST_F(EventsBackwards, WhatIsWrittenAndRotatedMeanwhileMovesNothing)
{
    write("log", 1, 4);
    const auto first = read(2);
    EXPECT_EQ(numbers(first), "4 3");
    write("log", 5, 6);
    rename("log", "log.1");
    write("log", 7, 7);
    EXPECT_EQ(numbers(read(2, first.next)), "2 1");
}

TEST_F(EventsBackwards, APlaceThatIsGoneOrWasNeverThereIsSaidToBeLost)
{
    write("log", 1, 4);
    const auto first = read(2);
    ASSERT_TRUE(first.next);
    auto elsewhere = *first.next;
    ++elsewhere.at;
    EXPECT_TRUE(read(2, elsewhere).lost) << "in the middle of a line";
    std::filesystem::remove(folder_ + "/log");
    write("log", 5, 9);
    EXPECT_TRUE(read(2, first.next).lost) << "another file, whatever its inode";
    EXPECT_FALSE(read(2).lost);
}

TEST_F(EventsBackwards, PlacesAreReadBackAsTheyWereWritten)
{
    const EventPlace place{7, 123456789012, 4294967295};
    EXPECT_EQ(parse_event_place(to_text(place)), place);
    for (const char* text :
         {"", "1", "1-2", "1-2-x", "1-2-3-4", "1-2-4294967296", "2026-11-27T12:00:00.000Z/1"})
        EXPECT_FALSE(parse_event_place(text)) << text;
}

TEST_F(EventsBackwards, LinesOfAnyLengthAndNoRecordsAreWalkedOver)
{
    write("log", 1, 1);
    write("log", 2, 2, std::string(5 << 20, 'x') + "\n\nnonsense\n");
    write("log", 3, 3);
    EXPECT_EQ(numbers(read(10)), "3 2 1");
    write("empty", 1, 0);
    EXPECT_TRUE(read_events_back(folder_ + "/empty", {}, 10).records.empty());
    EXPECT_TRUE(read_events_back(folder_ + "/nowhere", {}, 10).records.empty());
}

TEST_F(EventsBackwards, BlocksThatEndAnywhereLoseNothing)
{
    write("log", 1, 5000);
    std::string all;
    std::optional<EventPlace> from;
    std::size_t count = 0;
    int newest = 5001;
    do {
        const auto page = read(777, from);
        for (const auto& record : page.records) {
            EXPECT_EQ(record.description, "number " + std::to_string(--newest));
            ++count;
        }
        from = page.next;
    } while (from);
    EXPECT_EQ(count, 5000U);
}

// A clock that was wrong for a while does not hide what came before.
TEST_F(EventsBackwards, AFewOldTimesBetweenDoNotEndTheSearch)
{
    write("log", 5000, 5001);
    write("log", 1, 900);
    write("log", 5002, 5002);
    EventFilter filter;
    filter.since = WallTime{} + 1000h + 5000s;
    EXPECT_EQ(numbers(read(10, {}, filter)), "5002 5001 5000");
}

}  // namespace
}  // namespace imc
