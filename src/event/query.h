#pragma once
/// @file event/query.h  Reads the event log's files back.
///
/// Broken lines (a torn write, a foreign line) are skipped and counted. Threads: pure functions.
#include "base/files.h"
#include "event/log.h"

#include <memory>
#include <optional>

namespace imc {

struct EventFilter {
    std::vector<unsigned> ids;       ///< empty: all
    std::vector<std::string> types;  ///< "Error", ignoring case
    std::string category;            ///< ignoring case
    std::optional<WallTime> since, until;
    std::string text;      ///< somewhere in description or fields, ignoring case
    std::size_t last = 0;  ///< the newest N; 0: all
    bool matches(const EventRecord& record) const;
};

struct EventsFound {
    std::vector<EventRecord> records;  ///< oldest first
    std::size_t broken_lines = 0;
    bool any_file = false;
};

/// `path` and its rotated files.
EventsFound read_events(const std::string& path, const EventFilter& filter);

/// Reads the log from its oldest record on, and goes on as it grows: over rotations, removal and
/// truncation, no record is left out or given twice. Threads: one.
class EventFollower {
public:
    explicit EventFollower(std::string path) : path_{std::move(path)} {}

    /// What has come since the last call; the first call gives all there is. Does not wait.
    std::vector<EventRecord> more(const EventFilter& filter);

private:
    bool open(const std::string& path);
    bool open_next();
    void drain(const EventFilter& filter, std::vector<EventRecord>& into);

    std::string path_;
    std::unique_ptr<File> file_;  ///< held open: its inode cannot become another file's
    std::uint64_t inode_ = 0;
    std::uint64_t at_ = 0;
    std::string partial_;  ///< a line without its end yet
};

}  // namespace imc
