#include "spool/segment_pool.h"

#include <algorithm>
#include <cerrno>
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
    if (!spare_.give(segment)) (void)files_.remove(segment->path());
}

void SegmentPool::succeed(std::uint64_t next_id)
{
    if (active_ != nullptr || chain_.size() != 1) return;
    auto& last = *chain_.back();
    if (last.used() <= segment_header_octets && !last.damaged && !last.of_older_version()) {
        active_ = &last;  // says nothing else
        active_->write_directly(files_);
        return;
    }
    if (!nothing_lingers()) return;
    auto next = spare_.take(0);
    if (!next) return;
    next->begin(++last_generation_, next_id, {last.generation(), last.used()});
    if (!next->write_header()) {
        // What it shows after a failed write nobody knows. The one in use stays.
        vanish(next->path());
        return;
    }
    active_ = next.get();
    active_->write_directly(files_);
    ++count_;
    chain_.push_back(std::move(next));
    recycle();
}

IoResult<> SegmentPool::fill()
{
    while (chain_.size() + spare_.size() < 2) {
        auto made = spare_.make(usual_);
        if (!made) return made.error();
        (void)spare_.give(*made);
    }
    // One is kept for results on a full disk: made as soon as there is room.
    if (spare_.size() == 0) spare_.want(1);
    return {};
}

std::uint64_t SegmentPool::group_room() const
{
    const auto fresh = usual_ - segment_header_octets - group_header_octets;
    if (active_ == nullptr) return fresh;
    const auto room = active_->room();
    return room > fresh / 8 ? room - group_header_octets : fresh;
}

Result<Segment*> SegmentPool::room_for(std::uint64_t octets, bool for_new_mail,
                                       std::uint64_t next_id)
{
    const auto needed = octets + group_header_octets + segment_header_octets;
    if (active_ != nullptr && active_->room() >= octets + group_header_octets) {
        if (active_->room() < active_->capacity() / 2) make_ahead();
        return active_;
    }
    // A disk that cannot make a segment may still write into the one that is kept for results.
    const bool waits = abandoned_ || for_new_mail;
    if (active_ == nullptr && waits && std::chrono::steady_clock::now() < probe_at_)
        if (auto text = trouble_.text(); !text.empty())
            return Error{EventId::spool_write_failed, std::move(text)};
    // The last spare segment is kept for results: they must be recorded on a full disk, too.
    std::unique_ptr<Segment> next;
    if (needed <= usual_) next = spare_.take(for_new_mail ? 1 : 0);
    if (!next) {
        auto made = spare_.make(needed <= usual_ ? usual_ : (needed + 4095) / 4096 * 4096);
        if (!made) return no_room(made.error());
        next = std::move(*made);
    }
    leave_active();
    abandoned_ = false;
    active_ = next.get();
    Segment::Before before;
    if (!chain_.empty()) before = {chain_.back()->generation(), chain_.back()->used()};
    active_->begin(++last_generation_, next_id, before);
    active_->write_directly(files_);
    chain_.push_back(std::move(next));
    ++count_;
    return active_;
}

/// The next is there when this one is full; more when they fill fast.
void SegmentPool::make_ahead()
{
    if (std::exchange(made_ahead_, true)) return;
    const auto half = std::chrono::steady_clock::now() - began_;
    spare_.want(half < 250ms ? 4 : half < 2500ms ? 3 : 2);
}

void SegmentPool::leave_active()
{
    if (active_ != nullptr) {
        active_->leave();
        indexes_.write(*active_, std::exchange(active_->without_bodies, {}));
    }
    began_ = std::chrono::steady_clock::now();
    made_ahead_ = false;
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
    if (active_ == nullptr) return;  // it is already
    active_->failed = abandoned_ = true;
    active_->leave();
    active_->without_bodies = {};
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

std::optional<std::string> SegmentPool::head_in_index(const Segment& segment,
                                                      std::uint64_t at) const
{
    const auto index = SegmentIndex::read(files_, segment, segment.used());
    return index ? index->head_at(at) : std::nullopt;
}

void SegmentPool::recycle()
{
    auto segment = std::move(chain_.front());
    chain_.pop_front();
    --count_;
    indexes_.remove(*segment);
    if (segment->damaged) {
        // Under its name it would be replayed without the news that younger ones had of it.
        if (files_.rename(segment->path(), segment->path() + ".damaged") &&
            files_.sync_folder(folder_))
            return;
        return vanish(segment->path());
    }
    // Those of another size were made for one large message.
    const bool usual = segment->capacity() == usual_ && !segment->failed;
    if (usual && spare_.wants_more() && segment->forget() && spare_.give(segment)) return;
    vanish(segment->path());
}

}  // namespace imc::spool
