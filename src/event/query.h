#pragma once
/// @file event/query.h  Reads the event log's files back.
///
/// Broken lines (a torn write, a foreign line) are skipped and counted. Threads: pure functions.
#include "event/log.h"

#include <functional>
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

/// Calls `show` for each new record until it returns false or `deadline` has passed. Survives
/// rotation.
void follow_events(const std::string& path, const EventFilter& filter,
                   const std::function<bool(const EventRecord&)>& show, Deadline deadline);

}  // namespace imc
