#include "tracking/indexer.h"

#include "base/text.h"
#include "event/caught.h"
#include "tracking/line.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace imc::tracking {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t least_columns = 22;
constexpr auto between_looks = 15s;
constexpr auto after_failure = 60s;
constexpr int least_priority = 19;
/// Records of a day may still wait in memory when it is over.
constexpr auto late_records = 5min;

std::string_view without_brackets(std::string_view text)
{
    if (text.starts_with('<')) text.remove_prefix(1);
    if (text.ends_with('>')) text.remove_suffix(1);
    return text;
}

/// The first fields as they are written. @return false: there are not so many
bool cut(std::string_view line, std::array<std::string_view, least_columns>& into)
{
    for (std::size_t i = 0; i < into.size(); ++i) {
        const auto end = line.find('\t');
        into[i] = line.substr(0, end);
        if (end == line.npos) return i + 1 == into.size();
        line.remove_prefix(end + 1);
    }
    return true;
}

/// @return false: no record
bool add_words(std::string_view line, std::uint8_t block, std::vector<Index::Posting>& out)
{
    std::array<std::string_view, least_columns> fields;
    if (!cut(line, fields)) return false;
    const auto add = [&](WordKind kind, std::string_view word) {
        if (!word.empty()) out.push_back({Index::key_of(kind, word), block});
    };
    std::string room;
    add(WordKind::queue_id, read_field(fields[0], room));
    add(WordKind::message_id, without_brackets(read_field(fields[15], room)));
    for (const auto written : {fields[6], fields[13]}) {
        const auto address = read_field(written, room);
        if (address.empty() || address == "<>") continue;
        add(WordKind::address, address);
        const auto at = address.rfind('@');
        if (at != address.npos) add(WordKind::domain, address.substr(at + 1));
    }
    return true;
}

Error unreadable(const std::string& folder, const boost::system::error_code& why)
{
    return {EventId::tracking_index_failed, folder + ": " + why.message()};
}

}  // namespace

Indexer::Indexer(std::string folder, EventLog& events, const WallClock& clock)
    : folder_{std::move(folder)}, events_{events}, clock_{clock}
{}

Indexer::Did Indexer::step()
{
    auto done = work();
    if (done) {
        told_ = false;
        return *done ? Did::some : Did::nothing;
    }
    // What a fault left is worth nothing: the files have it all. Once: a full disk is no damage.
    const auto detail = done.error().detail();
    if (!std::exchange(told_, true)) events_.raise(done.error());
    index_.reset();
    const bool damaged =
        detail.find("malformed") != detail.npos || detail.find("not a database") != detail.npos ||
        detail.find("expected") != detail.npos || detail.find("counted to its end") != detail.npos;
    if (damaged) {
        Index::remove(folder_);
        events_.raise(EventId::tracking_index_anew, {{"detail", detail}});
    }
    return Did::failed;
}

Result<bool> Indexer::work()
{
    const auto days = list_days(real_files(), folder_);
    if (!days) return unreadable(folder_, days.error());
    if (days->empty()) return false;
    // Somebody may have removed it, or put another there.
    if (!real_files().status(Index::path_in(folder_))) index_.reset();
    if (!index_) {
        auto opened = Index::open_to_write(folder_);
        if (!opened) return opened.error();
        index_ = std::move(*opened);
    }
    const auto segments = index_->segments();
    if (!segments) return segments.error();
    if (auto gone = forget_gone(*days, *segments); !gone || *gone) return gone;
    std::map<Day, std::vector<Index::Segment>> by_day;
    for (const auto& segment : *segments)
        by_day[segment.day].push_back(segment);
    // The newest first: that is what people ask for.
    for (auto day = days->rbegin(); day != days->rend(); ++day)
        if (auto done = index_day(*day, by_day[*day]); !done || *done) return done;
    return false;
}

