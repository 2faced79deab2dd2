#pragma once
/// @file event/backwards.h  Pages of the event log from its end on: each begins where the one
/// before it ended, so it is not read anew.
///
/// Newest written first, over the file and its rotated ones. Threads: any; blocks on the disk.
#include "event/query.h"

namespace imc {

/// The last record of a page: its line, in a file that rotation only renames.
struct EventPlace {
    std::uint64_t inode = 0, at = 0;
    std::uint32_t mark = 0;  ///< of the line: an inode may become another file's
    friend bool operator==(const EventPlace&, const EventPlace&) = default;
};
std::string to_text(const EventPlace& place);
std::optional<EventPlace> parse_event_place(std::string_view text);

struct EventsBack {
    std::vector<EventRecord> records;     ///< newest first
    std::optional<EventPlace> next = {};  ///< there are more
    bool lost = false;                    ///< `from` is no longer in the log, or never was
};

/// @param from  what follows it; nothing: the newest
EventsBack read_events_back(const std::string& path, const EventFilter& filter, std::size_t most,
                            const std::optional<EventPlace>& from = {});

}  // namespace imc
