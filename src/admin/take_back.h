#pragma once
/// @file admin/take_back.h  Taking a change back, and changes that are taken back unless somebody
/// keeps them.
///
/// generations/keep-or-revert.json holds the one change that waits; so it survives a restart, and a
/// service that was down when its time was over takes it back when it starts.
///
/// Events:  41050 (taken back), 41051 (could not be), 41054 (another one waits)
/// Threads: any; files and directory are asked.
#include "admin/audit.h"
#include "admin/desk.h"
#include "event/log.h"

namespace imc::admin {

/// Newest change first. What others changed in the registry since is not taken away: 40842, and
/// nothing is changed. @return the command that makes the changes again
Result<std::string> take_back(const Paths& paths, const std::vector<UndoStep>& steps,
                              Deadline deadline);

struct Waiting {
    std::uint64_t generation = 0;  ///< the one that the change makes
    WallTime revert_at{};
    std::string who;
    std::string undo;
    /// Nothing while the change is being made: a service that died then does not know.
    std::optional<std::vector<UndoStep>> steps;
    std::vector<std::string> diff;  ///< for people
};

std::optional<Waiting> read_waiting(const Paths& paths);
Result<> write_waiting(const Paths& paths, const Waiting& waiting);
/// 41054, naming whose change waits and until when: what is changed beside it could not be told
/// from it when it is taken back.
Result<> no_change_waits(const Paths& paths);
/// `prepare`, refused while a change waits, and again when it is carried out. Dry runs are not.
Desk::Prepare while_none_waits(const Paths& paths, Desk::Prepare prepare);
/// False: somebody else was quicker, or it has gone.
bool forget_waiting(const Paths& paths);
boost::json::value to_json(const std::optional<Waiting>& waiting);  ///< as GET /config/keep

/// Takes back what nobody kept. Look about once a second, from one thread.
class Reverter {
public:
    /// @param audit  gets a line of what is taken back, and one of what came of it; null: whoever
    ///               calls writes them. What cannot be written down is taken back all the same: it
    ///               may be what locks everybody out.
    Reverter(const Paths& paths, EventLog& events, Audit* audit = nullptr)
        : paths_{paths}, events_{events}, audit_{audit}
    {}

    /// @param now_already  without waiting for its time
    /// @return nothing: there was nothing to do
    std::optional<Result<std::string>> look(bool now_already = false);

private:
    void announce(const Waiting& waiting, const std::string& diff);
    void tell(const Waiting& waiting, const Result<std::string>& taken);

    const Paths& paths_;
    EventLog& events_;
    Audit* audit_;
    std::uint64_t announced_ = 0;  ///< its generation, so that another try is no other line
    std::uint64_t noted_ = 0;      ///< its line; 0: none, or what came of it is told
    WallTime not_before_{};        ///< after a failure
};

}  // namespace imc::admin
