#include "config/plan_journal.h"

#include "config/config_tree.h"
#include "config/settings_file.h"

#include "base/files.h"
#include "directory/embedded.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace imc::config {
namespace {

using namespace std::chrono_literals;
using State = Interrupted::State;

/// A plan for registry, connector and a new profile, whose process dies where a test says.
class InterruptedPlan : public testing::Test {
protected:
    InterruptedPlan()
    {
        char name[] = "/tmp/imc-journal-XXXXXX";
        root_ = ::mkdtemp(name);
        write_file_atomically(real_files(), paths().registry(), tree_.registry).value();
        directory_ = *create_embedded(paths().directory());
        directory_
            ->apply(new_organization(
                        {{}, "Contoso", "Oslo", "MAIL1", "contoso.example", "administrator"}),
                    after(10s))
            .value();
        const auto before = now();
        target_ = with(before, parse_settings_file("[registry]\nMaxHops = 30\n[connector]\n"
                                                   "imcTransferMode = inbound\nimcTls = verify\n"
                                                   "[domain a.example]\nimcTls = verify\n")
                                   .value())
                      .value();
        plan_ = make_plan(before, target_);
    }
    ~InterruptedPlan() override
    {
        directory_.reset();
        std::filesystem::remove_all(root_);
    }
    Paths paths() const { return Paths{root_}; }
    Snapshot now() { return snapshot_now(paths(), after(10s)).value().snapshot; }
    std::string registry() { return *read_file(real_files(), paths().registry()); }
    void write_registry(const std::string& text)
    {
        write_file_atomically(real_files(), paths().registry(), text).value();
    }
    bool journal_is_there()
    {
        return real_files().status(paths().backup() + "/plan.json").has_value();
    }
    /// @param registry  whether it was written before the end came @param changes  so many
    void die_after(bool registry, std::size_t changes)
    {
        {
            auto journal = PlanJournal::begin(paths(), plan_);
            ASSERT_TRUE(journal) << journal.error().to_string();
        }
        if (registry) write_registry(*plan_.registry);
        if (changes > 0)
            directory_->apply(std::span{plan_.directory}.first(changes), after(10s)).value();
    }
    Interrupted end() { return end_interrupted_plan(paths(), after(10s)); }

    std::string root_;
    ConfigTree tree_;
    std::shared_ptr<Directory> directory_;
    Snapshot target_;
    Plan plan_;
};

TEST_F(InterruptedPlan, ThatEndedLeavesNothingBehind)
{
    ASSERT_GE(plan_.directory.size(), 2U);
    ASSERT_TRUE(needs_journal(plan_));
    ASSERT_TRUE(carry_out(paths(), plan_, *directory_, after(10s)));
    EXPECT_FALSE(journal_is_there());
    EXPECT_EQ(end().state, State::none);
    EXPECT_EQ(lines_of(differences(now(), target_)), "");
}

TEST_F(InterruptedPlan, BeforeTheFirstWriteWasNothing)
{
    die_after(false, 0);
    const auto found = end();
    EXPECT_EQ(found.state, State::ended) << found.text;
    EXPECT_EQ(found.event().event(), EventId::plan_interrupted);
    EXPECT_EQ(registry(), tree_.registry);
    EXPECT_FALSE(journal_is_there());
}

TEST_F(InterruptedPlan, BetweenRegistryAndDirectoryIsTakenBack)
{
    die_after(true, 0);
    const auto found = end();
    EXPECT_EQ(found.state, State::ended) << found.text;
    EXPECT_NE(found.text.find("the registry was brought back"), std::string::npos) << found.text;
    EXPECT_EQ(registry(), tree_.registry);
    EXPECT_EQ(end().state, State::none);
}

// A server without transactions may have a part of it.
TEST_F(InterruptedPlan, AmongTheChangesOfTheDirectoryIsFinished)
{
    for (std::size_t changes = 1; changes <= plan_.directory.size(); ++changes) {
        die_after(true, changes);
        const auto found = end();
        EXPECT_EQ(found.state, State::ended) << found.text;
        EXPECT_EQ(lines_of(differences(now(), target_)), "") << changes;
        EXPECT_FALSE(journal_is_there());
        // Back for the next round.
        Change mode{Change::Kind::modify, tree_names.connector};
        mode.changes = {{AttributeChange::Kind::replace, "imcTransferMode", {"both"}},
                        {AttributeChange::Kind::remove, "imcTls", {}}};
        const auto container = tree_names.connector.child("cn", "E-Mail Domains");
        const Change back[] = {{Change::Kind::remove, container.child("cn", "a.example")},
                               {Change::Kind::remove, container},
                               mode};
        for (const auto& change : back)
            (void)directory_->apply({&change, 1}, after(10s));
        write_registry(tree_.registry);
    }
}

TEST_F(InterruptedPlan, AtWorkIsLeftAlone)
{
    const auto journal = PlanJournal::begin(paths(), plan_);
    ASSERT_TRUE(journal);
    EXPECT_EQ(end().state, State::at_work);
    EXPECT_TRUE(journal_is_there());
    const auto second = carry_out(paths(), plan_, *directory_, after(10s));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().event(), EventId::config_moved_on);
    EXPECT_EQ(registry(), tree_.registry);
}

