#include "spool/segment_pool.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace imc::spool {

using namespace std::chrono_literals;

namespace {

constexpr auto probe_after = 1s;

}  // namespace

std::uint64_t SegmentPool::number_of(const std::string& name)
{
    return std::strtoull(name.c_str(), nullptr, 10);
}

void SegmentPool::take_used(std::unique_ptr<Segment> segment)
{
    ++count_;
    last_generation_ = std::max(last_generation_, segment->generation());
    chain_.push_back(std::move(segment));
}

void SegmentPool::take_spare(std::unique_ptr<Segment> segment)
{
    if (segment->capacity() != usual_) {
        (void)files_.remove(segment->path());
        return;
    }
    ++count_;
    spare_.push_back(std::move(segment));
}

void SegmentPool::succeed(std::uint64_t next_id)
{
    auto& last = *chain_.back();
    if (last.used() <= segment_header_octets && !last.damaged && !last.of_older_version()) {
        active_ = &last;  // says nothing else
        return;
    }
    if (spare_.empty() || !nothing_lingers()) return;
    auto next = std::move(spare_.front());
    spare_.pop_front();
    next->begin(++last_generation_, next_id, {last.generation(), last.used()});
    if (!next->write_header()) {
        // What it shows after a failed write nobody knows. The one in use stays.
        vanish(next->path());
        --count_;
        return;
    }
    active_ = next.get();
    chain_.push_back(std::move(next));
    recycle();
}

IoResult<> SegmentPool::fill()
{
    while (chain_.size() + spare_.size() < 2)
        if (auto made = create(usual_); !made) return made;
    return {};
}

Result<Segment*> SegmentPool::room_for(std::uint64_t octets, bool for_new_mail,
                                       std::uint64_t next_id)
{
    const auto needed = octets + group_header_octets + segment_header_octets;
    if (active_ != nullptr && active_->room() >= octets + group_header_octets) return active_;
    if (active_ == nullptr && std::chrono::steady_clock::now() < probe_at_)
        if (auto text = trouble_.text(); !text.empty())
            return Error{EventId::spool_write_failed, std::move(text)};
    // The last spare segment is kept for results: they must be recorded on a full disk, too.
    const bool enough = spare_.size() > (for_new_mail ? 1U : 0U);
    std::unique_ptr<Segment> next;
    if (enough && spare_.front()->capacity() >= needed) {
        next = std::move(spare_.front());
        spare_.pop_front();
    } else {
        const auto made = create(std::max(usual_, needed));
        if (!made) return no_room(made.error());
        next = std::move(spare_.back());  // the new one: it has no history
        spare_.pop_back();
    }
    active_ = next.get();
    Segment::Before before;
    if (!chain_.empty()) before = {chain_.back()->generation(), chain_.back()->used()};
    active_->begin(++last_generation_, next_id, before);
    chain_.push_back(std::move(next));
    return active_;
}

Error SegmentPool::no_room(const boost::system::error_code& why)
{
    probe_at_ = std::chrono::steady_clock::now() + probe_after;
    auto failure = trouble_.begin("make a segment in " + folder_, why);
    if (why.value() == ENOSPC || why.value() == EDQUOT)
        return Error{EventId::flush_mode_entered, folder_ + ": " + why.message()};
    return failure;
}

/// After a failed write or sync nobody knows what the page cache holds: never written again. One
/// that had nothing on disk yet may still show its former life there, and must go before anything
/// younger does.
void SegmentPool::abandon_active()
{
    active_->failed = true;
    if (!active_->has_contents()) {
        vanish(active_->path());
        chain_.pop_back();
        --count_;
    }
    active_ = nullptr;
    probe_at_ = std::chrono::steady_clock::now() + probe_after;
}

/// Removes a file for good. While that cannot be done, nothing younger is freed.
void SegmentPool::vanish(const std::string& path)
{
    const auto removed = files_.remove(path);
    const bool gone = removed || removed.error().value() == ENOENT;
    if (!gone || !files_.sync_folder(folder_)) lingering_.push_back(path);
}

bool SegmentPool::nothing_lingers()
{
    const auto again = std::exchange(lingering_, {});
    for (const auto& path : again)
        vanish(path);
    return lingering_.empty();
}

IoResult<> SegmentPool::create(std::uint64_t octets)
{
    char name[24];
    std::snprintf(name, sizeof name, "%08llu.seg", static_cast<unsigned long long>(++last_file_));
    auto segment = Segment::create(files_, folder_, name, octets);
    if (!segment) return segment.error();
    spare_.push_back(std::move(*segment));
    ++count_;
    return {};
}

void SegmentPool::recycle()
{
    auto segment = std::move(chain_.front());
    chain_.pop_front();
    if (segment->damaged) {
        (void)files_.rename(segment->path(), segment->path() + ".damaged");
        (void)files_.sync_folder(folder_);
        --count_;
        return;
    }
    // Those of another size were made for one large message.
    const bool usual = segment->capacity() == usual_ && !segment->failed;
    if (usual && spare_.size() < 3 && segment->forget()) {
        spare_.push_back(std::move(segment));
        return;
    }
    vanish(segment->path());
    --count_;
}

}  // namespace imc::spool
