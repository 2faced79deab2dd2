#include "spool/log_spool.h"

#include "spool/crc32c.h"
#include "spool/encoding.h"
#include "spool/segment.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace imc::spool {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_group_octets = 16 << 20;
constexpr auto look_at_disk = 250ms;
constexpr auto probe_after = 1s;

/// One commit on its way to the disk. Lives in the frame of the coroutine that waits for it.
struct Request {
    std::vector<std::string>
        heads;                 ///< per record what stands before its body (results: all of it)
    std::vector<Body> bodies;  ///< per record; null for results
    std::uint64_t octets = 0;
    bool is_store = false;  ///< new mail, which may be refused for want of room
    // What becomes true when it is durable:
    std::vector<std::pair<MessageId, Envelope>> messages;
    std::optional<Commit> results;
    std::optional<Error> failure;
    std::function<void()> done;  ///< wakes the coroutine on its executor
};

struct Live {
    Segment* segment;
    std::uint64_t body_at;
    std::uint32_t body_octets;
    std::uint32_t body_crc;
    std::uint64_t record_at;  ///< behind the record's length and kind
    std::uint32_t record_octets;
    std::uint32_t waiting;  ///< recipients without a final outcome
    std::uint32_t recipients;
    std::vector<RecipientState> states;  ///< empty: nothing is known of any of them
    Body body;                           ///< in memory until the first attempt has failed
};

class LogSpool final : public Spool {
public:
    LogSpool(LogSpoolSettings settings, FileSystem& files, EventLog& events, FileLock lock)
        : settings_{std::move(settings)}, files_{files}, events_{events}, lock_{std::move(lock)}
    {}
    LogSpool(const LogSpool&) = delete;
    LogSpool& operator=(const LogSpool&) = delete;
    ~LogSpool() override { end(); }

    Result<> open()
    {
        if (auto replayed = replay(); !replayed) return replayed;
        while (chain_.size() + free_.size() < 2)
            if (auto made = create(settings_.segment_octets); !made)
                return failed_to("create a segment", made.error());
        writer_ = std::thread{[this] { write_all(); }};
        return {};
    }

    net::awaitable<Result<MessageId>> store(NewMessage message) override
    {
        Request request;
        request.is_store = true;
        if (const auto low = disk_low()) co_return *low;
        add(request, std::move(message));
        co_await hand_over(request);
        if (request.failure) co_return *request.failure;
        co_return request.messages.front().first;
    }

    net::awaitable<Result<std::vector<MessageId>>> commit(Commit change) override
    {
        Request request;
        request.heads.push_back(results_record(change.message, change.results));
        request.bodies.emplace_back();
        request.octets += request.heads.back().size();
        for (auto& message : change.caused)
            add(request, std::move(message));
        change.caused.clear();
        request.results = std::move(change);
        co_await hand_over(request);
        if (request.failure) co_return *request.failure;
        std::vector<MessageId> ids;
        for (const auto& [id, envelope] : request.messages)
            ids.push_back(id);
        co_return ids;
    }

    Result<Body> body(MessageId id) override
    {
        const std::lock_guard lock{index_mutex_};
        const auto found = index_.find(id.number);
        if (found == index_.end())
            return Error{EventId::spool_no_such_message,
                         "message " + id.to_string() + " is not in the queue"};
        if (found->second.body) return found->second.body;
        const auto& live = found->second;
        auto octets = live.segment->read(live.body_at, live.body_octets);
        if (!octets)
            return Error{EventId::spool_write_failed,
                         live.segment->path() + ": " + octets.error().message()};
        if (octets->size() != live.body_octets || crc32c(0, *octets) != live.body_crc)
            return Error{EventId::spool_damaged, live.segment->path() + ": the text of message " +
                                                     id.to_string() + " does not fit its checksum"};
        return Body{std::make_shared<const std::string>(std::move(*octets))};
    }

    void forget_body(MessageId id) override
    {
        const std::lock_guard lock{index_mutex_};
        if (const auto found = index_.find(id.number); found != index_.end())
            drop_body(found->second);
    }

    std::vector<Recovered> recover() override { return std::move(recovered_); }

    Health health() const override
    {
        Health health;
        const std::lock_guard lock{index_mutex_};
        health.live_messages = index_.size();
        health.segments = segments_.load();
        health.trouble = trouble_;
        health.free_octets = free_octets_.load();
        health.accepts = trouble_.empty() && !low_.load();
        return health;
    }

    void close() override { end(); }

private:
    // ---- what callers do
    // --------------------------------------------------------------------------

