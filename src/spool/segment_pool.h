#pragma once
/// @file spool/segment_pool.h  The segments of one log: those in use, oldest first, and spare ones.
///
/// Threads: one at a time (the writer's, once it runs); segments() from any.
#include "spool/segment.h"
#include "spool/segment_index.h"
#include "spool/spare_segments.h"
#include "spool/trouble.h"

#include <atomic>
#include <chrono>
#include <deque>

namespace imc::spool {

class SegmentPool {
public:
    SegmentPool(FileSystem& files, SegmentIndexes& indexes, Trouble& trouble, std::string folder,
                std::uint64_t segment_octets, std::chrono::milliseconds spare_idle)
        : files_{files}, indexes_{indexes}, trouble_{trouble}, folder_{std::move(folder)},
          usual_{segment_octets}, spare_{files, folder_, segment_octets, spare_idle}
    {}

    std::size_t segments() const { return count_.load() + spare_.size(); }
    /// Those whose contents count; the active one is the youngest.
    std::size_t in_use() const { return chain_.size(); }
    std::uint64_t usual_octets() const { return usual_; }
    Segment* oldest() { return chain_.empty() ? nullptr : chain_.front().get(); }
    bool is_active(const Segment& segment) const { return &segment == active_; }

    // ---- at start, oldest generation first
    void found(const std::string& name) { spare_.found(number_of(name)); }
    void take_used(std::unique_ptr<Segment> segment);
    /// One of another size than usual is removed.
    void take_spare(std::unique_ptr<Segment> segment);
    /// At start, when the only segment in use has nothing alive: it is freed once another one's
    /// header says which ids were given. Else a process that ends before it writes would leave none
    /// that says so: ids would begin anew, and the store would take new mail for mail it has
    /// delivered.
    void succeed(std::uint64_t next_id);
    /// At least two segments, so that a spare one takes results on a full disk.
    IoResult<> fill();

    // ---- while running
    /// The active segment, or another one with room for a group of `octets`. The last spare one is
    /// not given for new mail. @param next_id  no smaller id will be given to a message any more
    Result<Segment*> room_for(std::uint64_t octets, bool for_new_mail, std::uint64_t next_id);
    /// How much a group may hold so that it needs no other segment than the active one, or than a
    /// usual one behind that.
    std::uint64_t group_room() const;
    /// After a failed write or sync of the active segment.
    void abandon_active();
    /// The oldest has nothing alive: spare again, or gone.
    void recycle();
    /// SegmentIndex::head_at() of a segment that is not written any more.
    std::optional<std::string> head_in_index(const Segment& segment, std::uint64_t at) const;
    /// Tries again to remove what should be gone. Nothing younger may be freed before.
    bool nothing_lingers();

private:
    static std::uint64_t number_of(const std::string& name);
    void make_ahead();
    void leave_active();
    Error no_room(const boost::system::error_code& why);
    void vanish(const std::string& path);

    FileSystem& files_;
    SegmentIndexes& indexes_;
    Trouble& trouble_;
    const std::string folder_;
    const std::uint64_t usual_;
    std::deque<std::unique_ptr<Segment>> chain_;  ///< in use, oldest first; the last is active
    Segment* active_ = nullptr;
    std::uint64_t last_generation_ = 0;
    std::chrono::steady_clock::time_point began_{};  ///< the active one
    bool made_ahead_ = false;
    std::vector<std::string> lingering_;  ///< files that are to go and could not be removed
    std::chrono::steady_clock::time_point probe_at_{};
    bool abandoned_ = false;             ///< the last one, after a failed write
    std::atomic<std::size_t> count_{0};  ///< of those in use
    SpareSegments spare_;
};

}  // namespace imc::spool
