#include "spool/log_replay.h"

#include "spool/crc32c.h"
#include "spool/encoding.h"
#include "spool/lost_headers.h"

#include <algorithm>
#include <map>
#include <set>

namespace imc::spool {
namespace {

using Segments = std::vector<std::unique_ptr<Segment>>;

class Replay {
public:
    Replay(const LogFound& log, FileSystem& files, SegmentIndexes* missing, EventLog& events,
           LiveIndex& index)
        : log_{log}, files_{files}, missing_{missing}, events_{events}, index_{index}
    {}

    Result<Replayed> run(const std::atomic<bool>& stop)
    {
        for (const auto& detail : log_.missing)
            events_.raise(EventId::spool_damaged, {{"detail", detail}});
        for (const auto& detail : log_.mended)
            events_.raise(EventId::spool_damaged, {{"detail", detail}});
        out_.damaged = !log_.missing.empty();
        for (auto* const segment : log_.used) {
            if (stop.load()) break;
            if (auto read = contents(*segment); !read) return read.error();
            if (log_.read != nullptr) ++*log_.read;
        }
        out_.messages.settle(index_);
        return std::move(out_);
    }

private:
    Result<> contents(Segment& segment)
    {
        // Behind what was acknowledged may stand what a failed write left; it was told to
        // everybody as failed. The youngest has been read once, up to where it ends.
        const auto known = log_.acknowledged.find(segment.generation());
        const bool judged = known != log_.acknowledged.end();
        const auto limit = judged ? known->second : segment.used();
        if (judged)
            if (const auto index = SegmentIndex::read(files_, segment, limit)) {
                index->each([&](const IndexedGroup& group) {
                    take(segment, Records{group.records, group.at, false});
                });
                return {};
            }
        std::string index;
        bool has_index = missing_ != nullptr;
        std::size_t lost = 0;
        Segment::Gaps gaps;
        gaps.take = [&](std::uint64_t offset, const Segment::Salvage& group) {
            lost += take_beside_holes(segment, offset, group);
        };
        const auto end = segment.walk(
            [&](const Segment::Group& group) {
                has_index = has_index && add_group(index, group.records);
                take(segment, Records{group.records, group.offset, true});
            },
            limit, &gaps);
        if (!end) return end.error();
        if (!gaps.failure.empty()) {
            segment.damaged = out_.damaged = true;
            events_.raise(EventId::spool_damaged,
                          {{"detail", words_of_gaps(segment, gaps, lost, *end, limit)}});
            return {};
        }
        if (*end >= limit) {
            if (has_index && !index.empty()) missing_->write(segment, std::move(index));
            return {};
        }
        segment.damaged = out_.damaged = true;
        events_.raise(EventId::spool_damaged,
                      {{"detail", segment.path() + ": " + std::to_string(limit) +
                                      " octets were acknowledged, " + std::to_string(*end) +
                                      " can be read. The file is kept"}});
        return {};
    }

    static std::string words_of_gaps(const Segment& segment, const Segment::Gaps& gaps,
                                     std::size_t lost, std::uint64_t end, std::uint64_t limit)
    {
        return segment.path() + ": the disk does not give all of it (" + gaps.failure + "); " +
               std::to_string(lost) + " records and " + std::to_string(gaps.octets) +
               " octets between others are missing" +
               (end < limit ? ", and what stands behind octet " + std::to_string(end) : "") +
               ": mail that stood there is not sent, and mail of which it said that it has ended "
               "may be sent again. All else counts. The file is kept";
    }

    std::size_t take_beside_holes(Segment& segment, std::uint64_t offset,
                                  const Segment::Salvage& group)
    {
        const auto lock = index_.lock();
        return each_beside_holes(group, offset,
                                 [&](const RecordPlace& record) { take_one(segment, record); });
    }

    void take(Segment& segment, Records records)
    {
        const auto lock = index_.lock();
        while (const auto record = records.next())
            take_one(segment, *record);
    }

    void take_one(Segment& segment, const RecordPlace& record)
    {
        if (record.message)
            take_message(segment, record);
        else if (const auto change = read_change(record.kind, record.payload))
            index_.apply(*change);
    }

    void take_message(Segment& segment, const RecordPlace& record)
    {
        const auto& message = *record.message;
        std::vector<RecipientState> states;
        std::shared_ptr<const LargePart> large;
        auto waiting = message.recipients;
        if (record.kind == RecordKind::moved || message.large) {
            auto head = read_message_head(record.kind, record.payload);
            if (!head) return;
            if (head->large) large = std::make_shared<const LargePart>(std::move(*head->large));
            if (record.kind == RecordKind::moved) {
                states = std::move(head->states);
                waiting = static_cast<std::uint32_t>(
                    std::ranges::count(states, Outcome::waiting, &RecipientState::outcome));
            }
        }
        Live live{&segment,           message.body_octets,
                  message.body_crc,   static_cast<std::uint32_t>(record.at),
                  record.octets,      waiting,
                  message.recipients, crc32c(0, record.payload)};
        if (large) live.with_more().large = std::move(large);
        index_.insert(message.id, std::move(live), states);
        out_.messages.add(segment, record);
    }