    void add(Request& request, NewMessage message)
    {
        const MessageId id{++last_id_};
        request.heads.push_back(
            message_head(RecordKind::message, id, message.envelope, {}, *message.body));
        request.bodies.push_back(std::move(message.body));
        request.octets += request.heads.back().size() + request.bodies.back()->size();
        request.messages.emplace_back(id, std::move(message.envelope));
    }

    net::awaitable<void> hand_over(Request& request)
    {
        auto initiate = [this, &request](auto handler) {
            using Handler = decltype(handler);
            auto executor = net::get_associated_executor(handler);
            auto waiting = std::make_shared<Handler>(std::move(handler));
            // The executor's loop must not end while somebody waits for the disk.
            auto work = net::make_work_guard(executor);
            request.done = [waiting, executor, work] {
                net::post(executor, [waiting]() { (*waiting)(); });
            };
            enqueue(request);
        };
        co_await net::async_initiate<const net::use_awaitable_t<>&, void()>(initiate,
                                                                            net::use_awaitable);
    }

    void enqueue(Request& request)
    {
        bool closed = false;
        {
            const std::lock_guard lock{queue_mutex_};
            closed = closing_;
            if (!closed) queue_.push_back(&request);
        }
        if (!closed) {
            arrived_.notify_one();
            return;
        }
        request.failure = Error{EventId::spool_write_failed, "the spool is closed"};
        finish(request);
    }

    std::optional<Error> disk_low()
    {
        const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
        auto next = look_again_.load();
        if (now >= next &&
            look_again_.compare_exchange_strong(
                next, now + std::chrono::steady_clock::duration{look_at_disk}.count())) {
            if (const auto free = files_.free_octets(settings_.folder)) {
                free_octets_ = *free;
                judge_space(*free);
            }
        }
        if (!low_.load()) return {};
        return Error{EventId::flush_mode_entered,
                     std::to_string(free_octets_.load() >> 10U) + " KiB free, " +
                         std::to_string(settings_.low_water_octets >> 10U) + " KiB needed"};
    }

    void judge_space(std::uint64_t free)
    {
        // A tenth more before it is left: a disk at the mark must not make an event a second.
        const auto leave = settings_.low_water_octets + settings_.low_water_octets / 10;
        const auto text = std::to_string(free >> 10U) + " KiB free on " + settings_.folder;
        if (free < settings_.low_water_octets && !low_.exchange(true))
            events_.raise(EventId::flush_mode_entered, {{"detail", text}});
        else if (free >= leave && low_.exchange(false))
            events_.raise(EventId::flush_mode_left, {{"detail", text}});
    }

    // ---- the writer thread
    // ------------------------------------------------------------------------

    void write_all()
    {
        for (;;) {
            std::vector<Request*> group;
            {
                std::unique_lock lock{queue_mutex_};
                arrived_.wait(lock, [this] { return closing_ || !queue_.empty(); });
                if (queue_.empty()) return;
                group = next_group();
            }
            write(group);
            while (reclaim_oldest()) {
            }
        }
    }

    std::vector<Request*> next_group()
    {
        std::vector<Request*> group;
        std::uint64_t octets = 0;
        while (!queue_.empty() &&
               (group.empty() || octets + queue_.front()->octets <= most_group_octets)) {
            octets += queue_.front()->octets;
            group.push_back(queue_.front());
            queue_.pop_front();
        }
        return group;
    }

    static std::uint64_t octets_of(const std::vector<Request*>& group)
    {
        std::uint64_t octets = 0;
        for (const auto* request : group)
            octets += request->octets;
        return octets;
    }

    void write(std::vector<Request*> group)
    {
        const bool has_stores = std::ranges::any_of(group, &Request::is_store);
        auto active = room_for(octets_of(group), has_stores);
        if (!active && has_stores) {
            // No room for new mail must not keep results from being recorded.
            for (auto*& request : group)
                if (request->is_store) fail(*std::exchange(request, nullptr), active.error());
            std::erase(group, nullptr);
            if (group.empty()) return;
            active = room_for(octets_of(group), false);
        }
        if (!active) {
            for (auto* request : group)
                fail(*request, active.error());
            return;
        }
        put(**active, group);
    }

