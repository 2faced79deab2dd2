#include "spool/lost_headers.h"

#include "spool/crc32c.h"

#include <algorithm>
#include <map>
#include <set>

namespace imc::spool {
namespace {

constexpr std::size_t freed = segment_header_octets + group_header_octets;  // octets of zeros
constexpr std::uint64_t ahead = 8;             // generations that failed writes may have skipped
constexpr std::uint64_t most_lost = 64 << 10;  // octets that a disk loses at a time

bool is_zero(std::string_view octets)
{
    return std::ranges::all_of(octets, [](char c) { return c == '\0'; });
}

class Finder {
public:
    Finder(FileSystem& files, const std::vector<std::unique_ptr<Segment>>& segments)
        : files_{files}, segments_{segments}
    {}

    LostHeaders run()
    {
        std::vector<Segment*> suspects;
        for (const auto& segment : segments_)
            if (segment->generation() == 0 && !looks_free(*segment))
                suspects.push_back(segment.get());
        // One that has its header again may tell of another.
        for (bool more = !suspects.empty(); more;) {
            look_at_headers();
            more = std::erase_if(suspects, [this](Segment* segment) {
                       if (!by_index(*segment) && !by_groups(*segment)) return false;
                       (is_torn(*segment) ? out_.begun : out_.mended).push_back(segment);
                       return true;
                   }) > 0;
        }
        for (auto* const segment : suspects)
            if (holds_groups(*segment)) out_.lost.push_back(segment);
        return std::move(out_);
    }

private:
    void look_at_headers()
    {
        there_.clear();
        told_.clear();
        for (const auto& segment : segments_) {
            if (segment->generation() == 0) continue;
            there_.insert(segment->generation());
            next_id_ = std::max(next_id_, segment->next_id());
            if (segment->before().generation != 0)
                told_[segment->before().generation] = segment->before().used;
        }
        youngest_ = there_.empty() ? 0 : *there_.rbegin();
    }
    /// It may stand in a segment without a header.
    bool is_wanted(std::uint64_t generation) const
    {
        return generation != 0 && !there_.contains(generation) &&
               (generation > youngest_ || told_.contains(generation));
    }

    bool by_index(Segment& segment)
    {
        const auto owner = SegmentIndex::owner(files_, segment);
        const auto header = owner ? Segment::parse_header(owner->header) : std::nullopt;
        if (!header || !is_wanted(header->generation)) return false;
        const auto told = told_.find(header->generation);
        if (told != told_.end() && told->second != owner->used) return false;
        segment.assume(*header);
        if (SegmentIndex::read(files_, segment, owner->used)) return take(segment);
        segment.begin(0, 0, {});
        return false;
    }

    bool by_groups(Segment& segment)
    {
        for (const auto generation : candidates(segment)) {
            segment.assume(Segment::new_header(generation, std::max<std::uint64_t>(next_id_, 1),
                                               before(generation)));
            const auto end = segment.walk([](const Segment::Group&) {}, segment_header_octets + 1);
            if (end && *end > segment_header_octets) return take(segment);
        }
        segment.begin(0, 0, {});
        return false;
    }
    bool take(const Segment& segment)
    {
        there_.insert(segment.generation());
        return true;
    }

    /// By a power cut, and no damage: of the youngest, a part of the header and then the zeros of a
    /// free one, where a group of the same write came to the disk and nothing was acknowledged; of
    /// the oldest, zeros and then the rest of what is overwritten with zeros, when it was about to
    /// be free. More zeros than that are a sector which the disk has lost.
    bool is_torn(const Segment& segment) const
    {
        constexpr std::size_t known = 24;  // as far as the generation
        const auto head = segment.read(0, freed);
        if (!head || head->empty()) return false;
        if (segment.generation() == *there_.begin() && head->front() == '\0')
            return !is_zero(*head);
        const auto octets = std::string_view{*head}.substr(0, segment_header_octets);
        const auto written = octets.find_last_not_of('\0') + 1;
        return segment.generation() > youngest_ && written < segment_header_octets &&
               segment.header().starts_with(octets.substr(0, std::min(written, known)));
    }

    std::vector<std::uint64_t> candidates(const Segment& segment) const
    {
        std::vector<std::uint64_t> out;
        for (const auto& [generation, used] : told_)
            if (is_wanted(generation)) out.push_back(generation);
        if (const auto head = segment.read(0, segment_header_octets); head) {
            Reader in{std::string_view{*head}.substr(std::min<std::size_t>(head->size(), 16))};
            if (const auto said = in.u64(); !in.failed() && is_wanted(said)) out.push_back(said);
        }
        for (auto next = youngest_ + 1; next <= youngest_ + ahead; ++next)
            if (is_wanted(next)) out.push_back(next);
        return out;
    }
    /// The one before it, if its index says how far that was acknowledged.
    Segment::Before before(std::uint64_t generation) const
    {
        const Segment* last = nullptr;
        for (const auto& segment : segments_)
            if (segment->generation() != 0 && segment->generation() < generation &&
                (last == nullptr || segment->generation() > last->generation()))
                last = segment.get();
        if (last == nullptr) return {};
        const auto owner = SegmentIndex::owner(files_, *last);
        if (!owner || owner->header != last->header()) return {};
        return {last->generation(), owner->used};
    }

    /// Anywhere in it. Asks for no more than that it be worth keeping.
    bool holds_groups(const Segment& segment)
    {
        const auto all = segment.salvage(0, static_cast<std::size_t>(segment.capacity()));
        const std::string_view octets{all.octets};
        const bool unread = !all.failure.empty();
        if (unread) out_.unread += segment.capacity();
        std::vector<std::uint32_t> seeds;
        for (const auto generation : candidates(segment))
            seeds.push_back(Segment::seed_of(generation));
        std::uint64_t checked = 0;
        bool found = unread;  // and what can be read of it names ids all the same
        for (std::size_t at = segment_header_octets; at + freed < octets.size();) {
            const auto group = Segment::group_at(octets, at, seeds, checked);
            if (checked > Segment::most_checked) return true;
            if (!group) {
                ++at;
                continue;
            }
            found = true;
            note_ids(*group);
            at += group_header_octets + group->size();
        }
        return found;
    }
    void note_ids(std::string_view records)
    {
        out_.last_id = std::max(out_.last_id, largest_id(records));
    }

    FileSystem& files_;
    const std::vector<std::unique_ptr<Segment>>& segments_;
    std::set<std::uint64_t> there_;                ///< generations with a header
    std::map<std::uint64_t, std::uint64_t> told_;  ///< by others: how far they were acknowledged
    std::uint64_t youngest_ = 0, next_id_ = 1;
    LostHeaders out_;
};

}  // namespace

bool looks_free(const Segment& segment)
{
    const auto most = std::clamp<std::uint64_t>(segment.capacity() / 16, 512, most_lost);
    const auto begin = segment.read(0, static_cast<std::size_t>(most));
    if (!begin) return false;
    const std::string_view octets{*begin};
    const auto written = octets.substr(0, freed).find_last_not_of('\0');
    // The torn first write into it, or the torn zeros of its end; one that was whole had its
    // header, and a group or nothing.
    if (written != octets.npos)
        return written + 1 < segment_header_octets ||
               is_zero(octets.substr(0, segment_header_octets + 1));
    const auto behind = octets.substr(std::min(freed, octets.size()));
    return !is_zero(behind.substr(0, 4)) || is_zero(behind);
}

LostHeaders find_lost_headers(FileSystem& files,
                              const std::vector<std::unique_ptr<Segment>>& segments)
{
    return Finder{files, segments}.run();
}

}  // namespace imc::spool