    const LogFound& log_;
    FileSystem& files_;
    SegmentIndexes* missing_;
    EventLog& events_;
    LiveIndex& index_;
    Replayed out_;
};

Result<Segments> open_all(FileSystem& files, const std::string& folder, SegmentPool& pool)
{
    // What the folder shows may be less than what a power cut would bring back.
    if (const auto synced = files.sync_folder(folder); !synced)
        return Error{EventId::spool_write_failed, folder + ": " + synced.error().message()};
    const auto names = files.list(folder);
    if (!names) return Error{EventId::spool_write_failed, folder + ": " + names.error().message()};
    Segments found;
    for (const auto& name : *names) {
        if (name.ends_with(".seg.damaged")) pool.found(name);  // its name is not used again
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

/// One that was freed begins with zeros, and so does one that lost its first sector: only where
/// nothing stands behind them is it nobody's.
bool is_blank(const Segment& segment)
{
    const auto begin = segment.read(0, std::min<std::uint64_t>(segment.capacity(), 4096));
    return begin && std::ranges::all_of(*begin, [](char c) { return c == '\0'; });
}

}  // namespace

std::string words_of_mended(const Segment& segment)
{
    return segment.path() +
           ": its header cannot be read; by what else stands in it and beside it it is the one of "
           "generation " +
           std::to_string(segment.generation()) + ", and is taken as that";
}

std::string words_of_lost(const Segment& segment)
{
    return segment.path() + ": its header cannot be read, and it holds messages of a segment "
                            "that no other tells of. The file is kept";
}

std::string words_of_end(const Segment& segment, const Segment::Gaps& gaps, std::uint64_t end)
{
    return segment.path() + ": the disk does not give what stands behind octet " +
           std::to_string(end) + " (" + gaps.failure +
           "); mail that stands there is not sent. The file is kept";
}

/// Segments are freed oldest first: one in the middle that is not there has lost its header.
std::vector<std::string> missing_of(const std::vector<std::unique_ptr<Segment>>& segments)
{
    std::set<std::uint64_t> there;
    for (const auto& segment : segments)
        if (segment->generation() != 0) there.insert(segment->generation());
    std::vector<std::string> out;
    for (const auto& segment : segments) {
        const auto before = segment->before().generation;
        if (segment->generation() == 0 || before <= *there.begin() || there.contains(before))
            continue;
        out.push_back(segment->path() + ": " + std::to_string(segment->before().used) +
                      " octets of the segment before it were acknowledged, and no file says that "
                      "it is that one. Files without a header that can be read are kept");
    }
    return out;
}

Result<LogFound> find_log(FileSystem& files, const std::string& folder, SegmentPool& pool)
{
    auto segments = open_all(files, folder, pool);
    if (!segments) return segments.error();
    // The header tells the generation; contents are read in the order of generations.
    for (auto& segment : *segments)
        if (auto read = segment->replay([](const Segment::Group&) {}, 0); !read)
            return read.error();
    LogFound out;
    const auto lost = find_lost_headers(files, *segments);
    for (auto* const segment : lost.mended)
        out.mended.push_back(words_of_mended(*segment));
    auto headless = lost.mended;
    headless.insert(headless.end(), lost.begun.begin(), lost.begun.end());
    for (auto* const segment : headless)
        if (const auto mended = segment->mend_header(); !mended)
            return Error{EventId::spool_write_failed,
                         segment->path() + ": " + mended.error().message()};
    out.last_id = lost.last_id;
    std::ranges::sort(*segments, {}, [](const auto& s) { return s->generation(); });
    for (const auto& segment : *segments)
        if (segment->before().generation != 0)
            out.acknowledged[segment->before().generation] = segment->before().used;
    out.missing = missing_of(*segments);
    const bool some_missing = !out.missing.empty();
    if (!some_missing)
        for (auto* const segment : lost.lost)
            out.missing.push_back(words_of_lost(*segment));
    for (auto& segment : *segments) {
        if (segment->generation() == 0) {
            const bool is_lost = std::ranges::find(lost.lost, segment.get()) != lost.lost.end();
            if (is_lost || (some_missing && !is_blank(*segment))) {
                const auto kept = files.rename(segment->path(), segment->path() + ".damaged");
                if (!kept || !files.sync_folder(folder))
                    return Error{EventId::spool_write_failed,
                                 segment->path() + ": it is damaged and cannot be set aside"};
                continue;
            }
            pool.take_spare(std::move(segment));
            continue;
        }
        out.last_id = std::max(out.last_id, segment->next_id() - 1);
        const auto known = out.acknowledged.find(segment->generation());
        if (known != out.acknowledged.end()) {
            segment->acknowledged(known->second);
        } else {
            Segment::Gaps gaps;
            gaps.take = [&](std::uint64_t offset, const Segment::Salvage& group) {
                (void)each_beside_holes(group, offset, [&](const RecordPlace& record) {
                    if (record.message) out.last_id = std::max(out.last_id, record.message->id);
                });
            };
            const auto read = segment->replay(
                [&](const Segment::Group& group) {
                    out.last_id = std::max(out.last_id, largest_id(group.records));
                },
                ~std::uint64_t{0}, &gaps);
            if (!read) return read.error();
            if (!gaps.failure.empty()) {
                segment->damaged = true;
                if (gaps.ended)
                    out.missing.push_back(words_of_end(*segment, gaps, segment->used()));
                out.last_id += segment->capacity() / LogFound::least_message;
            }
            if (const auto again = segment->rewrite(); !again)
                return Error{EventId::spool_write_failed,
                             segment->path() + ": " + again.error().message()};
        }
        out.used.push_back(segment.get());
        pool.take_used(std::move(segment));
    }
    out.last_id += lost.unread / LogFound::least_message;
    return out;
}

Result<Replayed> replay_log(const LogFound& found, FileSystem& files, SegmentIndexes* missing,
                            EventLog& events, LiveIndex& index, const std::atomic<bool>& stop)
{
    return Replay{found, files, missing, events, index}.run(stop);
}

}  // namespace imc::spool
