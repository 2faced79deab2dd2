#include "queue/ready_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace imc::queue {
namespace {

using spool::Priority;

struct Task {
    std::string name;
    std::uint64_t order = 0;
    std::uint32_t transactions = 1;
};

struct Site {
    ReadyQueue<Task> ready;
    std::uint64_t order = 0;
    void push(const std::string& name, std::uint32_t transactions,
              Priority priority = Priority::normal)
    {
        ready.push(priority, Task{name, ++order, transactions});
    }
    std::string serve()
    {
        const auto* job = ready.next();
        if (job == nullptr) return "";
        auto name = job->name;
        ready.took();
        return name;
    }
};

TEST(ReadyQueue, MessagesOfOneSizeGoInTheirOrder)
{
    Site site;
    for (const auto* name : {"a", "b", "c"})
        site.push(name, 1);
    EXPECT_EQ(site.serve() + site.serve() + site.serve() + site.serve(), "abc");
    EXPECT_TRUE(site.ready.empty());
}

TEST(ReadyQueue, OnePersonsMailPassesAMailingOfFiveHundredTransactions)
{
    Site site;
    site.push("mailing", 500);
    for (int i = 0; i < 10; ++i)
        (void)site.serve();
    site.push("letter", 1);
    int waited = 0;
    while (site.serve() != "letter")
        ++waited;
    EXPECT_LE(waited, 5);
}

// A letter every other transaction, for ever: the mailing takes twice as long, not for ever.
TEST(ReadyQueue, MailingIsSlowedByAFactorOfTwoAtMost)
{
    Site site;
    site.push("mailing", 1000);
    int others = 0;
    for (int mailing = 0; mailing < 1000;) {
        if (site.ready.jobs() < 50) site.push("letter", 1);
        site.serve() == "mailing" ? ++mailing : ++others;
    }
    EXPECT_LE(others, 1000 + 10);
    EXPECT_GE(others, 900) << "the letters did not get their half";
}

TEST(ReadyQueue, SmallMailingPassesALargeOneAndIsItselfPassed)
{
    Site site;
    site.push("large", 1000);
    for (int i = 0; i < 200; ++i)
        (void)site.serve();
    site.push("small", 20);
    std::map<std::string, int> finished;
    int turn = 0;
    for (; site.ready.jobs() > 1; ++turn) {
        if (turn == 5) site.push("letter", 1);
        finished[site.serve()] = turn;
    }
    EXPECT_LT(finished["letter"], finished["small"]);
    EXPECT_LT(finished["small"], 60);
}

TEST(ReadyQueue, LowestPriorityKeepsItsShare)
{
    Site site;
    std::map<std::string, int> served;
    for (int i = 0; i < 1300; ++i) {
        site.push("urgent", 1, Priority::urgent);
        site.push("normal", 1, Priority::normal);
        site.push("low", 1, Priority::non_urgent);
    }
    for (int i = 0; i < 1300; ++i)
        ++served[site.serve()];
    EXPECT_NEAR(served["urgent"], 800, 2);
    EXPECT_NEAR(served["normal"], 400, 2);
    EXPECT_NEAR(served["low"], 100, 2);
}

// What a line did not use while it was empty, it does not get later.
TEST(ReadyQueue, LineThatWasEmptyIsOwedNothing)
{
    Site site;
    for (int i = 0; i < 1000; ++i)
        site.push("normal", 1);
    for (int i = 0; i < 500; ++i)
        (void)site.serve();
    for (int i = 0; i < 100; ++i)
        site.push("low", 1, Priority::non_urgent);
    int low = 0;
    for (int i = 0; i < 50; ++i)
        low += site.serve() == "low" ? 1 : 0;
    EXPECT_LE(low, 12);
    EXPECT_GE(low, 9);
}

// The model: everything pushed is served once, whatever the mixture.
TEST(ReadyQueue, EveryTransactionIsServedOnce)
{
    Site site;
    std::map<std::string, std::uint32_t> open;
    std::uint64_t dice = 1;
    const auto roll = [&] {
        return (dice = dice * 6364136223846793005ULL + 1442695040888963407ULL) >> 33;
    };
    for (int step = 0; step < 20'000; ++step) {
        if (step < 5'000 && roll() % 2 == 0) {
            const auto name = std::to_string(step);
            const auto size = static_cast<std::uint32_t>(roll() % 10 == 0 ? roll() % 300 : 0) + 1;
            open[name] = size;
            site.push(name, size, static_cast<Priority>(roll() % 3));
            continue;
        }
        const auto name = site.serve();
        if (name.empty()) continue;
        ASSERT_GT(open[name], 0U);
        if (--open[name] == 0) open.erase(name);
    }
    while (!site.ready.empty()) {
        const auto name = site.serve();
        if (--open[name] == 0) open.erase(name);
    }
    EXPECT_TRUE(open.empty());
}

TEST(ReadyQueue, JobsCanBeTakenOutInPieces)
{
    Site site;
    site.push("large", 100);
    (void)site.serve();
    for (int i = 0; i < 9; ++i)
        site.push("x", 1);
    EXPECT_EQ(site.ready.take_any(4).size(), 4U);
    EXPECT_EQ(site.ready.take_any(100).size(), 6U);
    EXPECT_EQ(site.ready.next(), nullptr);
}

}  // namespace
}  // namespace imc::queue
