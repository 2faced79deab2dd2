#pragma once
/// @file tracking/daily_log.h  Appends lines to a file per day of UTC, behind the callers' backs.
///
/// append() only puts the line into memory. One thread gathers lines for a moment and writes them
/// with one call; nothing is synced. When a write fails the lines wait, up to a bound, and it is
/// tried again every second: event 3016 when that begins, 40720 with the number of lines lost when
/// it is over. 41082 when days are removed for their size.
///
/// Threads: any.
#include "base/files.h"
#include "event/log.h"
#include "tracking/days.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace imc::tracking {

struct DailyLogSettings {
    std::string folder;
    std::string title;        ///< first line of each file, without "# " and LF
    unsigned kept_days = 30;  ///< older files are removed when a day begins
    std::uint64_t most_waiting_octets = 4 << 20;
    std::chrono::milliseconds gather{50};    ///< how long the first line waits for others
    std::function<void()> each_second = {};  ///< called on the writer's thread; may append()
    /// Of all files together; beyond it the oldest days go (41082), never the one that is written.
    /// 0: no bound.
    std::uint64_t most_octets = 0;
};

class DailyLog {
public:
    DailyLog(DailyLogSettings settings, FileSystem& files, EventLog& events);
    DailyLog(const DailyLog&) = delete;
    DailyLog& operator=(const DailyLog&) = delete;
    ~DailyLog();  ///< writes what waits, once

    /// @param line  with its LF
    void append(WallTime time, std::string_view line);

    /// Returns when what was appended before is written, or could not be.
    void flush();

private:
    struct Batch {
        Day day;
        std::string lines;
    };

    void run();
    void write_all(std::deque<Batch> batches) noexcept;
    void tell_losses();
    void keep_spare(std::string lines);
    IoResult<> write(const Batch& batch);
    IoResult<> open(Day day);
    void forget_old(Day today);
    void forget_beyond_bound();
    void failed(std::deque<Batch> unwritten, const boost::system::error_code& why);
    std::string path() const { return settings_.folder + "/" + file_of(day_); }

    const DailyLogSettings settings_;
    FileSystem& files_;
    EventLog& events_;

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::condition_variable written_;
    std::deque<Batch> waiting_;
    std::string spare_;  ///< empty: the memory of a batch that is written, for the next one
    std::uint64_t waiting_octets_ = 0;
    std::uint64_t lost_ = 0;
    std::uint64_t flushes_asked_ = 0, flushes_done_ = 0;
    bool closing_ = false;

    // Of the thread:
    std::unique_ptr<File> file_;
    Day day_{};
    std::uint64_t inode_ = 0;
    std::uint64_t size_ = 0;
    std::uint64_t looked_at_size_ = 0;  ///< of the file, when the bound was looked at last
    bool in_trouble_ = false;
    std::chrono::steady_clock::time_point second_at_{};
    std::chrono::steady_clock::time_point retry_at_{};
    std::thread thread_;
};

}  // namespace imc::tracking
