#pragma once
/// @file config/plan.h  From one configuration to another: what is to be written, and writing it.
///
/// `imc config apply` and `rollback` are the same: a snapshot of what is there, one of what is
/// wanted, the plan between them, a check of the result as if it were there (Instead), and then
/// registry and directory, both or none.
///
/// Errors:  40842 (somebody else wrote meanwhile, or writes now), 40902 (no lock, no journal;
/// nothing
///          was changed), else those of registry and directory.
/// Threads: make_plan is pure.
#include "config/snapshot.h"
#include "directory/planned.h"

namespace imc::config {

struct Plan {
    std::vector<Difference> rows;         ///< for people
    std::string registry_before;          ///< octets of the file
    std::optional<std::string> registry;  ///< none: it stays
    std::vector<Change> directory;
    std::vector<Entry> before;     ///< what `directory` changes or removes, as it was seen
    PlannedObjects planned;        ///< what `directory` makes
    bool other_directory = false;  ///< the registry names another one afterwards
    bool empty() const { return !registry && directory.empty(); }
};

Plan make_plan(const Snapshot& now, const Snapshot& target);

/// What load() is to read so that it judges what the plan makes.
Instead instead_of(const Plan& plan);

struct CarriedOut {
    std::string undo;               ///< a shell command; the newest change is taken back first
    std::vector<std::string> lost;  ///< secrets that no undo brings back
};
/// All of the plan, or nothing of it. What is neither, because the directory has a part that could
/// not be taken back, or may have, is left to end_interrupted_plan() (plan_journal.h), and the
/// Error says so.
Result<CarriedOut> carry_out(const Paths& paths, const Plan& plan, Directory& directory,
                             Deadline deadline);

/// What stands now where `target` has its objects, and the profiles beside them. The registry may
/// be one that cannot be read.
Result<Snapshot> snapshot_at(const Snapshot& target, std::string registry_text,
                             Directory& directory, Deadline deadline);

/// What stands now in the directory that the generation `target` belongs to, and the registry as it
/// is. One that cannot be read, or names a directory that is gone, is why somebody goes back.
Result<Present> present_for(const Paths& paths, const Snapshot& target, Deadline deadline);

/// Settings among `rows` that the service reads only when it starts.
std::vector<std::string> restart_needed(const std::vector<Difference>& rows);

}  // namespace imc::config
