#include "spool/log_writer.h"

#include "event/caught.h"
#include "spool/crc32c.h"
#include "spool/encoding.h"

#include <algorithm>
#include <utility>

namespace imc::spool {
namespace {

constexpr std::size_t most_group_octets = 16 << 20;
constexpr auto after_defect = std::chrono::milliseconds{100};
constexpr std::string_view the_writer = "The writer of the spool";

std::uint64_t octets_of(const std::vector<Request*>& group)
{
    std::uint64_t octets = 0;
    for (const auto* request : group)
        octets += request->octets;
    return octets;
}

/// @param request  null afterwards: it is gone as soon as its coroutine runs
void finish(Request*& request)
{
    const auto done = std::move(std::exchange(request, nullptr)->done);
    done();
}

void fail(Request*& request, const Error& error)
{
    request->failure = error;
    finish(request);
}

/// In a catch block.
void fail_after_defect(Request*& request, EventLog& events) noexcept
{
    request->failure.emplace(EventId::spool_write_failed, std::string{});
    contained(events, "an answer of the spool", [&] {
        request->failure.emplace(EventId::spool_write_failed,
                                 std::string{"the writer met a defect: "} + caught_words());
    });
    contained(events, "an answer of the spool", [&] { finish(request); });
}

}  // namespace

void LogWriter::start(std::uint64_t last_id)
{
    last_id_ = last_id;
    first_new_ = last_id + 1;
    thread_ = std::thread{[this] { write_all(); }};
}

void LogWriter::enqueue(Request& request)
{
    const bool about_old = std::ranges::any_of(request.changes, [this](const Commit& change) {
        return change.message.number < first_new_;
    });
    bool closed = false;
    {
        const std::lock_guard lock{mutex_};
        closed = closing_;
        if (!closed)
            (about_old && stage_ == Stage::loading ? early_ : waiting_).push_back(&request);
    }
    if (!closed) {
        arrived_.notify_one();
        return;
    }
    auto* refused = &request;
    fail(refused, Error{EventId::spool_write_failed, "the spool is closed"});
}

void LogWriter::loaded()
{
    {
        const std::lock_guard lock{mutex_};
        stage_ = Stage::loaded;
        waiting_.insert(waiting_.end(), early_.begin(), early_.end());
        early_.clear();
    }
    arrived_.notify_one();
}

void LogWriter::wait_until_settled()
{
    std::unique_lock lock{mutex_};
    settled_.wait(lock, [this] { return stage_ == Stage::settled || closing_; });
}

void LogWriter::close()
{
    std::deque<Request*> never;
    {
        const std::lock_guard lock{mutex_};
        closing_ = true;
        never = std::exchange(early_, {});
    }
    for (auto* request : never)
        fail(request, Error{EventId::spool_write_failed, "the spool is closed"});
    settled_.notify_all();
    arrived_.notify_one();
    const std::lock_guard lock{joining_};
    if (thread_.joinable()) thread_.join();
}

/// All mail goes through this thread: whatever is thrown on the way, it goes on.
void LogWriter::write_all() noexcept
{
    for (bool more = true; more;) {
        try {
            more = take_turn();
        } catch (...) {
            raise_begins_again(events_, the_writer);
            std::this_thread::sleep_for(after_defect);
        }
    }
}

/// @return false: it is closed, and nothing waits
bool LogWriter::take_turn()
{
    std::vector<Request*> group;
    auto stage = Stage::loading;
    {
        std::unique_lock lock{mutex_};
        arrived_.wait(lock,
                      [this] { return closing_ || !waiting_.empty() || stage_ == Stage::loaded; });
        stage = stage_;
        if (waiting_.empty() && stage != Stage::loaded) return false;
        // What is dead at start goes first, so that there is room.
        if (stage != Stage::loaded) group = next_group();
    }
    if (!group.empty()) write_or_fail(group);
    if (stage == Stage::loading) return true;
    // What is alive is copied a piece at a time: nobody waits for the whole of it.
    while (reclaim()) {
        if (stage == Stage::settled && somebody_waits()) break;
    }
    if (stage == Stage::settled) return true;
    bool all_ended = false;
    if (auto* const oldest = pool_.oldest()) {
        const auto lock = index_.lock();
        all_ended = oldest->live_messages == 0 && oldest->readers == 0;
    }
    if (all_ended) contained(events_, the_writer, [this] { pool_.succeed(last_id_.load() + 1); });
    {
        const std::lock_guard lock{mutex_};
        stage_ = Stage::settled;
    }
    settled_.notify_all();
    return true;
}

/// Nobody is left waiting. Of what may stand in the log though it failed, the next start finds out:
/// as after a write that failed.
void LogWriter::write_or_fail(std::vector<Request*>& group) noexcept
try {
    write(group);
} catch (...) {
    raise_begins_again(events_, the_writer);
    const auto was_written = [](const Request* request) { return request && request->written; };
    if (std::ranges::any_of(group, was_written))
        contained(events_, the_writer, [this] { pool_.abandon_active(); });
    for (auto*& request : group)
        if (request != nullptr) fail_after_defect(request, events_);
}

bool LogWriter::reclaim() noexcept
try {
    return reclaim_oldest();
} catch (...) {  // it is tried again after the next group
    raise_caught(events_, the_writer);
    return false;
}

bool LogWriter::somebody_waits()
{
    const std::lock_guard lock{mutex_};
    return !waiting_.empty();
}

std::vector<Request*> LogWriter::next_group()
{
    std::vector<Request*> group;
    group.reserve(waiting_.size());  // now, while nothing has been taken
    std::uint64_t octets = 0;
    const auto most = std::min<std::uint64_t>(most_group_octets, pool_.group_room());
    while (!waiting_.empty() && (group.empty() || octets + waiting_.front()->octets <= most)) {
        octets += waiting_.front()->octets;
        group.push_back(waiting_.front());
        waiting_.pop_front();
    }
    return group;
}

void LogWriter::write(std::vector<Request*>& group)
{
    const bool has_stores = std::ranges::any_of(group, &Request::is_store);
    auto active = room_for(octets_of(group), has_stores);
    if (!active && has_stores) {
        // No room for new mail must not keep results from being recorded.
        for (auto*& request : group)
            if (request->is_store) fail(request, active.error());
        std::erase(group, nullptr);
        if (group.empty()) return;
        active = room_for(octets_of(group), false);
    }
    if (!active) {
        for (auto*& request : group)
            fail(request, active.error());
        return;
    }
    put(**active, group);
}

void LogWriter::put(Segment& segment, std::vector<Request*>& group)
{
    std::vector<std::string_view> pieces;
    for (const auto* request : group)
        for (std::size_t i = 0; i < request->heads.size(); ++i) {
            pieces.push_back(request->heads[i]);
            if (request->bodies[i]) pieces.push_back(request->bodies[i].memory());
        }
    const auto path = segment.path();
    for (auto* request : group)
        request->written = true;
    const auto at = segment.append(pieces);
    if (!at) {
        pool_.abandon_active();
        const auto failure = trouble_.begin("write to " + path, at.error());
        for (auto*& request : group) {
            if (request->large) doubtful_.push_back(request->messages.front().first.number);
            fail(request, failure);
        }
        return;
    }
    trouble_.end();
    begin_group(segment.without_bodies, octets_of(group));
    for (const auto* request : group)
        for (const auto& head : request->heads)
            segment.without_bodies += head;
    const auto gone = apply(segment, *at, group);
    for (auto*& request : group)
        finish(request);
    large_.remove(gone);
    // What was just written into another segment says that theirs does not count.
    if (!doubtful_.empty() && pool_.nothing_lingers()) large_.remove(std::exchange(doubtful_, {}));
}

/// @return  messages that are done and have files to remove
std::vector<std::uint64_t> LogWriter::apply(Segment& segment, std::uint64_t at,
                                            const std::vector<Request*>& group)
{
    const auto lock = index_.lock();
    for (auto* request : group) {
        std::size_t message = 0;
        for (std::size_t i = 0; i < request->heads.size(); ++i) {
            const auto head = request->heads[i].size();
            const auto& body = request->bodies[i];
            if (body) {
                const auto text = body.memory().size();
                const auto& [id, envelope] = request->messages[message];
                const auto count = static_cast<std::uint32_t>(envelope.recipients.size());
                Live live{&segment,
                          static_cast<std::uint32_t>(text),
                          request->crcs[message],
                          static_cast<std::uint32_t>(at + record_front_octets),
                          static_cast<std::uint32_t>(head - record_front_octets + text),
                          count,
                          count,
                          request->head_crcs[message]};
                if (request->large) live.with_more().large = request->large;
                index_.insert(id.number, std::move(live));
                index_.keep_body(id.number, body);
                at += text;
                ++message;
            }
            at += head;
        }
        for (const auto& change : request->changes)
            index_.apply(change);
    }
    return index_.take_gone();
}

/// Frees the oldest segment, or copies part of it forward. @return whether there may be more to do.
bool LogWriter::reclaim_oldest()
{
    auto* const oldest = pool_.oldest();
    if (pool_.in_use() < 2 || pool_.is_active(*oldest)) return false;
    if (!pool_.nothing_lingers()) return false;
    bool empty = false;
    bool crowded = false;
    {
        const auto lock = index_.lock();
        empty = oldest->live_messages == 0;
        if (empty && oldest->readers > 0) return false;
        crowded = pool_.in_use() * pool_.usual_octets() >
                  2 * index_.live_octets() + 4 * pool_.usual_octets();
    }
    if (!empty) return crowded && !oldest->stays && copy_forward(*oldest);
    pool_.recycle();
    return true;
}

/// A message as it stands in the log.
struct LogWriter::Stored {
    std::string octets;  ///< its record's payload
    MessageRecord record;
    std::string_view body() const
    {
        return std::string_view{octets}.substr(octets.size() - record.body_octets);
    }
};

/// A sector that cannot be read harms its message alone, as one that is wrong does.
/// @return nothing: nobody knows whose it is any more, and it stays where it is
std::optional<LogWriter::Stored> LogWriter::stored_record(Segment& segment, std::uint64_t id,
                                                          const Live& live)
{
    auto [octets, failure, holes] = segment.salvage(live.record_at - 1, live.record_octets + 1);
    const auto damaged = [&](const char* what) {
        segment.damaged = true;
        bool first = false;
        {
            const auto lock = index_.lock();
            first = index_.damaged(id);
        }
        if (first)
            events_.raise(Error{EventId::spool_damaged,
                                segment.path() + ": " + what + " of message " +
                                    MessageId{id}.to_string() +
                                    (failure.empty() ? " does not fit its checksum"
                                                     : " cannot be read: " + failure)},
                          {{"message", MessageId{id}.to_string()}});
    };
    const auto read = [&](std::string_view head) -> std::optional<MessageRecord> {
        if (head.size() != 1 + live.head_octets() || crc32c(0, head.substr(1)) != live.head_crc)
            return {};
        auto out = read_message_head(static_cast<RecordKind>(head.front()), head.substr(1));
        if (!out || out->id.number != id || out->body_octets != live.body_octets) return {};
        return std::move(*out);
    };
    auto record = read(std::string_view{octets}.substr(0, 1 + live.head_octets()));
    if (!record) {
        damaged("the record");
        if (const auto found = pool_.head_in_index(segment, live.record_at)) record = read(*found);
        if (!record) return {};
    }
    Stored out{std::move(octets), std::move(*record)};
    if (crc32c(0, out.body()) != live.body_crc) damaged("the text");
    return out;
}

bool LogWriter::copy_forward(Segment& oldest)
{
    std::vector<std::uint64_t> ids;
    std::uint64_t octets = 0;
    std::size_t end = 0;  // those before it will have been copied, or are not alive
    {
        const auto lock = index_.lock();
        for (; end < oldest.ids.size(); ++end) {
            const auto id = oldest.ids[end];
            const auto* live = index_.find(id);
            if (live == nullptr || live->segment != &oldest) continue;
            octets += live->record_octets;
            if (!ids.empty() && octets > most_group_octets / 4) break;
            ids.push_back(id);
        }
        std::ranges::sort(ids);
        const auto same = std::ranges::unique(ids);
        ids.erase(same.begin(), same.end());
    }
    std::vector<std::string> records;
    struct Moved {
        std::uint64_t id;
        std::size_t head;
        std::size_t body;
        std::uint32_t head_crc;
    };
    std::vector<Moved> moved;
    for (const auto id : ids) {
        // Only this thread inserts, erases and settles; the disk is read without the lock.
        const auto& live = index_.at(id);
        auto stored = stored_record(oldest, id, live);
        if (!stored) {
            oldest.stays = true;
            return false;
        }
        auto& record = stored->record;
        Carried carried{index_.states(live), std::move(record.evidence)};
        if (const auto* changes = live.changes())
            spool::apply(*changes, record.envelope, carried.evidence);
        carried.states.resize(record.envelope.recipients.size());
        // With the checksum that its text should have: one that is damaged never looks sound.
        auto head = message_head(MessageId{id}, record.envelope, record.body_octets, live.body_crc,
                                 record.large ? &*record.large : nullptr, &carried);
        moved.push_back({id, head.size(), record.body_octets,
                         crc32c(0, std::string_view{head}.substr(record_front_octets))});
        head += stored->body();
        records.push_back(std::move(head));
    }
    octets = 0;
    std::vector<std::string_view> pieces;
    for (const auto& record : records) {
        pieces.push_back(record);
        octets += record.size();
    }
    const auto active = room_for(octets, true);
    if (!active) return false;
    const auto path = (*active)->path();
    const auto at = (*active)->append(pieces);
    if (!at) {
        pool_.abandon_active();
        (void)trouble_.begin("copy to " + path, at.error());
        return false;
    }
    begin_group((*active)->without_bodies, octets);
    for (std::size_t i = 0; i < moved.size(); ++i)
        (*active)->without_bodies.append(records[i], 0, moved[i].head);
    auto place = *at;
    const auto lock = index_.lock();
    for (const auto& m : moved) {
        index_.move(m.id, **active, place + record_front_octets,
                    static_cast<std::uint32_t>(m.head - record_front_octets + m.body), m.head_crc);
        place += m.head + m.body;
    }
    oldest.ids.erase(oldest.ids.begin(), oldest.ids.begin() + static_cast<std::ptrdiff_t>(end));
    return true;
}

}  // namespace imc::spool
