#pragma once
/// @file event/change_note.h  Who changed the configuration: a note that our own tools leave.
///
/// The service that takes a change cannot see whose it was. So each tool, having written registry
/// or directory, appends a line to generations/notes.jsonl: who, by which command, and a mark of
/// what stands there now. A change without a note that fits was made by something else ("outside").
///
/// A note only helps people; where none can be written (no generation was ever in force, a full
/// disk) the change is made all the same. The file keeps its newest half when it passes 64 KiB.
///
/// Threads: any; lines of two processes do not mix (O_APPEND).
#include "base/paths.h"

#include <map>
#include <optional>
#include <vector>

namespace imc {

/// Who runs this process: the user behind sudo, else the user.
const std::string& this_user();
/// "imc reg add -v AnswerVrfy -d on": the command line of this process, for people.
const std::string& this_command();

/// While one lives, what this thread changes is somebody else's work: of who asked the service.
class OnBehalf {
public:
    OnBehalf(std::string user, std::string command);
    ~OnBehalf();
    OnBehalf(const OnBehalf&) = delete;
    OnBehalf& operator=(const OnBehalf&) = delete;

private:
    friend const std::string& this_user();
    friend const std::string& this_command();
    std::string user_, command_;
    const OnBehalf* before_;
};

struct ChangeNote {
    std::string time;  ///< RFC 3339
    std::string user = this_user();
    std::string command = this_command();
    std::string registry = {};                        ///< mark of the file's text; empty: untouched
    std::map<std::string, std::string> objects = {};  ///< Dn::normalized(): mark; empty: removed
};

/// Differs when `octets` do; no proof against an enemy.
std::string mark_of(std::string_view octets);

void leave_note(const Paths& paths, const ChangeNote& note);

/// Oldest first. Lines that cannot be read are left out.
std::vector<ChangeNote> read_notes(const Paths& paths);

}  // namespace imc
