#include "app/service/poison.h"

#include "queue/terms.h"
#include "spool/badmail.h"
#include "spool/kit.h"
#include "spool/working.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace imc::app {
namespace {

using spool::Outcome;

struct Poison : testing::Test {
    Poison() { bench.open().value(); }
    /// What a process leaves that dies while it works on the message.
    void die_of(spool::MessageId id)
    {
        bench.spool.reset();
        const auto file = spool::WorkingFile::open(bench.folder.path() + "/working").value();
        const auto child = ::fork();
        if (child == 0) {
            const spool::WorkingOn at_work{file.get(), id};
            ::kill(::getpid(), SIGKILL);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        bench.open().value();
    }
    std::vector<spool::MessageId> start()
    {
        boost::asio::io_context io;
        auto recovered = bench.spool->recover();
        set_aside_poison({*bench.spool, bench.events, folder, io.get_executor()}, recovered);
        io.run_for(std::chrono::seconds{20});
        std::vector<spool::MessageId> out;
        for (const auto& message : recovered)
            out.push_back(message.id);
        return out;
    }
    spool::Bench bench;
    const std::string folder = bench.folder.path() + "/badmail";
    spool::Badmail badmail{real_files(), folder};
};

TEST_F(Poison, SecondCrashSetsTheMessageAsideAndTheRestGoesOn)
{
    const auto poison = bench.store(spool::a_message("poison", 2)).value();
    const auto other = bench.store(spool::a_message("other")).value();
    (void)bench.commit({poison, {{0, spool::state_of(Outcome::delivered)}}}).value();
    die_of(poison);
    EXPECT_EQ(start(), (std::vector{poison, other})) << "one crash may have been anything";
    die_of(poison);
    EXPECT_EQ(start(), std::vector{other});
    EXPECT_EQ(bench.times(EventId::message_set_aside), 1u);  // 40160
    const auto kept = badmail.find(poison.to_string()).value();
    EXPECT_EQ(badmail.text(poison.to_string()).value(), "poison");
    EXPECT_EQ(kept.states[0].outcome, Outcome::delivered);
    EXPECT_EQ(spool::envelope_to_release(kept, {}).recipients.size(), 1u);
    EXPECT_EQ(kept.evidence, (std::vector<spool::Evidence>{{"crashes", "2"}}));
    bench.open().value();
    EXPECT_EQ(start(), std::vector{other}) << "the spool has forgotten it";
}

TEST_F(Poison, WhatCannotBeSetAsideStaysInTheSpoolAndIsNotHandedOver)
{
    const auto poison = bench.store(spool::a_message("poison")).value();
    die_of(poison);
    EXPECT_EQ(bench.spool->recover().size(), 1u);
    die_of(poison);
    write_file_atomically(real_files(), folder, "a file where the folder was").value();
    EXPECT_TRUE(start().empty());
    EXPECT_EQ(bench.times(EventId::badmail_failed), 1u);  // 40161
    EXPECT_EQ(bench.times(EventId::message_set_aside), 0u);
    std::filesystem::remove(folder);
    bench.open().value();
    EXPECT_TRUE(start().empty());
    EXPECT_EQ(badmail.list().size(), 1u) << "the next start";
}

TEST_F(Poison, StartThatEndsBeforeItHasCountedLeavesTheCountToTheNextOne)
{
    const auto poison = bench.store(spool::a_message("poison")).value();
    for (int start = 0; start < 5; ++start) {
        die_of(poison);
        bench.spool.reset();
        bench.open().value();
        const auto recovered = bench.spool->recover();
        ASSERT_EQ(recovered.size(), 1u);
        EXPECT_EQ(recovered[0].crashes, static_cast<unsigned>(start + 1));
    }
}

TEST_F(Poison, WhomAnAdministratorHadDeletedGetsNothingByARelease)
{
    const auto poison = bench.store(spool::a_message("poison", 2)).value();
    queue::Terms deleted;
    deleted.deleted = WallTime{std::chrono::hours{1}};
    spool::Commit order{poison};
    order.evidence.push_back({queue::evidence_key(1), queue::to_evidence(deleted)});
    (void)bench.commit(std::move(order)).value();
    die_of(poison);
    EXPECT_EQ(bench.spool->recover().size(), 1u);
    die_of(poison);
    EXPECT_TRUE(start().empty());
    const auto kept = badmail.find(poison.to_string()).value();
    EXPECT_EQ(spool::envelope_to_release(kept, {}).recipients.size(), 1u);
}

TEST_F(Poison, CrashBeforeTheSpoolForgetsItSetsItAsideOnceMore)
{
    const auto poison = bench.store(spool::a_message("poison")).value();
    die_of(poison);
    EXPECT_EQ(bench.spool->recover().size(), 1u);
    die_of(poison);
    {
        boost::asio::io_context never_run;
        auto recovered = bench.spool->recover();
        set_aside_poison({*bench.spool, bench.events, folder, never_run.get_executor()}, recovered);
        EXPECT_TRUE(recovered.empty());
    }
    bench.open().value();
    EXPECT_TRUE(start().empty());
    EXPECT_EQ(badmail.list().size(), 1u);
    bench.open().value();
    EXPECT_TRUE(bench.spool->recover().empty());
}

}  // namespace
}  // namespace imc::app
