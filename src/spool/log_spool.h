#pragma once
/// @file spool/log_spool.h  The segment log: docs/formats/spool.md.
///
/// One writer thread takes all commits that wait, writes them as one group, syncs once, and answers
/// all of them; it begins the next as soon as the last has ended. A segment whose write or sync
/// failed is closed for good; its waiters are told 40150, the next commit goes into another
/// segment. Segments are used again oldest first; what is still alive in the oldest is copied
/// forward when the pool has grown over twice of what is alive, so disk use is bounded by 2 x live
/// + 4 segments.
///
/// Threads: any. Errors: spool.h's.
#include "base/files.h"
#include "event/log.h"
#include "spool/spool.h"

#include <chrono>

namespace imc::spool {

struct LogSpoolSettings {
    std::string folder;
    std::uint64_t segment_octets = 16 << 20;
    std::uint64_t low_water_octets = 10 << 20;     ///< free space below which nothing is taken
    std::uint64_t cached_octets = 256 << 20;       ///< bodies kept in memory at most
    std::chrono::milliseconds spare_idle{30'000};  ///< then a spare segment nobody needed goes
};

/// Takes the lock, replays the log. 40151: another process has it; 40152: damaged or of a newer
/// version.
Result<std::unique_ptr<Spool>> open_log_spool(LogSpoolSettings settings, FileSystem& files,
                                              EventLog& events);

}  // namespace imc::spool
