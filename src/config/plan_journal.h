#pragma once
/// @file config/plan_journal.h  A plan that writes in several places must not be left half done.
///
/// backup/plan.lock is held by whoever carries a plan out, from before he looks at what is there.
/// Before the first of several writes, all of the plan stands in backup/plan.json; when all are
/// done, or none is left, the file goes. A file without anybody who holds the lock is a plan whose
/// process died, or whose directory kept a half. Whoever finds it brings it to an end: as long as
/// the directory has nothing of it, the registry is brought back; else what is missing in the
/// directory is done.
///
/// What somebody else has changed meanwhile is not touched: the file is put aside, and people are
/// told what to look at.
///
/// Format:  docs/formats/backup.md
/// Errors:  40842 (a plan is at work), 40901 (it was brought to an end), 40902 (it was not).
/// Threads: any.
#include "base/files.h"
#include "config/assertion.h"
#include "config/plan.h"

namespace imc::config {

/// One plan at a time, and none after one that was interrupted.
class PlanLock {
public:
    static Result<PlanLock> take(const Paths& paths);

private:
    explicit PlanLock(FileLock lock) : lock_{std::move(lock)} {}
    FileLock lock_;
};

class PlanJournal {
public:
    static Result<PlanJournal> begin(const Paths& paths, PlanLock lock, const Plan& plan);
    /// All is written, or nothing. Without it the plan counts as interrupted.
    void end();
    const std::string& file() const noexcept { return file_; }

private:
    PlanJournal(std::string file, PlanLock lock) : file_{std::move(file)}, lock_{std::move(lock)} {}
    std::string file_;
    PlanLock lock_;
};

/// One write, all or nothing by itself, needs no journal.
bool needs_journal(const Plan& plan);

struct Interrupted {
    enum class State : std::uint8_t {
        none,       ///< no plan was interrupted
        at_work,    ///< one is being carried out now
        ended,      ///< 40901: taken back, finished, or nothing was left to do
        unsettled,  ///< 40902: see text
        unknown,    ///< the directory cannot be asked; asked again later
    };
    State state = State::none;
    std::string text = {};
    Error event() const;
};

/// Brings a plan that was interrupted to an end.
/// @param directory  instead of the one that the plan's registry names
Interrupted end_interrupted_plan(const Paths& paths, Deadline deadline,
                                 std::shared_ptr<Directory> directory = nullptr);

/// config.plan-whole, a warning at most: whether a plan was interrupted, or one that was is still
/// put aside for people. Nothing is changed.
Assertion judge_plan(const Paths& paths);

}  // namespace imc::config
