#pragma once
/// @file admin/audit.h  The audit log: who changed what, written down before it is changed.
///
/// log/audit/YYYYMMDD.log (docs/formats/audit.md), a JSON object a line, numbered over all files,
/// on stable storage when write() returns. A reserve of 64 KiB beside it is given up when the disk
/// is full, so that room can still be made. prune() removes days whose time is over.
///
/// The service and commands of the host write here, too, each by an Audit of its own: one after the
/// other, under a lock (flock) on the folder.
///
/// Errors:  41020 (cannot be written; the event is raised once, and 41022 when it works again)
/// Events:  41009 (days were removed), 41010 (could not be)
/// Threads: any; calls block on the disk, and up to ten seconds on another process.
#include "admin/audit_note.h"
#include "base/files.h"
#include "base/time.h"
#include "event/log.h"

#include <boost/json/object.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace imc::admin {

/// Which lines are meant; what is empty asks for nothing. Texts are parts, letter case ignored;
/// `who` is looked for in who and in from where.
struct AuditFilter {
    std::string who = {}, object = {}, action = {};
    std::optional<WallTime> since = {};
};

class Audit {
public:
    Audit(std::string folder, EventLog& events, FileSystem& files = real_files(),
          const WallClock& clock = wall_clock());

    /// @return its number
    Result<std::uint64_t> write(const Caller& who, const Change& change);
    /// What `number` announced was not done.
    Result<std::uint64_t> write_failure(std::uint64_t number, const Caller& who,
                                        const std::string& why);

    /// What came of `number`, where that was not known before: a line with "of".
    Result<std::uint64_t> write_outcome(std::uint64_t number, const Caller& who,
                                        const Change& outcome);

    /// Newest first. A change that came to nothing says so itself, too ("came_to_nothing"): its
    /// other line may be on another page, or not be meant.
    /// @param before  only numbers below; 0: all
    Result<std::vector<boost::json::object>> read(std::uint64_t before, std::size_t most,
                                                  const AuditFilter& filter = {});

    /// Removes files of days more than `kept` before today; 0: none. The newest file with a line
    /// stays, whatever its age: its numbers go on.
    void prune(std::chrono::days kept);

private:
    struct Last {
        std::string name;  ///< of the newest file that has a line; empty: none has
        std::uint64_t number = 0;
    };
    Result<std::uint64_t> append(boost::json::object line);
    IoResult<> put(boost::json::object& line);
    IoResult<> make_folder();
    IoResult<> open(const std::string& path);
    void keep_reserve();
    IoResult<Last> last_line();
    IoResult<std::vector<std::string>> days();

    const std::string folder_;
    EventLog& events_;
    FileSystem& files_;
    const WallClock& clock_;
    std::mutex mutex_;
    std::unique_ptr<File> file_;
    std::string path_;  ///< of `file_`
    std::uint64_t size_ = 0;
    std::uint64_t last_ = 0;
    std::uint64_t refused_ = 0;  ///< since it cannot be written
};

}  // namespace imc::admin
