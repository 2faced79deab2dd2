#include "config/plan_journal.h"

#include "config/config_tree.h"
#include "config/settings_file.h"

#include "base/files.h"
#include "directory/embedded.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <unistd.h>

namespace imc::config {
namespace {

using namespace std::chrono_literals;
using State = Interrupted::State;

/// A server without transactions, on which a batch of changes comes to an end in the middle.
class HalfWritten final : public Directory {
public:
    HalfWritten(std::shared_ptr<Directory> sound, std::string lock)
        : sound_{std::move(sound)}, lock_{std::move(lock)}
    {}

    std::string description() const override { return "half"; }
    bool is_local() const override { return false; }
    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        const auto lock = FileLock::try_lock(lock_);
        looked_without_lock = looked_without_lock || lock.has_value();
        return sound_->read(dn, deadline);
    }
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override
    {
        return sound_->search(base, scope, filter, deadline, limit);
    }
    Result<> apply(std::span<const Change> changes, Deadline deadline) override
    {
        if (whole) return sound_->apply(changes, deadline);
        if (stays > 0)
            if (const auto made = sound_->apply(changes.first(stays), deadline); !made) return made;
        if (meanwhile) meanwhile();
        return Error{how, "the server went down"};
    }
    Result<std::uint64_t> revision(Deadline deadline) override
    {
        return sound_->revision(deadline);
    }

    bool whole = false;     ///< all goes well
    std::size_t stays = 1;  ///< changes of a batch
    EventId how = EventId::directory_half_written;
    std::function<void()> meanwhile;
    bool looked_without_lock = false;

private:
    const std::shared_ptr<Directory> sound_;
    const std::string lock_;
};

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
    Result<PlanJournal> begun()
    {
        auto lock = PlanLock::take(paths());
        if (!lock) return lock.error();
        return PlanJournal::begin(paths(), *std::move(lock), plan_);
    }
    /// @param registry  whether it was written before the end came @param changes  so many
    void die_after(bool registry, std::size_t changes)
    {
        {
            auto journal = begun();
            ASSERT_TRUE(journal) << journal.error().to_string();
        }
        if (registry) write_registry(*plan_.registry);
        if (changes > 0)
            directory_->apply(std::span{plan_.directory}.first(changes), after(10s)).value();
    }
    std::shared_ptr<HalfWritten> half()
    {
        return std::make_shared<HalfWritten>(directory_, paths().backup() + "/plan.lock");
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
    const auto journal = begun();
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

// What an LDAP server has made and could not be taken back was forgotten with the journal.
TEST_F(InterruptedPlan, WhoseDirectoryKeptAPartIsKeptAndFinished)
{
    const auto half = this->half();
    const auto done = carry_out(paths(), plan_, *half, after(10s));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::directory_half_written);
    EXPECT_NE(done.error().detail().find("plan.json"), std::string::npos) << done.error().detail();
    ASSERT_TRUE(journal_is_there());
    EXPECT_EQ(registry(), *plan_.registry) << "it goes on, not back";
    EXPECT_EQ(judge_plan(paths()).status, Status::warning);
    const auto found = end();
    EXPECT_EQ(found.state, State::ended) << found.text;
    EXPECT_EQ(lines_of(differences(now(), target_)), "");
    EXPECT_FALSE(journal_is_there());
}

// Whether the only change was made is as unknown: the registry may not be alone.
TEST_F(InterruptedPlan, OfWhichNobodyKnowsWhatWasMadeIsTakenBackWhenNothingWas)
{
    const auto half = this->half();
    half->stays = 0;
    ASSERT_FALSE(carry_out(paths(), plan_, *half, after(10s)));
    ASSERT_TRUE(journal_is_there());
    const auto found = end();
    EXPECT_EQ(found.state, State::ended) << found.text;
    EXPECT_EQ(registry(), tree_.registry);
    EXPECT_FALSE(journal_is_there());
}

TEST_F(InterruptedPlan, WhoseDirectoryIsAsItWasLeavesNothing)
{
    const auto half = this->half();
    half->stays = 0;
    half->how = EventId::directory_unreachable;
    const auto done = carry_out(paths(), plan_, *half, after(10s));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::directory_unreachable);
    EXPECT_FALSE(journal_is_there());
    EXPECT_EQ(registry(), tree_.registry);
}

TEST_F(InterruptedPlan, WhoseRegistryCannotBeBroughtBackIsKept)
{
    const auto half = this->half();
    half->stays = 0;
    half->how = EventId::directory_unreachable;
    // The registry cannot be replaced where a folder has its name.
    half->meanwhile = [this] {
        std::filesystem::remove(paths().registry());
        std::filesystem::create_directories(paths().registry() + "/in-the-way");
    };
    ASSERT_FALSE(carry_out(paths(), plan_, *half, after(10s)));
    EXPECT_TRUE(journal_is_there());
    std::filesystem::remove_all(paths().registry());
    write_registry(*plan_.registry);
    const auto found = end();
    EXPECT_EQ(found.state, State::ended) << found.text;
    EXPECT_EQ(registry(), tree_.registry);
}

// The server goes down once more while the rest is written.
TEST_F(InterruptedPlan, ThatIsInterruptedAgainIsStillKept)
{
    const auto half = this->half();
    die_after(true, 1);
    half->stays = 0;
    EXPECT_EQ(end_interrupted_plan(paths(), after(10s), half).state, State::unknown);
    EXPECT_TRUE(journal_is_there());
    half->whole = true;
    EXPECT_EQ(end_interrupted_plan(paths(), after(10s), half).state, State::ended);
    EXPECT_EQ(lines_of(differences(now(), target_)), "");
}

// A plan that ended between the look and the lock was written over.
TEST_F(InterruptedPlan, IsNotPossibleForOneThatLooksBeforeItHasTheLock)
{
    const auto half = this->half();
    half->whole = true;
    ASSERT_TRUE(carry_out(paths(), plan_, *half, after(10s)));
    EXPECT_FALSE(half->looked_without_lock);
}

TEST_F(InterruptedPlan, IsNoneWhenTheObjectsAreNotWhatThePlanWasMadeOf)
{
    Change theirs{Change::Kind::modify, tree_names.connector};
    theirs.changes = {{AttributeChange::Kind::replace, "imcMaxConnections", {"7"}}};
    directory_->apply(std::span{&theirs, 1}, after(10s)).value();
    ASSERT_FALSE(carry_out(paths(), plan_, *directory_, after(10s)));
    EXPECT_FALSE(journal_is_there());
}

// One write needs no journal, but must not come between those of a plan that does.
TEST_F(InterruptedPlan, AtWorkKeepsAPlanOfOneWriteOutToo)
{
    const auto journal = begun();
    ASSERT_TRUE(journal);
    const auto before = now();
    const auto one = make_plan(
        before, with(before, parse_settings_file("[connector]\nimcTls = none\n").value()).value());
    ASSERT_FALSE(needs_journal(one));
    const auto done = carry_out(paths(), one, *directory_, after(10s));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().event(), EventId::config_moved_on);
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
    const auto journal = begun();
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
