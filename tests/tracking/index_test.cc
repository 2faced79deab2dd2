#include "tracking/index.h"

#include "tracking/indexed_log.h"
#include "tracking/indexer.h"
#include "tracking/kit.h"
#include "tracking/search.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace imc::tracking {
namespace {

using namespace std::chrono_literals;

constexpr auto november_26 = std::chrono::year{2026} / 11 / 26;
constexpr auto november_27 = std::chrono::year{2026} / 11 / 27;

struct Indexed : testing::Test {
    std::filesystem::path base;
    std::string folder;
    Bench bench;  ///< its events only: SQLite knows the real disk
    SetClock clock{at(november_27, 12h)};
    std::unique_ptr<Indexer> indexer;
    unsigned number = 0;

    Indexed()
    {
        char name[] = "/tmp/imc-index-XXXXXX";
        base = ::mkdtemp(name);
        folder = base.string() + "/tracking";
        std::filesystem::create_directory(folder);
        indexer = std::make_unique<Indexer>(folder, bench.events, clock);
    }
    ~Indexed() override
    {
        indexer.reset();
        std::error_code ignored;
        std::filesystem::remove_all(base, ignored);
    }
    Indexed(const Indexed&) = delete;
    Indexed& operator=(const Indexed&) = delete;

    std::string file(std::chrono::year_month_day day) const
    {
        return folder + "/" + file_of(std::chrono::sys_days{day});
    }
    static std::string id_of(unsigned n)
    {
        auto text = std::to_string(n);
        return std::string(13 - text.size(), '0') + text;
    }
    /// Three records of a message each. @return its id
    std::string message(std::string& into, std::chrono::year_month_day day, const std::string& to,
                        const std::string& from = "ann@example.net", const std::string& report = {})
    {
        const auto id = id_of(++number);
        for (const auto what : {What::received, What::queued_local, What::transferred_to_store}) {
            Record r{id, what, at(day, 1h + std::chrono::milliseconds{number})};
            r.sender = from;
            r.recipient = to;
            if (what == What::received) r.message_id = "<" + id + "@example.net>";
            into += write_record(r);
        }
        if (!report.empty()) {
            Record r{id, What::report_made, at(day, 1h)};
            r.report_id = report;
            into += write_record(r);
        }
        return id;
    }
    void append(std::chrono::year_month_day day, const std::string& lines)
    {
        std::ofstream out{file(day), std::ios::app | std::ios::binary};
        out << lines;
    }
    /// So much of other people's mail that a segment is full.
    void fill(std::chrono::year_month_day day, std::uint64_t octets)
    {
        std::string lines;
        while (lines.size() < octets)
            message(lines, day, "other" + std::to_string(number) + "@contoso.example");
        append(day, lines);
    }
    unsigned index_all()
    {
        unsigned steps = 0;
        while (indexer->step() == Indexer::Did::some)
            ++steps;
        return steps;
    }
    std::size_t segments() { return IndexedLog{real_files(), folder}.segments(); }
    std::vector<std::string> ids(const StoryFilter& filter)
    {
        const auto found = find_stories(real_files(), folder, filter);
        EXPECT_TRUE(found);
        std::vector<std::string> out;
        for (const auto& record : found->records)
            if (out.empty() || out.back() != record.id) out.push_back(record.id);
        return out;
    }
    static StoryFilter to(const std::string& recipient)
    {
        StoryFilter filter;
        filter.recipient = recipient;
        return filter;
    }
    /// How many lines a search for this address looks at.
    std::size_t looked_at(const std::string& address)
    {
        std::size_t lines = 0;
        IndexedLog log{real_files(), folder};
        const auto read = log.read({}, {}, {{Index::key_of(WordKind::address, address)}},
                                   [&](auto, const Place&) { return ++lines, true; });
        EXPECT_TRUE(read);
        return lines;
    }
};

TEST_F(Indexed, OneAddressIsFoundWithoutReadingTheFiles)
{
    fill(november_27, 4 << 20);
    std::string lines;
    const auto id = message(lines, november_27, "Bob@Contoso.example");
    append(november_27, lines);
    fill(november_27, 14 << 20);
    EXPECT_EQ(index_all(), 1U);

    EXPECT_EQ(ids(to("bob@contoso.EXAMPLE")), std::vector{id});
    IndexedLog log{real_files(), folder};
    EXPECT_EQ(log.segments(), 1U);
    // One block, and the tail that is no whole segment.
    EXPECT_LT(looked_at("bob@contoso.example"), number * 3U / 2U);
}

TEST_F(Indexed, WhatIsNotIndexedYetIsFoundToo)
{
    fill(november_27, 17 << 20);
    index_all();
    std::string lines;
    const auto id = message(lines, november_27, "late@contoso.example");
    append(november_27, lines);
    EXPECT_EQ(segments(), 1U);
    EXPECT_EQ(ids(to("late@contoso.example")), std::vector{id});
}

TEST_F(Indexed, ADayThatIsOverIsIndexedWhole)
{
    std::string lines;
    const auto id = message(lines, november_26, "bob@contoso.example");
    append(november_26, lines);
    append(november_27, lines);
    EXPECT_EQ(index_all(), 1U) << "of today there is no whole segment";
    EXPECT_EQ(ids(to("bob@contoso.example")), std::vector{id});

    clock.advance(24h);
    EXPECT_EQ(index_all(), 1U);
    EXPECT_EQ(segments(), 2U);
}

TEST_F(Indexed, SenderDomainIdAndMessageIdAreWords)
{
    std::string lines;
    const auto first = message(lines, november_26, "bob@contoso.example", "eve@Example.org");
    const auto second = message(lines, november_26, "carol@contoso.example");
    append(november_26, lines);
    index_all();
    StoryFilter filter;
    filter.sender = "@example.ORG";
    EXPECT_EQ(ids(filter), std::vector{first});
    filter = {};
    filter.id = second;
    EXPECT_EQ(ids(filter), std::vector{second});
    filter = {};
    filter.message_id = first + "@example.net";
    EXPECT_EQ(ids(filter), std::vector{first});
    filter.recipient = "carol@contoso.example";
    EXPECT_TRUE(ids(filter).empty()) << "both must fit";
    EXPECT_EQ(ids(to("bob")), std::vector{first}) << "a part is no word: the files are read";
    EXPECT_EQ(ids(to("@contoso.example")), (std::vector{first, second}));
}

TEST_F(Indexed, AnAddressThatStandsEscapedInTheLineIsAWord)
{
    const std::string address = R"("a\b"@contoso.example)";
    std::string lines;
    message(lines, november_26, address);
    append(november_26, lines);
    index_all();
    EXPECT_GT(looked_at(address), 0U);
    EXPECT_EQ(looked_at(R"("a\\b"@contoso.example)"), 0U) << "as it stands there";
}

TEST_F(Indexed, AReportIsToldWithTheMessageThatCausedIt)
{
    std::string lines;
    const auto failed =
        message(lines, november_26, "bob@contoso.example", "ann@example.net", id_of(2));
    append(november_26, lines);
    index_all();
    std::string later;
    const auto report = message(later, november_27, "ann@example.net", "<>");
    append(november_27, later);
    EXPECT_EQ(ids(to("bob@contoso.example")), (std::vector{failed, report}));
}

TEST_F(Indexed, WithoutItsIndexTheLogSaysTheSame)
{
    fill(november_26, 100 << 10);
    std::string lines;
    message(lines, november_26, "bob@contoso.example");
    append(november_26, lines);
    const auto before = ids(to("bob@contoso.example"));
    index_all();
    EXPECT_EQ(segments(), 1U);
    EXPECT_EQ(ids(to("bob@contoso.example")), before);
    Index::remove(folder);
    EXPECT_EQ(ids(to("bob@contoso.example")), before);
    EXPECT_EQ(index_all(), 1U) << "and it is made again";
    EXPECT_EQ(segments(), 1U);
}

TEST_F(Indexed, AnotherFileInTheOldOnesPlaceIsReadAndIndexedAnew)
{
    std::string lines, others;
    message(lines, november_26, "bob@contoso.example");
    const auto id = message(others, november_26, "eve@contoso.example");
    append(november_26, lines);
    index_all();
    std::filesystem::remove(file(november_26));
    append(november_26, others);
    EXPECT_EQ(ids(to("eve@contoso.example")), std::vector{id});
    EXPECT_TRUE(ids(to("bob@contoso.example")).empty());
    EXPECT_EQ(index_all(), 2U) << "forgotten, then made";
    EXPECT_EQ(ids(to("eve@contoso.example")), std::vector{id});
}

TEST_F(Indexed, FilesThatAreGoneAreForgotten)
{
    std::string lines;
    message(lines, november_26, "bob@contoso.example");
    append(november_26, lines);
    index_all();
    std::filesystem::remove(file(november_26));
    append(november_27, lines);
    EXPECT_EQ(index_all(), 1U);
    EXPECT_EQ(segments(), 0U);
}

TEST_F(Indexed, ADamagedIndexIsSaidOnceAndMadeAnew)
{
    std::string lines;
    const auto id = message(lines, november_26, "bob@contoso.example");
    append(november_26, lines);
    std::ofstream{Index::path_in(folder)} << std::string(8192, 'x');
    const auto found = find_stories(real_files(), folder, to("bob@contoso.example"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->records.size(), 3U);
    EXPECT_FALSE(found->index_trouble.empty()) << "that it was slow is told";
    EXPECT_EQ(indexer->step(), Indexer::Did::failed);
    EXPECT_EQ(bench.times(EventId::tracking_index_failed), 1U);
    EXPECT_EQ(bench.times(EventId::tracking_index_anew), 1U);
    EXPECT_EQ(index_all(), 1U);
    EXPECT_EQ(ids(to("bob@contoso.example")), std::vector{id});
}

TEST_F(Indexed, TornAndForeignLinesStopNothing)
{
    std::string lines;
    const auto first = message(lines, november_26, "bob@contoso.example");
    lines += "this is no record\n" + std::string(300 << 10, 'x') + "\n";
    const auto second = message(lines, november_26, "bob@contoso.example");
    append(november_26, "# imc tracking 1\n" + lines + "half a li");
    index_all();
    EXPECT_EQ(ids(to("bob@contoso.example")), (std::vector{first, second}));
}

TEST_F(Indexed, ALineBelongsToWhereItBegins)
{
    std::string octets;
    std::vector<std::uint64_t> begins;
    for (int i = 0; i < 100; ++i) {
        begins.push_back(octets.size());
        octets += "line " + std::string(static_cast<std::size_t>(i), 'x') + "\n";
    }
    append(november_26, octets);
    const auto opened = real_files().open(file(november_26), OpenMode::read);
    ASSERT_TRUE(opened);
    for (std::uint64_t step : {1U, 7U, 64U, 1000U, 100000U}) {
        std::vector<std::uint64_t> seen;
        DaysRead read;
        for (std::uint64_t from = 0; from < octets.size(); from += step)
            EXPECT_TRUE(read_range(
                **opened, from, from + step,
                [&](auto, std::uint64_t place) { return seen.push_back(place), true; }, read));
        EXPECT_EQ(seen, begins) << "in steps of " << step;
    }
}

}  // namespace
}  // namespace imc::tracking
