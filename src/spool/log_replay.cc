#include "spool/log_replay.h"

#include "spool/encoding.h"

#include <algorithm>
#include <deque>
#include <map>

namespace imc::spool {
namespace {

using Segments = std::vector<std::unique_ptr<Segment>>;

class Replay {
public:
    Replay(const LogFound& log, EventLog& events, LiveIndex& index)
        : log_{log}, events_{events}, index_{index}
    {}

    Result<Replayed> run(const std::atomic<bool>& stop)
    {
        for (auto* const segment : log_.used) {
            if (stop.load()) break;
            if (auto read = contents(*segment); !read) return read.error();
            if (log_.read != nullptr) ++*log_.read;
        }
        return Replayed{alive(), damaged_};
    }

private:
    Result<> contents(Segment& segment)
    {
        // Behind what was acknowledged may stand what a failed write left; it was told to
        // everybody as failed. The youngest has been read once, up to where it ends.
        const auto known = log_.acknowledged.find(segment.generation());
        const bool judged = known != log_.acknowledged.end();
        const auto limit = judged ? known->second : segment.used();
        const auto end =
            segment.walk([&](const Segment::Group& group) { take(segment, group); }, limit);
        if (!end) return end.error();
        if (*end >= limit) return {};
        segment.damaged = damaged_ = true;
        events_.raise(EventId::spool_damaged,
                      {{"detail", segment.path() + ": " + std::to_string(limit) +
                                      " octets were acknowledged, " + std::to_string(*end) +
                                      " can be read. The file is kept"}});
        return {};
    }

    void take(Segment& segment, const Segment::Group& group)
    {
        const auto lock = index_.lock();
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
                take_message(segment, kind, payload, payload_at);
            else
                take_change(kind, payload);
        }
    }

    void take_message(Segment& segment, RecordKind kind, std::string_view payload, std::uint64_t at)
    {
        auto record = read_message(kind, payload);
        if (!record) return;
        const auto id = record->id.number;
        const auto waiting = kind == RecordKind::message
                                 ? record->envelope.recipients.size()
                                 : static_cast<std::size_t>(std::ranges::count(
                                       record->states, Outcome::waiting, &RecipientState::outcome));
        Live live{&segment,
                  static_cast<std::uint32_t>(record->body.size()),
                  record->body_crc,
                  static_cast<std::uint32_t>(at),
                  static_cast<std::uint32_t>(payload.size()),
                  static_cast<std::uint32_t>(waiting),
                  static_cast<std::uint32_t>(record->envelope.recipients.size())};
        if (record->large)
            live.with_more().large = std::make_shared<const LargePart>(std::move(*record->large));
        index_.insert(id, std::move(live),
                      kind == RecordKind::moved ? record->states : std::vector<RecipientState>{});
        found_.push_back(
            {{record->id, std::move(record->envelope), {}, 0, std::move(record->evidence)},
             &segment,
             static_cast<std::uint32_t>(at)});
    }

    void take_change(RecordKind kind, std::string_view payload)
    {
        const auto change = read_change(kind, payload);
        if (!change) return;
        index_.apply(*change);
    }

    std::vector<Recovered> alive()
    {
        std::vector<Recovered> out;
        const auto lock = index_.lock();
        out.reserve(index_.size());
        for (auto& [message, segment, at] : found_) {
            const auto* live = index_.find(message.id.number);
            if (live == nullptr || live->segment != segment || live->record_at != at) continue;
            if (const auto* changes = live->changes())
                apply(*changes, message.envelope, message.evidence);
            message.states = index_.states(*live);
            message.states.resize(message.envelope.recipients.size());
            message.body_octets = live->body_octets + (live->large() ? live->large()->octets : 0);
            out.push_back(std::move(message));
        }
        found_.clear();
        if (!std::ranges::is_sorted(out, {}, &Recovered::id))
            std::ranges::sort(out, {}, &Recovered::id);
        return out;
    }

    /// A message as it was found, and where.
    struct Found {
        Recovered message;
        const Segment* segment;
        std::uint32_t at;
    };

    const LogFound& log_;
    EventLog& events_;
    LiveIndex& index_;
    std::deque<Found> found_;
    bool damaged_ = false;
};

/// The largest id that the records of a group name.
std::uint64_t largest_id(std::string_view records)
{
    std::uint64_t largest = 0;
    Reader all{records};
    while (all.left() > 0 && !all.failed()) {
        Reader record{all.text()};
        const auto kind = record.u8();
        const auto id = record.u64();
        if (!record.failed() && kind != 0 && kind <= static_cast<std::uint8_t>(RecordKind::done))
            largest = std::max(largest, id);
    }
    return largest;
}

Result<Segments> open_all(FileSystem& files, const std::string& folder, SegmentPool& pool)
{
    // What the folder shows may be less than what a power cut would bring back.
    if (const auto synced = files.sync_folder(folder); !synced)
        return Error{EventId::spool_write_failed, folder + ": " + synced.error().message()};
    const auto names = files.list(folder);
    if (!names) return Error{EventId::spool_write_failed, folder + ": " + names.error().message()};
    Segments found;
    for (const auto& name : *names) {
        if (!name.ends_with(".seg")) continue;
        const auto path = folder + "/" + name;
        auto file = files.open(path, OpenMode::write);
        if (!file) return Error{EventId::spool_damaged, path + ": " + file.error().message()};
        const auto size = (*file)->size();
        if (!size) return Error{EventId::spool_damaged, path + ": " + size.error().message()};
        pool.found(name);
        found.push_back(std::make_unique<Segment>(path, std::move(*file), *size));
    }
    return found;
}

}  // namespace

Result<LogFound> find_log(FileSystem& files, const std::string& folder, SegmentPool& pool)
{
    auto segments = open_all(files, folder, pool);
    if (!segments) return segments.error();
    // The header tells the generation; contents are read in the order of generations.
    for (auto& segment : *segments)
        if (auto read = segment->replay([](const Segment::Group&) {}, 0); !read)
            return read.error();
    std::ranges::sort(*segments, {}, [](const auto& s) { return s->generation(); });
    LogFound out;
    for (const auto& segment : *segments)
        if (segment->before().generation != 0)
            out.acknowledged[segment->before().generation] = segment->before().used;
    for (auto& segment : *segments) {
        if (segment->generation() == 0) {
            pool.take_spare(std::move(segment));
            continue;
        }
        out.last_id = std::max(out.last_id, segment->next_id() - 1);
        if (!out.acknowledged.contains(segment->generation())) {
            const auto read = segment->replay(
                [&](const Segment::Group& group) {
                    out.last_id = std::max(out.last_id, largest_id(group.records));
                },
                ~std::uint64_t{0});
            if (!read) return read.error();
            if (const auto again = segment->rewrite(); !again)
                return Error{EventId::spool_write_failed,
                             segment->path() + ": " + again.error().message()};
        }
        out.used.push_back(segment.get());
        pool.take_used(std::move(segment));
    }
    return out;
}

Result<Replayed> replay_log(const LogFound& found, EventLog& events, LiveIndex& index,
                            const std::atomic<bool>& stop)
{
    return Replay{found, events, index}.run(stop);
}

}  // namespace imc::spool