    void put(Segment& segment, const std::vector<Request*>& group)
    {
        std::vector<std::string_view> pieces;
        for (const auto* request : group)
            for (std::size_t i = 0; i < request->heads.size(); ++i) {
                pieces.push_back(request->heads[i]);
                if (request->bodies[i]) pieces.push_back(*request->bodies[i]);
            }
        const auto path = segment.path();
        const auto at = segment.append(pieces);
        if (!at) {
            abandon_active();
            const auto failure = failed_to("write to " + path, at.error());
            for (auto* request : group)
                fail(*request, failure);
            return;
        }
        recovered_from_trouble();
        apply(segment, *at, group);
        for (auto* request : group)
            finish(*request);
    }

    void apply(Segment& segment, std::uint64_t at, const std::vector<Request*>& group)
    {
        const std::lock_guard lock{index_mutex_};
        for (auto* request : group) {
            std::size_t message = 0;
            for (std::size_t i = 0; i < request->heads.size(); ++i) {
                const auto head = request->heads[i].size();
                const auto& body = request->bodies[i];
                if (body) {
                    const auto& [id, envelope] = request->messages[message++];
                    Live live{&segment,
                              at + head,
                              static_cast<std::uint32_t>(body->size()),
                              crc32c(0, *body),
                              at + 5,
                              static_cast<std::uint32_t>(head - 5 + body->size()),
                              static_cast<std::uint32_t>(envelope.recipients.size()),
                              static_cast<std::uint32_t>(envelope.recipients.size()),
                              {},
                              {}};
                    keep_body(live, body);
                    insert(id.number, std::move(live));
                    at += body->size();
                }
                at += head;
            }
            if (request->results) settle(*request->results);
        }
    }

    void insert(std::uint64_t id, Live live)
    {
        live.segment->live.insert(id);
        live.segment->live_octets += live.record_octets;
        live_octets_ += live.record_octets;
        index_.insert_or_assign(id, std::move(live));
    }

    void erase(std::unordered_map<std::uint64_t, Live>::iterator place)
    {
        auto& live = place->second;
        live.segment->live.erase(place->first);
        live.segment->live_octets -= live.record_octets;
        live_octets_ -= live.record_octets;
        drop_body(live);
        index_.erase(place);
    }

    void settle(const Commit& change)
    {
        const auto place = index_.find(change.message.number);
        if (place == index_.end()) return;
        auto& live = place->second;
        for (const auto& result : change.results) {
            if (result.recipient >= live.recipients) continue;  // of nobody
            if (live.states.size() <= result.recipient) live.states.resize(result.recipient + 1);
            auto& state = live.states[result.recipient];
            const bool was_final = state.outcome != Outcome::waiting;
            state = result.state;
            if (!was_final && state.outcome != Outcome::waiting && live.waiting > 0) --live.waiting;
        }
        if (live.waiting == 0) erase(place);
    }

    void keep_body(Live& live, const Body& body)
    {
        if (cached_ + body->size() > settings_.cached_octets) return;
        cached_ += body->size();
        live.body = body;
    }

    void drop_body(Live& live)
    {
        if (!live.body) return;
        cached_ -= live.body->size();
        live.body.reset();
    }

    static void finish(Request& request)
    {
        // The request is gone as soon as its coroutine runs.
        const auto done = std::move(request.done);
        done();
    }

    static void fail(Request& request, const Error& error)
    {
        request.failure = error;
        finish(request);
    }

    Error failed_to(const std::string& what, const boost::system::error_code& why)
    {
        const std::lock_guard lock{index_mutex_};
        const bool begins = trouble_.empty();
        trouble_ = what + ": " + why.message();
        Error error{EventId::spool_write_failed, trouble_, static_cast<unsigned>(why.value())};
        if (begins) events_.raise(error);
        return error;
    }

    void recovered_from_trouble()
    {
        const std::lock_guard lock{index_mutex_};
        if (trouble_.empty()) return;
        trouble_.clear();
        events_.raise(EventId::spool_works_again, {{"detail", settings_.folder}});
    }

    // ---- segments
    // ---------------------------------------------------------------------------------

    /// The active segment, or another one with room for a group of `octets`.
    Result<Segment*> room_for(std::uint64_t octets, bool for_stores)
    {
        const auto needed = octets + group_header_octets + segment_header_octets;
        if (active_ != nullptr && active_->room() >= octets + group_header_octets) return active_;
        if (active_ == nullptr && std::chrono::steady_clock::now() < probe_at_ && !trouble_.empty())
            return Error{EventId::spool_write_failed, trouble_};
        // The last free segment is kept for results: they must be recorded on a full disk, too.
        const bool enough = free_.size() > (for_stores ? 1U : 0U);
        std::unique_ptr<Segment> next;
        if (enough && free_.front()->capacity() >= needed) {
            next = std::move(free_.front());
            free_.pop_front();
        } else {
            const auto made = create(std::max(settings_.segment_octets, needed));
            if (!made) return no_room(made.error());
            next = std::move(free_.back());  // the new one: it has no history
            free_.pop_back();
        }
        active_ = next.get();
        Segment::Before before;
        if (!chain_.empty()) before = {chain_.back()->generation(), chain_.back()->used()};
        active_->begin(++last_generation_, last_id_.load() + 1, before);
        chain_.push_back(std::move(next));
        return active_;
    }

