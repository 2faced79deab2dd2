#include "spool/log_spool.h"

#include "base/waker.h"
#include "event/caught.h"
#include "spool/crash_counts.h"
#include "spool/crc32c.h"
#include "spool/encoding.h"
#include "spool/log_replay.h"
#include "spool/log_writer.h"
#include "spool/low_water.h"
#include "spool/reading.h"
#include "spool/working.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace imc::spool {
namespace {

class LogSpool final : public Spool {
public:
    LogSpool(LogSpoolSettings settings, FileSystem& files, EventLog& events, FileLock lock)
        : settings_{std::move(settings)}, files_{files}, events_{events}, lock_{std::move(lock)}
    {}

    LogSpool(const LogSpool&) = delete;
    LogSpool& operator=(const LogSpool&) = delete;
    ~LogSpool() override
    {
        stop_loading_ = true;
        if (loader_.joinable()) loader_.join();
    }

    Result<> open()
    {
        auto found = find_log(files_, settings_.folder, pool_);
        if (!found) return found.error();
        if (const auto opened = large_.open(); !opened) return opened.error();
        if (const auto filled = pool_.fill(); !filled)
            return trouble_.begin("create a segment", filled.error());
        indexes_.sweep(settings_.folder);
        found->last_id = std::max(found->last_id, large_.largest());
        last_old_id_ = found->last_id;
        // Real, like the lock: what is mapped cannot be imagined.
        if (auto working = WorkingFile::open(settings_.folder + "/working")) {
            working_ = std::move(*working);
            crashes_.died_of(working_->left());
        } else {
            events_.raise(working.error());
        }
        writer_.start(found->last_id);
        to_read_ = found->used.size();
        found->read = &read_;
        loader_ = std::thread{[this, log = std::move(*found)] { load_or_give_up(log); }};
        return {};
    }

    WorkingFile* working() override { return working_.get(); }

    MessageId new_id() override { return writer_.next_id(); }

    Result<std::unique_ptr<TextWriter>> begin_text() override
    {
        if (const auto low = space_.look()) return *low;
        return std::unique_ptr<TextWriter>{large_.begin(writer_.next_id())};
    }

    net::awaitable<Result<MessageId>> store(NewMessage message) override
    {
        Request request;
        request.is_store = true;
        if (const auto low = space_.look()) co_return *low;
        const auto rest = std::move(message.rest);
        auto* const large = dynamic_cast<LargeWriter*>(rest.get());
        if (rest && (large == nullptr || !large->finished()))
            co_return Error{EventId::spool_write_failed, "a text that is not finished"};
        if (large != nullptr) request.large = std::make_shared<const LargePart>(large->part());
        const auto id = large != nullptr         ? large->id()
                        : message.id.number != 0 ? message.id
                                                 : writer_.next_id();
        add(request, std::move(message), id);
        // After a failed write nobody knows whether the next start will find the message.
        if (large != nullptr) large->keep(true);
        co_await hand_over(request);
        if (large != nullptr && !request.written) large->keep(false);
        if (request.failure) co_return *request.failure;
        co_return request.messages.front().first;
    }

    net::awaitable<Result<std::vector<MessageId>>> commit(Commit change) override
    {
        std::vector<Commit> one;
        one.push_back(std::move(change));
        return commit_all(std::move(one));
    }

    net::awaitable<Result<std::vector<MessageId>>> commit_all(std::vector<Commit> changes) override
    {
        Request request;
        std::string records;
        for (const auto& change : changes)
            records += change_records(change);
        request.octets += records.size();
        request.heads.push_back(std::move(records));
        request.bodies.emplace_back();
        for (auto& change : changes)
            for (auto& message : std::exchange(change.caused, {}))
                add(request, std::move(message), writer_.next_id());
        request.changes = std::move(changes);
        if (request.octets == 0)
            co_return std::vector<MessageId>{};  // a group of nothing ends a log
        co_await hand_over(request);
        if (request.failure) co_return *request.failure;
        std::vector<MessageId> ids;
        for (const auto& [id, envelope] : request.messages)
            ids.push_back(id);
        co_return ids;
    }

