#pragma once
/// @file tracking/indexer.h  Keeps the index of the message tracking log: a segment after the
/// other, as the files grow.
///
/// Of today's file whole segments only: what is behind the last one, 16 MiB at most, is read by
/// searches. Of a day that is over all of it. Another thread than the log's, so nobody waits; it
/// rests as long as it worked.
///
/// Events:  41080 once when it cannot be kept, tried again each minute; 41081 when one that is
///          damaged is made anew
/// Threads: Indexer: one; IndexKeeper: any, with a thread of its own.
#include "event/log.h"
#include "tracking/index.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace imc::tracking {

class Indexer {
public:
    /// Real files only: SQLite knows no others.
    Indexer(std::string folder, EventLog& events, const WallClock& clock = wall_clock());

    enum class Did : std::uint8_t { nothing, some, failed };
    /// One segment, or what of the index is of files that are gone.
    Did step();

    std::uint64_t records() const { return records_; }  ///< indexed by this object

private:
    Result<bool> work();
    Result<bool> forget_gone(const std::vector<Day>& days,
                             const std::vector<Index::Segment>& segments);
    Result<bool> index_day(Day day, std::vector<Index::Segment> segments);
    Result<bool> index_segment(Day day, File& file, std::uint64_t begin, std::uint64_t end);
    bool is_over(Day day) const;

    const std::string folder_;
    EventLog& events_;
    const WallClock& clock_;
    std::unique_ptr<Index> index_;
    bool told_ = false;
    std::uint64_t records_ = 0;
};

class IndexKeeper {
public:
    IndexKeeper(std::string folder, EventLog& events);
    ~IndexKeeper();
    IndexKeeper(const IndexKeeper&) = delete;
    IndexKeeper& operator=(const IndexKeeper&) = delete;

private:
    void run();

    EventLog& events_;
    Indexer indexer_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool end_ = false;
    std::thread thread_;
};

}  // namespace imc::tracking