    Error no_room(const boost::system::error_code& why)
    {
        probe_at_ = std::chrono::steady_clock::now() + probe_after;
        if (why.value() == ENOSPC || why.value() == EDQUOT) {
            (void)failed_to("make a segment in " + settings_.folder, why);
            return Error{EventId::flush_mode_entered, settings_.folder + ": " + why.message()};
        }
        return failed_to("make a segment in " + settings_.folder, why);
    }

    /// After a failed write or sync nobody knows what the page cache holds: never written again.
    /// One that had nothing on disk yet may still show its former life there, and must go before
    /// anything younger does.
    void abandon_active()
    {
        active_->failed = true;
        if (!active_->has_contents()) {
            vanish(active_->path());
            chain_.pop_back();
            --segments_;
        }
        active_ = nullptr;
        probe_at_ = std::chrono::steady_clock::now() + probe_after;
    }

    /// Removes a file for good. While that cannot be done, nothing younger is freed.
    void vanish(const std::string& path)
    {
        const auto removed = files_.remove(path);
        const bool gone = removed || removed.error().value() == ENOENT;
        if (!gone || !files_.sync_folder(settings_.folder)) lingering_.push_back(path);
    }

    bool nothing_lingers()
    {
        const auto again = std::exchange(lingering_, {});
        for (const auto& path : again)
            vanish(path);
        return lingering_.empty();
    }

    IoResult<> create(std::uint64_t octets)
    {
        char name[24];
        std::snprintf(name, sizeof name, "%08llu.seg",
                      static_cast<unsigned long long>(++last_file_));
        auto segment = Segment::create(files_, settings_.folder, name, octets);
        if (!segment) return segment.error();
        free_.push_back(std::move(*segment));
        ++segments_;
        return {};
    }

    /// Frees the oldest segment, or copies part of it forward. @return whether there may be more to
    /// do.
    bool reclaim_oldest()
    {
        if (chain_.size() < 2 || chain_.front().get() == active_) return false;
        if (!nothing_lingers()) return false;
        auto& oldest = *chain_.front();
        bool empty = false;
        bool crowded = false;
        {
            const std::lock_guard lock{index_mutex_};
            empty = oldest.live.empty();
            crowded = chain_.size() * settings_.segment_octets >
                      2 * live_octets_ + 4 * settings_.segment_octets;
        }
        if (!empty) return crowded && copy_forward(oldest);
        recycle();
        return true;
    }

    void recycle()
    {
        auto segment = std::move(chain_.front());
        chain_.pop_front();
        if (segment->damaged) {
            (void)files_.rename(segment->path(), segment->path() + ".damaged");
            (void)files_.sync_folder(settings_.folder);
            --segments_;
            return;
        }
        // Those of another size were made for one large message.
        const bool usual = segment->capacity() == settings_.segment_octets && !segment->failed;
        if (usual && free_.size() < 3 && segment->forget()) {
            free_.push_back(std::move(segment));
            return;
        }
        vanish(segment->path());
        --segments_;
    }

