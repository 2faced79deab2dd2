/// Each of these once showed a defect of src/spool.
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

}  // namespace
}  // namespace imc::spool
