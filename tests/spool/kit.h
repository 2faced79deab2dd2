#pragma once
/// @file tests/spool/kit.h  A spool on a faulty disk, and many operations at once.
#include "event/log.h"
#include "kit/faulty_files.h"
#include "kit/octets.h"
#include "spool/log_spool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

namespace imc::spool {

using kit::whole;

/// A folder on the real disk: the lock is a real file.
class RealFolder {
public:
    RealFolder()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "imc-spool-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    RealFolder(const RealFolder&) = delete;
    RealFolder& operator=(const RealFolder&) = delete;
    ~RealFolder() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

class EventsSeen final : public EventSink {
public:
    explicit EventsSeen(std::vector<EventRecord>& into, std::mutex& mutex)
        : into_{into}, mutex_{mutex}
    {}
    void take(const EventRecord& record) override
    {
        const std::lock_guard lock{mutex_};
        into_.push_back(record);
    }

private:
    std::vector<EventRecord>& into_;
    std::mutex& mutex_;
};

/// All at once on one executor; the results in the order of `work`. Not by kit::run(): the writer
/// may touch the executor until its work guard is gone, so the loop must end by itself, not be
/// stopped.
template <class T>
std::vector<T> all_of(std::vector<net::awaitable<T>> work)
{
    net::io_context io;
    std::vector<std::optional<T>> out(work.size());
    for (std::size_t i = 0; i < work.size(); ++i)
        net::co_spawn(io, std::move(work[i]), [&out, i](const std::exception_ptr& defect, T value) {
            if (!defect) out[i].emplace(std::move(value));
        });
    io.run_for(std::chrono::seconds{60});
    std::vector<T> results;
    for (auto& each : out) {
        if (!each) throw std::runtime_error{"an operation of the spool did not end"};
        results.push_back(std::move(*each));
    }
    return results;
}

template <class T>
T one_of(net::awaitable<T> work)
{
    std::vector<net::awaitable<T>> all;
    all.push_back(std::move(work));
    return std::move(all_of(std::move(all)).front());
}

/// One spool, its disk, and the events it raised. open() again is a restart.
struct Bench {
    explicit Bench(std::uint64_t segment_octets = 64 << 10, std::uint64_t seed = 1)
        : disk{folder.path(), seed},
          settings{folder.path(), segment_octets, 1 << 20, 1 << 20, std::chrono::hours{1}}
    {
        events.add(std::make_unique<EventsSeen>(seen, seen_mutex));
    }
    Result<> open()
    {
        spool.reset();
        auto opened = open_log_spool(settings, disk, events);
        if (!opened) return opened.error();
        spool = std::move(*opened);
        return {};
    }
    /// The power goes at once, in the middle of whatever the writer does behind its answers.
    void crash(std::uint64_t seed_of_crash)
    {
        disk.cut_power_at(1);
        spool.reset();
        disk.crash(seed_of_crash);
    }
    std::size_t segments() const { return disk.names(folder.path(), ".seg").size(); }
    std::string path(const std::string& name) const { return folder.path() + "/" + name; }
    /// As if it had been lost by a crash.
    void remove_indexes()
    {
        for (const auto& name : disk.names(folder.path(), ".idx"))
            (void)disk.remove(path(name));
    }
    /// Until one is there: what is done behind the writer's back no longer gets in between.
    void wait_for_index() const
    {
        const auto patience = after(std::chrono::seconds{20});
        const auto written = [this] {
            const auto names = disk.names(folder.path(), ".idx");
            return !names.empty() && !disk.content(path(names[0])).empty();
        };
        while (!written() && std::chrono::steady_clock::now() < patience)
            std::this_thread::yield();
    }
    std::size_t times(EventId id)
    {
        const std::lock_guard lock{seen_mutex};
        return static_cast<std::size_t>(std::ranges::count(seen, id, &EventRecord::id));
    }
    Result<MessageId> store(NewMessage message) { return one_of(spool->store(std::move(message))); }
    Result<std::vector<MessageId>> commit(Commit change)
    {
        return one_of(spool->commit(std::move(change)));
    }

    RealFolder folder;
    kit::FaultyFiles disk;
    std::mutex seen_mutex;
    std::vector<EventRecord> seen;
    EventLog events;
    LogSpoolSettings settings;
    std::unique_ptr<Spool> spool;
};

inline NewMessage a_message(std::string text, std::size_t recipients = 1)
{
    NewMessage out;
    out.envelope.sender = "alice@example.org";
    for (std::size_t i = 0; i < recipients; ++i)
        out.envelope.recipients.push_back({"bob" + std::to_string(i) + "@example.net"});
    out.envelope.arrived_at = WallTime{std::chrono::milliseconds{1'000'000'000'000}};
    out.body = std::make_shared<const std::string>(std::move(text));
    return out;
}

inline RecipientState state_of(Outcome outcome, std::string reply = "250 2.0.0 taken")
{
    RecipientState state;
    state.outcome = outcome;
    state.attempts = 1;
    state.last_status = "2.0.0";
    state.last_reply = std::move(reply);
    state.last_host = "mx.example.net[192.0.2.7]:25";
    return state;
}

inline Commit done(MessageId id, std::size_t recipients = 1)
{
    Commit change{id, {}, {}};
    for (std::size_t i = 0; i < recipients; ++i)
        change.results.push_back({static_cast<std::uint32_t>(i), state_of(Outcome::delivered)});
    return change;
}

}  // namespace imc::spool