Result<bool> Indexer::forget_gone(const std::vector<Day>& days,
                                  const std::vector<Index::Segment>& segments)
{
    for (const auto& segment : segments) {
        if (std::ranges::binary_search(days, segment.day)) continue;
        if (const auto done = index_->forget(segment.day); !done) return done.error();
        return true;
    }
    return false;
}

bool Indexer::is_over(Day day) const
{
    return clock_.now() >= WallTime{day + std::chrono::days{1}} + late_records;
}

Result<bool> Indexer::index_day(Day day, std::vector<Index::Segment> segments)
{
    const auto path = folder_ + "/" + file_of(day);
    const auto file = real_files().open(path, OpenMode::read);
    if (!file && file.error().value() == ENOENT) return false;
    if (!file) return unreadable(path, file.error());
    const auto size = (*file)->size();
    if (!size) return unreadable(path, size.error());
    std::uint64_t done = 0;
    for (const auto& segment : segments) {
        const bool whole = segment.begin == done && segment.end > done && segment.end <= *size;
        const auto mark = whole ? mark_of(**file, segment.begin, segment.end)
                                : IoResult<std::int64_t>{std::int64_t{-1}};
        if (!mark) return unreadable(path, mark.error());
        if (!whole || *mark != segment.mark) {  // another file stands there
            if (const auto forgot = index_->forget(day); !forgot) return forgot.error();
            return true;
        }
        done = segment.end;
    }
    const auto left = *size - done;
    if (left == 0 || (left < Index::segment_octets && !is_over(day))) return false;
    return index_segment(day, **file, done, std::min(done + Index::segment_octets, *size));
}

Result<bool> Indexer::index_segment(Day day, File& file, std::uint64_t begin, std::uint64_t end)
{
    std::vector<Index::Posting> postings;
    DaysRead read;
    auto last = begin;
    std::uint64_t count = 0;
    const auto done = read_range(
        file, begin, end,
        [&](std::string_view line, std::uint64_t at) {
            last = at + line.size() + 1;
            const auto block = static_cast<std::uint8_t>((at - begin) / Index::block_octets);
            const bool record = add_words(line, block, postings);
            if (record) ++count;
            return record;
        },
        read);
    const auto path = folder_ + "/" + file_of(day);
    if (!done) return unreadable(path, done.error());
    // Lines that are no records, and one without its end, are nobody's: the segment ends behind
    // the last one that is, and what follows is looked at when there is more.
    if (last == begin) return false;
    const auto mark = mark_of(file, begin, last);
    if (!mark) return unreadable(path, mark.error());
    if (const auto added = index_->add({0, day, begin, last, *mark}, std::move(postings)); !added)
        return added.error();
    records_ += count;
    return true;
}

IndexKeeper::IndexKeeper(std::string folder, EventLog& events)
    : events_{events}, indexer_{std::move(folder), events}, thread_{[this] { run(); }}
{}

IndexKeeper::~IndexKeeper()
{
    {
        const std::lock_guard lock{mutex_};
        end_ = true;
    }
    ended_.notify_all();
    thread_.join();
}

void IndexKeeper::run()
{
    // Of this thread alone (Linux): mail goes first, and nobody waits for an index.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), least_priority);
    for (;;) {
        const auto begun = std::chrono::steady_clock::now();
        auto did = Indexer::Did::failed;
        try {
            did = indexer_.step();
        } catch (...) {
            raise_caught(events_, "the index of the tracking log");
        }
        const auto took = std::chrono::steady_clock::now() - begun;
        const std::chrono::steady_clock::duration rest =
            did == Indexer::Did::some      ? took
            : did == Indexer::Did::nothing ? std::chrono::steady_clock::duration{between_looks}
                                           : std::chrono::steady_clock::duration{after_failure};
        std::unique_lock lock{mutex_};
        if (ended_.wait_for(lock, rest, [this] { return end_; })) return;
    }
}

}  // namespace imc::tracking
