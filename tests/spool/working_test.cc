#include "spool/working.h"

#include "spool/kit.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace imc::spool {
namespace {

struct Working : testing::Test {
    Working() { bench.open().value(); }
    /// A process that is killed while it works on `ids`.
    void die_of(const std::vector<MessageId>& ids)
    {
        // The log is no matter of the child's: only the file is.
        const auto path = bench.folder.path() + "/working";
        const auto child = ::fork();
        if (child == 0) {
            const auto file = WorkingFile::open(path);
            if (!file) std::_Exit(1);
            std::vector<std::unique_ptr<WorkingOn>> guards;
            for (const auto id : ids)
                guards.push_back(std::make_unique<WorkingOn>(file->get(), id));
            ::kill(::getpid(), SIGKILL);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
    }
    std::uint32_t crashes_of(MessageId id)
    {
        bench.open().value();
        for (const auto& message : bench.spool->recover())
            if (message.id == id) return message.crashes;
        return 99;
    }
    Bench bench;
};

TEST_F(Working, MessageThatProcessesDiedOfIsCountedAtEachStart)
{
    const auto poison = bench.store(a_message("poison")).value();
    const auto other = bench.store(a_message("other")).value();
    die_of({poison});
    EXPECT_EQ(crashes_of(poison), 1u);
    EXPECT_EQ(crashes_of(other), 0u) << "and is not counted again without a crash";
    EXPECT_EQ(crashes_of(poison), 1u);
    die_of({poison, other});
    EXPECT_EQ(crashes_of(poison), 2u);
    EXPECT_EQ(crashes_of(other), 1u);
}

TEST_F(Working, EndedWorkIsNotCounted)
{
    const auto id = bench.store(a_message("sound")).value();
    {
        const WorkingOn outer{*bench.spool, id};
        const WorkingOn inner{*bench.spool, id};
    }
    EXPECT_EQ(crashes_of(id), 0u);
}

TEST_F(Working, MessagesThatAreGoneAreForgotten)
{
    const auto id = bench.store(a_message("gone")).value();
    bench.commit(done(id)).value();
    die_of({id});
    bench.open().value();
    EXPECT_TRUE(bench.spool->recover().empty());
}

TEST_F(Working, MoreThanThereAreSlotsForIsNoHarm)
{
    std::vector<std::unique_ptr<WorkingOn>> guards;
    for (std::uint64_t i = 1; i <= WorkingFile::slots + 10; ++i)
        guards.push_back(std::make_unique<WorkingOn>(*bench.spool, MessageId{i}));
    guards.clear();
    EXPECT_EQ(bench.spool->working()->left(), std::vector<MessageId>{});
}

}  // namespace
}  // namespace imc::spool