    Result<Body> body(MessageId id) override
    {
        if (id.number <= last_old_id_ && !wait_until_loaded())
            return Error{EventId::spool_write_failed, "the spool is closed"};
        Reading reading{index_};
        std::shared_ptr<const OctetsFile> rest;
        {
            const auto lock = index_.lock();
            const auto* live = index_.find(id.number);
            if (live == nullptr)
                return Error{EventId::spool_no_such_message,
                             "message " + id.to_string() + " is not in the queue"};
            if (auto large = live->large()) rest = large_.read(id, std::move(large));
            if (auto body = index_.cached(id.number))
                return rest ? Body{body.text(), std::move(rest)} : body;
            reading.begin(*live);
        }
        auto octets = reading.octets();
        if (!octets)
            return Error{EventId::spool_write_failed,
                         reading.path() + ": " + octets.error().message()};
        if (octets->size() != reading.size() || crc32c(0, *octets) != reading.crc())
            return damaged_text(id, reading);
        return Body{std::make_shared<const std::string>(std::move(*octets)), std::move(rest)};
    }

    Result<std::vector<Evidence>> evidence(MessageId id) override
    {
        {
            const std::lock_guard lock{loading_mutex_};
            if (!loaded_ && id.number <= last_old_id_)
                return Error{EventId::spool_no_such_message,
                             "message " + id.to_string() + ": the spool is still being read"};
        }
        Reading reading{index_};
        Changes changes;
        {
            const auto lock = index_.lock();
            const auto* live = index_.find(id.number);
            if (live == nullptr)
                return Error{EventId::spool_no_such_message,
                             "message " + id.to_string() + " is not in the queue"};
            reading.begin_head(*live);
            if (const auto* later = live->changes()) changes.evidence = later->evidence;
        }
        auto octets = reading.octets();
        if (!octets)
            return Error{EventId::spool_write_failed,
                         reading.path() + ": " + octets.error().message()};
        return evidence_in(*octets, reading.size(), reading.crc(), changes, id, reading.path());
    }

    void forget_body(MessageId id) override
    {
        const auto lock = index_.lock();
        index_.drop_body(id.number);
    }

    std::vector<Recovered> recover(std::size_t most) override
    {
        if (!wait_until_loaded()) return {};
        writer_.wait_until_settled();
        std::unique_lock lock{loading_mutex_};
        // A message that the last process died of is handed out when that is on record.
        loaded_now_.wait(lock, [this] { return counted_ || closed_; });
        lock.unlock();
        const std::lock_guard one{recovering_};
        auto out = recovered_.take(most, index_);
        for (auto& message : out)
            crashes_.tell(message);
        return out;
    }

    Health health() const override
    {
        // Not only when mail comes: room that is there again is for lists, too, which ask here.
        (void)space_.look();
        Health health;
        {
            const auto lock = index_.lock();
            health.live_messages = index_.size();
        }
        health.segments = pool_.segments();
        health.trouble = trouble_.text();
        health.free_octets = space_.free_octets();
        health.accepts = health.trouble.empty() && !space_.low();
        if (health.trouble.empty()) health.trouble = large_.trouble();
        const std::lock_guard lock{loading_mutex_};
        health.loading = !loaded_;
        health.segments_to_read = to_read_;
        health.segments_read = read_.load();
        return health;
    }

    void close() override
    {
        stop_loading_ = true;
        {
            const std::lock_guard lock{loading_mutex_};
            closed_ = true;
        }
        loaded_now_.notify_all();
        writer_.close();
    }

private:
    /// Nothing is handed over when it threw: what had ended might be delivered again.
    void load_or_give_up(const LogFound& log) noexcept
    {
        try {
            return load(log);
        } catch (...) {
            raise_caught(events_, "reading the spool");
        }
        contained(events_, "reading the spool", [this] {
            writer_.close();
            (void)trouble_.begin("read the log", {EIO, boost::system::system_category()});
        });
        const std::lock_guard lock{loading_mutex_};
        loaded_ = counted_ = true;
        loaded_now_.notify_all();
    }

    /// Runs beside the writer.
    void load(const LogFound& log)
    {
        auto replayed = replay_log(log, files_, &indexes_, events_, index_, stop_loading_);
        const bool stopped = stop_loading_;  // then what has ended may look alive
        if (replayed && !stopped) {
            const auto large_of = [this](std::uint64_t id) {
                const auto lock = index_.lock();
                const auto* live = index_.find(id);
                return live == nullptr ? nullptr : live->large();
            };
            large_.sweep([&](std::uint64_t id) { return large_of(id) != nullptr; },
                         replayed->damaged, log.last_id);
            replayed->messages.each([&](MessageId id) {
                if (const auto large = large_of(id.number)) large_.look_at(id, *large);
            });
            // If it cannot be kept the writer says why, and the next start counts once more.
            if (auto* const request = crashes_.count(replayed->messages)) {
                request->done = [this, request] { counted(!request->failure); };
                writer_.enqueue(*request);
            } else {
                counted(true);
            }
            writer_.loaded();
        } else if (!replayed) {
            // Nothing is handed over: what had ended might be delivered again.
            events_.raise(replayed.error());
            writer_.close();  // first: what it still writes would end the trouble
            (void)trouble_.begin("read the log", {EIO, boost::system::system_category()});
        }
        if (replayed && !stopped) {
            const std::lock_guard one{recovering_};
            recovered_ = std::move(replayed->messages);
        }
        const std::lock_guard lock{loading_mutex_};
        loaded_ = true;
        if (!replayed || stopped) counted_ = true;
        loaded_now_.notify_all();
    }

