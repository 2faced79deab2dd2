#include "tracking/indexed_log.h"

#include <cerrno>
#include <limits>

namespace imc::tracking {

IndexedLog::IndexedLog(FileSystem& files, std::string folder)
    : files_{files}, folder_{std::move(folder)}
{
    // SQLite knows the real disk only.
    if (&files_ != &real_files()) return;
    auto index = Index::open_to_read(folder_);
    if (!index) {
        trouble_ = index.error().detail();
        return;
    }
    if (!*index) return;
    index_ = std::move(*index);
    const auto segments = index_->segments();
    if (!segments) {
        trouble_ = segments.error().detail();
        index_.reset();
        return;
    }
    for (const auto& segment : *segments)
        segments_[segment.day].push_back(segment);
}

std::size_t IndexedLog::segments() const
{
    std::size_t count = 0;
    for (const auto& [day, segments] : segments_)
        count += segments.size();
    return count;
}

IoResult<DaysRead> IndexedLog::read(std::optional<WallTime> since, std::optional<WallTime> until,
                                    const std::vector<std::vector<Key>>& groups, const Take& take)
{
    DaysRead read;
    const auto days = list_days(files_, folder_);
    if (!days) return days.error();
    for (const auto day : *days) {
        if ((since && day < day_of(*since)) || (until && day > day_of(*until))) continue;
        if (const auto done = read_day(day, groups, take, read); !done) return done.error();
    }
    return read;
}

IoResult<> IndexedLog::read_day(Day day, const std::vector<std::vector<Key>>& groups,
                                const Take& take, DaysRead& read)
{
    const auto file = files_.open(folder_ + "/" + file_of(day), OpenMode::read);
    if (!file && file.error().value() == ENOENT) return {};  // its days were over just now
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    read.any_file = true;
    const auto take_here = [&](std::string_view line, std::uint64_t at) {
        return take(line, {day, at});
    };
    std::uint64_t done = 0;
    const auto segments = segments_.find(day);
    if (segments != segments_.end() && !groups.empty())
        for (const auto& segment : segments->second) {
            if (segment.begin < done || segment.end <= segment.begin || segment.end > *size) break;
            const auto mark = mark_of(**file, segment.begin, segment.end);
            if (!mark || *mark != segment.mark) break;  // another file than the one indexed
            const auto blocks = blocks_of(segment, groups);
            if (!blocks) break;
            auto range = read_range(**file, done, segment.begin, take_here, read);
            for (std::size_t i = 0; range && i < Index::blocks; ++i) {
                if (!blocks->test(i)) continue;
                const auto first = i;
                while (i + 1 < Index::blocks && blocks->test(i + 1))
                    ++i;
                const auto begin = segment.begin + first * Index::block_octets;
                const auto end = segment.begin + (i + 1) * Index::block_octets;
                range = read_range(**file, begin, std::min(end, segment.end), take_here, read);
            }
            if (!range) return range.error();
            done = segment.end;
        }
    return read_range(**file, done, std::numeric_limits<std::uint64_t>::max(), take_here, read);
}

std::optional<Index::Blocks> IndexedLog::blocks_of(const Index::Segment& segment,
                                                   const std::vector<std::vector<Key>>& groups)
{
    if (!index_) return {};
    Index::Blocks all;
    all.set();
    for (const auto& group : groups) {
        Index::Blocks any;
        for (const auto key : group) {
            const auto found = index_->find(segment, key);
            if (!found) {
                trouble_ = found.error().detail();
                index_.reset();
                return {};
            }
            any |= *found;
        }
        all &= any;
        if (all.none()) break;
    }
    return all;
}

}  // namespace imc::tracking
