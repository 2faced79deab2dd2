#pragma once
/// @file spool/log_replay.h  What a folder of segments holds, read at start in two steps: what must
/// be known before anything is written, and then, while mail is taken already, who is alive.
///
/// Nothing that may not be on the disk is built upon: the folder is synced first, and a segment of
/// which nobody says how far it was acknowledged is written back.
///
/// Errors:  40150 (the folder or a file cannot be read or written), 40152 (damaged, or newer).
#include "spool/found_messages.h"
#include "spool/live_index.h"
#include "spool/segment_pool.h"

#include <atomic>
#include <map>

namespace imc::spool {

/// The first step: headers, and the youngest segment.
struct LogFound {
    std::vector<Segment*> used;  ///< oldest first; in the pool
    /// Generation -> how far it was acknowledged, says the segment after it.
    std::map<std::uint64_t, std::uint64_t> acknowledged;
    std::uint64_t last_id = 0;  ///< largest ever given
    /// How many of `used` the second step has read; null: nobody asks.
    std::atomic<std::size_t>* read = nullptr;
    /// What is said to have been written and has no header any more, in words.
    std::vector<std::string> missing = {};
    /// What had lost its header and has it again, in words.
    std::vector<std::string> mended = {};
    /// Ids that were given and cannot be read are passed over, one for so many octets.
    static constexpr std::uint64_t least_message = 32;
};

/// Fills `pool`, which is empty.
Result<LogFound> find_log(FileSystem& files, const std::string& folder, SegmentPool& pool);

/// What LogFound says of a segment of find_lost_headers().
std::string words_of_mended(const Segment& segment);
std::string words_of_lost(const Segment& segment);
/// Of the youngest segment, whose end nobody tells.
std::string words_of_end(const Segment& segment, const Segment::Gaps& gaps, std::uint64_t end);
/// What LogFound::missing says of `segments`, which have read their headers.
std::vector<std::string> missing_of(const std::vector<std::unique_ptr<Segment>>& segments);

struct Replayed {
    FoundMessages messages;  ///< alive
    bool damaged = false;    ///< something acknowledged cannot be read
};

/// The second step: of each segment its index, or all of it when there is none. Others may insert
/// messages of larger ids meanwhile; nobody else may change those of `found`, nor free segments.
/// @param missing  makes those indexes that are not there; null: nothing is written
/// @param stop  ends it early
Result<Replayed> replay_log(const LogFound& found, FileSystem& files, SegmentIndexes* missing,
                            EventLog& events, LiveIndex& index, const std::atomic<bool>& stop);

}  // namespace imc::spool