    bool copy_forward(Segment& oldest)
    {
        std::vector<std::uint64_t> ids;
        std::uint64_t octets = 0;
        {
            const std::lock_guard lock{index_mutex_};
            for (const auto id : oldest.live) {
                octets += index_.at(id).record_octets;
                if (!ids.empty() && octets > most_group_octets / 4) break;
                ids.push_back(id);
            }
        }
        std::vector<std::string> records;
        std::vector<std::string_view> pieces;
        struct Moved {
            std::uint64_t id;
            std::size_t head;
            std::size_t body;
        };
        std::vector<Moved> moved;
        for (const auto id : ids) {
            const std::lock_guard lock{index_mutex_};
            const auto& live = index_.at(id);
            const auto octets_read = oldest.read(live.record_at - 1, live.record_octets + 1);
            if (!octets_read || octets_read->empty()) return false;
            auto record = read_message(static_cast<RecordKind>(octets_read->front()),
                                       std::string_view{*octets_read}.substr(1));
            if (!record || record->id.number != id || crc32c(0, record->body) != record->body_crc) {
                // Copied, it would look sound. It stays where it is, and is said once.
                if (!std::exchange(oldest.damaged, true))
                    events_.raise(
                        EventId::spool_damaged,
                        {{"detail", oldest.path() + ": message " + MessageId{id}.to_string() +
                                        " does not fit its checksum"}});
                return false;
            }
            auto states = live.states;
            states.resize(record->envelope.recipients.size());
            auto head = message_head(RecordKind::moved, MessageId{id}, record->envelope, states,
                                     record->body);
            moved.push_back({id, head.size(), record->body.size()});
            head += record->body;
            records.push_back(std::move(head));
        }
        octets = 0;
        for (const auto& record : records) {
            pieces.push_back(record);
            octets += record.size();
        }
        const auto active = room_for(octets, true);
        if (!active) return false;
        const auto path = (*active)->path();
        const auto at = (*active)->append(pieces);
        if (!at) {
            abandon_active();
            (void)failed_to("copy to " + path, at.error());
            return false;
        }
        auto place = *at;
        const std::lock_guard lock{index_mutex_};
        for (const auto& m : moved) {
            auto live = index_.at(m.id);
            oldest.live.erase(m.id);
            oldest.live_octets -= live.record_octets;
            live_octets_ -= live.record_octets;
            live.segment = *active;
            live.record_at = place + 5;
            live.record_octets = static_cast<std::uint32_t>(m.head - 5 + m.body);
            live.body_at = place + m.head;
            insert(m.id, std::move(live));
            place += m.head + m.body;
        }
        return true;
    }

    // ---- start and end
    // ----------------------------------------------------------------------------

    Result<> replay()
    {
        // What the folder shows may be less than what a power cut would bring back.
        if (const auto synced = files_.sync_folder(settings_.folder); !synced)
            return Error{EventId::spool_write_failed,
                         settings_.folder + ": " + synced.error().message()};
        const auto names = files_.list(settings_.folder);
        if (!names)
            return Error{EventId::spool_write_failed,
                         settings_.folder + ": " + names.error().message()};
        std::vector<std::unique_ptr<Segment>> found;
        for (const auto& name : *names) {
            if (!name.ends_with(".seg")) continue;
            const auto path = settings_.folder + "/" + name;
            auto file = files_.open(path, OpenMode::write);
            if (!file) return Error{EventId::spool_damaged, path + ": " + file.error().message()};
            const auto size = (*file)->size();
            if (!size) return Error{EventId::spool_damaged, path + ": " + size.error().message()};
            last_file_ =
                std::max<std::uint64_t>(last_file_, std::strtoull(name.c_str(), nullptr, 10));
            found.push_back(std::make_unique<Segment>(path, std::move(*file), *size));
            ++segments_;
        }
        // The header tells the generation; contents are read in the order of generations.
        for (auto& segment : found)
            if (auto read = segment->replay([](const Segment::Group&) {}, 0); !read)
                return read.error();
        std::ranges::sort(found, {}, [](const auto& s) { return s->generation(); });
        std::map<std::uint64_t, std::uint64_t>
            acknowledged;  // generation -> how far, says the segment after it
        for (const auto& segment : found)
            if (segment->before().generation != 0)
                acknowledged[segment->before().generation] = segment->before().used;
        std::map<std::uint64_t, Recovered> messages;
        for (auto& segment : found) {
            last_generation_ = std::max(last_generation_, segment->generation());
            if (segment->generation() == 0) {
                if (segment->capacity() == settings_.segment_octets)
                    free_.push_back(std::move(segment));
                else
                    discard(*segment);
                continue;
            }
            auto* const place = segment.get();
            last_id_ = std::max(last_id_.load(), segment->next_id() - 1);
            // Behind what was acknowledged may stand what a failed write left; it was told to
            // everybody as failed.
            const auto known = acknowledged.find(place->generation());
            const auto limit = known != acknowledged.end() ? known->second : ~std::uint64_t{0};
            const auto read = segment->replay(
                [&](const Segment::Group& group) { take(*place, group, messages); }, limit);
            if (!read) return read.error();
            if (known == acknowledged.end())
                if (const auto again = place->rewrite(); !again)
                    return Error{EventId::spool_write_failed,
                                 place->path() + ": " + again.error().message()};
            if (known != acknowledged.end() && place->used() < known->second) {
                place->damaged = true;
                events_.raise(
                    EventId::spool_damaged,
                    {{"detail", place->path() + ": " + std::to_string(known->second) +
                                    " octets were acknowledged, " + std::to_string(place->used()) +
                                    " can be read. The file is kept"}});
            }
            chain_.push_back(std::move(segment));
        }
        for (auto& [id, message] : messages)
            if (const auto live = index_.find(id); live != index_.end()) {
                message.states = live->second.states;
                message.states.resize(message.envelope.recipients.size());
                message.body_octets = live->second.body_octets;
                recovered_.push_back(std::move(message));
            }
        while (!chain_.empty() && chain_.front()->live.empty() && nothing_lingers())
            recycle();
        return {};
    }

