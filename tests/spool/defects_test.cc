/// Each of these once showed a defect of src/spool.
#include "kit/through_files.h"
#include "spool/kit.h"

#include <gtest/gtest.h>

#include <thread>

namespace imc::spool {
namespace {

TEST(SpoolDefect, ResultForARecipientThatIsNotThereChangesNothing)
{
    Bench bench;
    bench.open().value();
    const auto id = bench.store(a_message("text")).value();
    (void)bench.commit({id, {{7, state_of(Outcome::delivered)}}, {}});
    EXPECT_TRUE(bench.spool->body(id)) << "the message is gone, its recipient was never served";
    bench.open().value();
    EXPECT_EQ(bench.spool->recover().size(), 1u);
}

TEST(SpoolDefect, TornLastGroupIsNoDamageAtLaterStarts)
{
    std::size_t alarms = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Bench bench{16 << 10, seed};
        bench.open().value();
        const auto id = bench.store(a_message("kept")).value();
        bench.disk.cut_power_at(1);
        EXPECT_FALSE(bench.store(a_message(std::string(5000, 'x'))));
        bench.crash(seed);
        for (int start = 0; start < 3; ++start) {
            bench.open().value();
            bench.store(a_message("another")).value();
        }
        EXPECT_TRUE(bench.spool->body(id));
        alarms += bench.times(EventId::spool_damaged);
    }
    EXPECT_EQ(alarms, 0u) << "a power cut is no damage";
}

TEST(SpoolDefect, FailedWriteIsNoDamageAtTheNextStart)
{
    std::size_t alarms = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Bench bench{16 << 10, seed};
        bench.open().value();
        const auto id = bench.store(a_message("kept")).value();
        bench.disk.fail_at(1, EIO);
        EXPECT_FALSE(bench.store(a_message(std::string(5000, 'x'))));
        const auto until = after(std::chrono::milliseconds{1500});
        while (!bench.store(a_message("another")) && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        bench.open().value();
        EXPECT_TRUE(bench.spool->body(id));
        alarms += bench.times(EventId::spool_damaged);
    }
    EXPECT_EQ(alarms, 0u) << "an error that was told to everybody is no damage at the next start";
}

TEST(SpoolDefect, RemovedLargeSegmentTakesNoNewsOfOlderOnesWithIt)
{
    Bench bench{16 << 10};
    bench.open().value();
    const auto id = bench.store(a_message("old")).value();
    // The news that it is done stands in a segment made for a large report.
    const auto caused =
        bench
            .commit({id, {{0, state_of(Outcome::failed)}}, {a_message(std::string(40 << 10, 'd'))}})
            .value();
    (void)bench.store(a_message(std::string(15 << 10, 'x'))).value();
    bench.commit(done(caused[0])).value();
    bench.open().value();
    for (const auto& message : bench.spool->recover())
        EXPECT_NE(message.id, id) << "done, and came back";
}

TEST(SpoolDefect, WhatAFailedSyncLeftInThePageCacheIsNotBuiltUpon)
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Bench bench{16 << 10, seed};
        bench.open().value();
        const auto id = bench.store(a_message("the message")).value();
        const auto filler = bench.store(a_message(std::string(16'000, 'x'))).value();
        const auto other = bench.store(a_message("first of the second segment")).value();
        bench.wait_for_index();
        bench.disk.fail_at(2, EIO);  // the sync, not the write
        EXPECT_FALSE(
            bench.commit({id, {{0, state_of(Outcome::failed)}}, {a_message("the report")}}));
        bench.open().value();  // a restart of the program, not of the machine
        bench.commit(done(filler)).value();
        // Until the segment of the message is used again; the last free one is for results.
        for (int i = 0; i < 4; ++i)
            bench
                .commit({other,
                         {{0, state_of(Outcome::waiting)}},
                         {a_message(std::string(10 << 10, 'y'))}})
                .value();
        bench.crash(seed);
        bench.open().value();
        bool known = false;
        for (const auto& message : bench.spool->recover()) {
            const auto text = bench.spool->body(message.id);
            known =
                known || (text && (whole(*text) == "the message" || whole(*text) == "the report"));
        }
        ASSERT_TRUE(known) << "neither the message nor its report is there, seed " << seed;
    }
}

TEST(SpoolDefect, TornBeginningOfANewLifeDoesNotBringBackWhatWasDoneInTheFormer)
{
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        Bench bench{16 << 10, seed};
        bench.open().value();
        // The message stands in the first sector, what became of it further behind.
        const auto id = bench.store(a_message("old")).value();
        const auto filler = bench.store(a_message(std::string(2000, 'x'))).value();
        bench.commit(done(id)).value();
        bench.commit(done(filler)).value();
        for (std::uint64_t i = 0; i < 1 + seed % 6; ++i)
            bench.commit(done(bench.store(a_message(std::string(9 << 10, 'y'))).value())).value();
        bench.disk.cut_power_at(1 + seed % 2);
        (void)bench.store(a_message(std::string(9 << 10, 'z')));
        bench.crash(seed);
        bench.open().value();
        for (const auto& message : bench.spool->recover())
            ASSERT_NE(message.id, id) << "done, and came back; seed " << seed;
    }
}

/// There is no memory to write what holds the word "poison".
class Poisoned final : public kit::ThroughFiles {
public:
    using ThroughFiles::ThroughFiles;
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        auto file = ThroughFiles::open(path, mode, permissions);
        if (!file) return file;
        return std::unique_ptr<File>{std::make_unique<Throwing>(std::move(*file))};
    }

private:
    class Throwing final : public kit::ThroughFile {
    public:
        using ThroughFile::ThroughFile;
        IoResult<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override
        {
            for (const auto& piece : pieces)
                if (piece.find("poison") != piece.npos) throw std::bad_alloc{};
            return ThroughFile::write_at(offset, pieces);
        }
    };
};

// One thread writes for everybody: what it throws must neither end the process nor leave anybody
// waiting for an answer.
TEST(SpoolDefect, WriterThatThrowsAnswersWhoWaitsAndGoesOn)
{
    Bench bench;
    Poisoned files{bench.disk};
    auto spool = open_log_spool(bench.settings, files, bench.events).value();
    const auto before = one_of(spool->store(a_message("before"))).value();
    const auto refused = one_of(spool->store(a_message("poison")));
    ASSERT_FALSE(refused) << "never 250 for what may not be there";
    EXPECT_EQ(refused.error().event(), EventId::spool_write_failed);
    EXPECT_NE(refused.error().detail().find("bad_alloc"), std::string::npos);
    EXPECT_EQ(bench.times(EventId::part_begins_again), 1U);
    const auto later = one_of(spool->store(a_message("later")));
    ASSERT_TRUE(later);
    EXPECT_TRUE(spool->body(before));
    EXPECT_TRUE(spool->body(*later));
    spool.reset();
    ASSERT_TRUE(bench.open());
    EXPECT_EQ(bench.spool->recover().size(), 2U);
}

}  // namespace
}  // namespace imc::spool