TEST_F(InterruptedPlan, WhatSomebodyElseChangedSinceIsNotTouched)
{
    die_after(true, 0);
    write_registry(tree_.registry + "; mine\n");
    const auto found = end();
    EXPECT_EQ(found.state, State::unsettled);
    EXPECT_EQ(found.event().event(), EventId::plan_unsettled);
    EXPECT_EQ(registry(), tree_.registry + "; mine\n");
    EXPECT_EQ(end().state, State::none) << "it is said once";
    EXPECT_NE(found.text.find("plan-unsettled-"), std::string::npos) << found.text;
}

TEST_F(InterruptedPlan, WithNoPartInTheRegistryLeavesWhatCameThereSince)
{
    plan_.registry.reset();
    ASSERT_TRUE(needs_journal(plan_));
    die_after(false, 0);
    write_registry(tree_.registry + "; mine\n");
    const auto found = end();
    EXPECT_EQ(found.state, State::ended) << found.text;
    EXPECT_EQ(registry(), tree_.registry + "; mine\n");
    EXPECT_FALSE(journal_is_there());
}

TEST_F(InterruptedPlan, WaitsForADirectoryThatCannotBeAsked)
{
    die_after(true, 0);
    const Error asleep{EventId::directory_unreachable, "asleep"};
    const std::shared_ptr<Directory> silent = silent_directory("silent", asleep);
    EXPECT_EQ(end_interrupted_plan(paths(), after(10s), silent).state, State::unknown);
    EXPECT_TRUE(journal_is_there());
    EXPECT_EQ(end().state, State::ended);
    EXPECT_EQ(registry(), tree_.registry);
}

TEST_F(InterruptedPlan, FileThatCannotBeReadIsPutAside)
{
    die_after(false, 0);
    write_file_atomically(real_files(), paths().backup() + "/plan.json", "{").value();
    EXPECT_EQ(end().state, State::unsettled);
    EXPECT_FALSE(journal_is_there());
}

// imc check: what is told there is not changed by it.
TEST_F(InterruptedPlan, IsARowOfTheCheckUntilItHasEnded)
{
    EXPECT_EQ(judge_plan(paths()).status, Status::passed);
    die_after(true, 0);
    const auto row = judge_plan(paths());
    EXPECT_EQ(row.id, "config.plan-whole");
    EXPECT_EQ(row.status, Status::warning);
    EXPECT_EQ(row.event, EventId::plan_interrupted);
    EXPECT_NE(row.where.find("plan.json"), std::string::npos) << row.where;
    EXPECT_NE(row.found.find("has died, "), std::string::npos) << row.found;
    EXPECT_FALSE(row.fix.empty());
    EXPECT_TRUE(journal_is_there());
    EXPECT_NE(registry(), tree_.registry) << "looking changes nothing";
    EXPECT_EQ(end().state, State::ended);
    EXPECT_EQ(judge_plan(paths()).status, Status::passed);
}

// As after a restore of the files: a lock file made by root would keep the service out.
TEST_F(InterruptedPlan, IsLookedAtWithoutMakingALockFile)
{
    die_after(true, 0);
    const auto lock = paths().backup() + "/plan.lock";
    real_files().remove(lock).value();
    EXPECT_EQ(judge_plan(paths()).status, Status::warning);
    EXPECT_FALSE(real_files().status(lock));
}

TEST_F(InterruptedPlan, ThatIsBeingCarriedOutIsNoFlawOfTheCheck)
{
    const auto journal = PlanJournal::begin(paths(), plan_);
    ASSERT_TRUE(journal);
    const auto row = judge_plan(paths());
    EXPECT_EQ(row.status, Status::passed);
    EXPECT_NE(row.found.find("another plan is being carried out"), std::string::npos) << row.found;
}

TEST_F(InterruptedPlan, ThatWasPutAsideIsARowOfTheCheckAsLongAsItsFileIsThere)
{
    die_after(true, 0);
    write_registry(tree_.registry + "; mine\n");
    EXPECT_EQ(end().state, State::unsettled);
    const auto row = judge_plan(paths());
    EXPECT_EQ(row.status, Status::warning);
    EXPECT_EQ(row.event, EventId::plan_unsettled);
    ASSERT_TRUE(real_files().status(row.where)) << row.where;
    EXPECT_NE(row.fix.find("rm "), std::string::npos) << row.fix;
    real_files().remove(row.where).value();
    EXPECT_EQ(judge_plan(paths()).status, Status::passed);
}

}  // namespace
}  // namespace imc::config