    /// Said once of a message; its segment is kept.
    Error damaged_text(MessageId id, const Reading& reading)
    {
        Error error{EventId::spool_damaged, reading.path() + ": the text of message " +
                                                id.to_string() + " does not fit its checksum"};
        bool first = false;
        {
            const auto lock = index_.lock();
            first = index_.damaged(id.number);
        }
        reading.set_aside();
        if (first) events_.raise(error, {{"message", id.to_string()}});
        return error;
    }

    void counted(bool durable)
    {
        if (durable && working_) working_->clear_left();
        {
            const std::lock_guard lock{loading_mutex_};
            counted_ = true;
        }
        loaded_now_.notify_all();
    }

    /// @return false: it was closed before
    bool wait_until_loaded()
    {
        std::unique_lock lock{loading_mutex_};
        loaded_now_.wait(lock, [this] { return loaded_ || closed_; });
        return loaded_;
    }

    void add(Request& request, NewMessage message, MessageId id)
    {
        const auto text = message.body.memory();
        std::optional<Carried> carried;
        if (!message.evidence.empty()) carried = Carried{{}, std::move(message.evidence), true};
        const auto crc = crc32c(0, text);
        request.heads.push_back(message_head(id, message.envelope,
                                             static_cast<std::uint32_t>(text.size()), crc,
                                             request.large.get(), carried ? &*carried : nullptr));
        request.crcs.push_back(crc);
        request.head_crcs.push_back(
            crc32c(0, std::string_view{request.heads.back()}.substr(record_front_octets)));
        request.octets += request.heads.back().size() + text.size();
        request.bodies.push_back(std::move(message.body));
        request.messages.emplace_back(id, std::move(message.envelope));
    }

    net::awaitable<void> hand_over(Request& request)
    {
        // The executor's loop must not end while somebody waits for the disk.
        auto initiate = [this, &request](auto handler) {
            request.done = waker_of(std::move(handler));
            writer_.enqueue(request);
        };
        co_await net::async_initiate<const net::use_awaitable_t<>&, void()>(initiate,
                                                                            net::use_awaitable);
    }

    const LogSpoolSettings settings_;
    FileSystem& files_;
    EventLog& events_;
    FileLock lock_;
    Trouble trouble_{events_, settings_.folder};
    mutable LowWater space_{files_, events_, settings_.folder, settings_.low_water_octets};
    LiveIndex index_{settings_.cached_octets};
    SegmentIndexes indexes_{files_};
    SegmentPool pool_{files_,
                      indexes_,
                      trouble_,
                      settings_.folder,
                      settings_.segment_octets,
                      settings_.spare_idle};
    LargeTexts large_{files_, events_, space_, settings_.folder};
    std::uint64_t last_old_id_ = 0;
    std::uint64_t to_read_ = 0;
    std::atomic<std::size_t> read_{0};
    std::atomic<bool> stop_loading_{false};
    mutable std::mutex loading_mutex_;
    std::condition_variable loaded_now_;
    bool loaded_ = false, counted_ = false, closed_ = false;
    std::mutex recovering_;
    FoundMessages recovered_;  ///< under it
    std::unique_ptr<WorkingFile> working_;
    CrashCounts crashes_;  ///< never changes once loaded
    std::thread loader_;
    LogWriter writer_{pool_, index_, large_, trouble_,
                      events_};  ///< last: its thread uses all above
};

}  // namespace

Result<std::unique_ptr<Spool>> open_log_spool(LogSpoolSettings settings, FileSystem& files,
                                              EventLog& events)
{
    const auto path = settings.folder + "/lock";
    auto lock = FileLock::try_lock(path);
    if (!lock) {
        if (lock.error().value() == EWOULDBLOCK)
            return Error{EventId::spool_in_use,
                         "process " + std::to_string(FileLock::holder(path)) + " holds " + path};
        return Error{EventId::spool_write_failed, path + ": " + lock.error().message()};
    }
    auto spool = std::make_unique<LogSpool>(std::move(settings), files, events, std::move(*lock));
    if (auto opened = spool->open(); !opened) return opened.error();
    return spool;
}

}  // namespace imc::spool