    void discard(const Segment& segment)
    {
        (void)files_.remove(segment.path());
        --segments_;
    }

    void take(Segment& segment, const Segment::Group& group,
              std::map<std::uint64_t, Recovered>& messages)
    {
        std::size_t at = 0;
        while (at < group.records.size()) {
            Reader in{group.records.substr(at)};
            const auto record = in.text();
            if (in.failed() || record.empty()) return;
            const auto kind = static_cast<RecordKind>(record.front());
            const auto payload = record.substr(1);
            const auto payload_at = group.offset + at + 5;
            at += 4 + record.size();
            if (kind == RecordKind::message || kind == RecordKind::moved)
                take_message(segment, kind, payload, payload_at, messages);
            else if (kind == RecordKind::results)
                take_results(payload);
        }
    }

    void take_message(Segment& segment, RecordKind kind, std::string_view payload, std::uint64_t at,
                      std::map<std::uint64_t, Recovered>& messages)
    {
        auto record = read_message(kind, payload);
        if (!record) return;
        const auto id = record->id.number;
        last_id_ = std::max(last_id_.load(), id);
        if (const auto before = index_.find(id); before != index_.end()) erase(before);
        const auto waiting = kind == RecordKind::message
                                 ? record->envelope.recipients.size()
                                 : static_cast<std::size_t>(std::ranges::count(
                                       record->states, Outcome::waiting, &RecipientState::outcome));
        Live live{&segment,
                  at + (payload.size() - record->body.size()),
                  static_cast<std::uint32_t>(record->body.size()),
                  record->body_crc,
                  at,
                  static_cast<std::uint32_t>(payload.size()),
                  static_cast<std::uint32_t>(waiting),
                  static_cast<std::uint32_t>(record->envelope.recipients.size()),
                  kind == RecordKind::moved ? std::move(record->states)
                                            : std::vector<RecipientState>{},
                  {}};
        insert(id, std::move(live));
        messages[id] = Recovered{record->id, std::move(record->envelope), {}, 0};
    }

    void take_results(std::string_view payload)
    {
        auto record = read_results(payload);
        if (!record) return;
        last_id_ = std::max(last_id_.load(), record->id.number);
        settle(Commit{record->id, std::move(record->results), {}});
    }

    void end()
    {
        {
            const std::lock_guard lock{queue_mutex_};
            closing_ = true;
        }
        arrived_.notify_one();
        if (writer_.joinable()) writer_.join();
    }

    const LogSpoolSettings settings_;
    FileSystem& files_;
    EventLog& events_;
    FileLock lock_;

    std::mutex queue_mutex_;
    std::condition_variable arrived_;
    std::deque<Request*> queue_;
    bool closing_ = false;

    mutable std::mutex index_mutex_;
    std::unordered_map<std::uint64_t, Live> index_;
    std::uint64_t live_octets_ = 0;
    std::uint64_t cached_ = 0;
    std::string trouble_;

    // Of the writer thread (and of open(), before it runs):
    std::deque<std::unique_ptr<Segment>> chain_;  ///< in use, oldest first; the last is active
    std::deque<std::unique_ptr<Segment>> free_;   ///< oldest life first
    Segment* active_ = nullptr;
    std::uint64_t last_generation_ = 0;
    std::uint64_t last_file_ = 0;
    std::vector<std::string> lingering_;  ///< files that are to go and could not be removed
    std::chrono::steady_clock::time_point probe_at_{};

    std::atomic<std::uint64_t> last_id_{0};
    std::atomic<std::uint64_t> segments_{0};
    std::atomic<std::uint64_t> free_octets_{0};
    std::atomic<std::int64_t> look_again_{0};
    std::atomic<bool> low_{false};
    std::vector<Recovered> recovered_;
    std::thread writer_;
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
