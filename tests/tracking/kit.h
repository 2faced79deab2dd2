#pragma once
/// @file tests/tracking/kit.h  A disk in memory, a clock set by hand, and the events raised.
#include "event/log.h"
#include "kit/faulty_files.h"

#include <algorithm>
#include <atomic>

namespace imc::tracking {

class SetClock final : public WallClock {
public:
    explicit SetClock(WallTime now) : now_{now.time_since_epoch().count()} {}
    WallTime now() const override { return WallTime{std::chrono::milliseconds{now_.load()}}; }
    void advance(std::chrono::milliseconds by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_;
};

/// Another user's folder.
class UnreadableFiles final : public FileSystem {
public:
    IoResult<std::unique_ptr<File>> open(const std::string&, OpenMode, unsigned) override
    {
        return denied();
    }
    IoResult<> rename(const std::string&, const std::string&) override { return denied(); }
    IoResult<> remove(const std::string&) override { return denied(); }
    IoResult<> make_folder(const std::string&, unsigned) override { return denied(); }
    IoResult<> sync_folder(const std::string&) override { return denied(); }
    IoResult<std::vector<std::string>> list(const std::string&) override { return denied(); }
    IoResult<FileStatus> status(const std::string&) override { return denied(); }
    IoResult<std::uint64_t> free_octets(const std::string&) override { return denied(); }

private:
    static boost::system::error_code denied() { return {EACCES, boost::system::system_category()}; }
};

struct Bench {
    Bench() { events.add(std::make_unique<Sink>(seen, mutex)); }

    std::size_t times(EventId id)
    {
        const std::lock_guard lock{mutex};
        return static_cast<std::size_t>(std::ranges::count(seen, id, &EventRecord::id));
    }
    std::string description(EventId id)
    {
        const std::lock_guard lock{mutex};
        const auto found = std::ranges::find(seen, id, &EventRecord::id);
        return found == seen.end() ? std::string{} : found->description;
    }
    std::string content(const std::string& name) const { return disk.content(folder + "/" + name); }

    class Sink final : public EventSink {
    public:
        Sink(std::vector<EventRecord>& into, std::mutex& mutex) : into_{into}, mutex_{mutex} {}
        void take(const EventRecord& record) override
        {
            const std::lock_guard lock{mutex_};
            into_.push_back(record);
        }

    private:
        std::vector<EventRecord>& into_;
        std::mutex& mutex_;
    };

    const std::string folder = "/log/kind";
    kit::FaultyFiles disk{folder};
    UnreadableFiles unreadable;
    std::mutex mutex;
    std::vector<EventRecord> seen;
    EventLog events;
};

inline WallTime at(std::chrono::year_month_day day, std::chrono::milliseconds time)
{
    return WallTime{std::chrono::sys_days{day}} + time;
}

}  // namespace imc::tracking
