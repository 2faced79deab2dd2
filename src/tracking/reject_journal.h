#pragma once
/// @file tracking/reject_journal.h  Every refusal, so that "my mail came back" has an answer.
///
/// note() costs a line in memory; nobody waits for the disk. A flood cannot fill it: beyond
/// RejectJournalRate records a second (a quarter of them for one address) and RejectJournalDayMiB a
/// day, refusals are counted and told in one summary record a second, and event 40721 says so when
/// it begins.
///
/// Errors:  none for callers; 3016 and 40720 when the disk is in trouble.
/// Threads: any.
#include "tracking/daily_log.h"
#include "tracking/rejection.h"

#include <unordered_map>

namespace imc::tracking {

struct RejectJournalSettings {
    std::string folder;
    unsigned kept_days = 30;
    std::uint64_t records_per_second = 100;
    std::uint64_t octets_per_day = 256ULL << 20;
    std::chrono::milliseconds gather{50};
};

class RejectJournal {
public:
    RejectJournal(RejectJournalSettings settings, FileSystem& files, EventLog& events,
                  const WallClock& clock = wall_clock());

    /// Fills in time and code. @return the code, for the reply: `imc explain CODE` opens the
    /// record. Empty: there is a flood, and this refusal was only counted.
    std::string note(Rejection rejection);

    /// Returns when what was noted before is written, or could not be.
    void flush() { log_.flush(); }

private:
    bool may_record(const std::string& peer, WallTime now);
    void begin_second(std::int64_t second);
    void begin_day(Day day);
    void summarize();
    void append(const Rejection& rejection);
    std::string new_code();

    const RejectJournalSettings settings_;
    FileSystem& files_;
    EventLog& events_;
    const WallClock& clock_;

    std::mutex mutex_;
    std::string randomness_;
    std::int64_t second_ = 0;
    std::uint64_t recorded_ = 0;                              ///< in this second
    std::uint64_t only_counted_ = 0;                          ///< likewise
    std::unordered_map<std::string, std::uint64_t> by_peer_;  ///< likewise, all refusals
    bool many_peers_ = false;  ///< by_peer_ is full: not all are in it
    Day day_{};
    std::uint64_t day_octets_ = 0;
    bool flooded_ = false;
    std::int64_t calm_since_ = 0;

    DailyLog log_;  ///< last: its thread calls summarize()
};

}  // namespace imc::tracking
