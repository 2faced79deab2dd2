#pragma once
/// @file spool/log_replay.h  What a folder of segments holds, read once at start.
///
/// Nothing that may not be on the disk is built upon: the folder is synced first, and a segment of
/// which nobody says how far it was acknowledged is written back.
///
/// Errors:  40150 (the folder or a file cannot be read or written), 40152 (damaged, or newer).
#include "spool/live_index.h"
#include "spool/segment_pool.h"

namespace imc::spool {

struct Replayed {
    std::vector<Recovered> messages;  ///< alive, by id
    std::uint64_t last_id = 0;        ///< largest ever given
    bool damaged = false;             ///< something acknowledged cannot be read
};

/// Fills `pool` and `index`, which are empty.
Result<Replayed> replay_log(FileSystem& files, EventLog& events, const std::string& folder,
                            SegmentPool& pool, LiveIndex& index);

}  // namespace imc::spool
