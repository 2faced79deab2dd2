#pragma once
/// @file spool/reading.h  One text that is being read back.
#include "spool/live_index.h"

namespace imc::spool {

/// Reads a text without the index's lock; its segment is kept meanwhile, though the message end.
class Reading {
public:
    explicit Reading(LiveIndex& index) : index_{index} {}
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading()
    {
        if (segment_ == nullptr) return;
        const auto lock = index_.lock();
        --segment_->readers;
    }

    /// Under the lock.
    void begin(const Live& live)
    {
        segment_ = live.segment;
        ++segment_->readers;
        at_ = live.body_at();
        size_ = live.body_octets;
        crc_ = live.body_crc;
    }
    IoResult<std::string> octets() const { return segment_->read(at_, size_); }
    const std::string& path() const { return segment_->path(); }
    /// The segment is kept when nothing in it is alive any more.
    void set_aside() const { segment_->damaged = true; }
    std::size_t size() const { return size_; }
    std::uint32_t crc() const { return crc_; }

private:
    LiveIndex& index_;
    Segment* segment_ = nullptr;
    std::uint64_t at_ = 0;
    std::size_t size_ = 0;
    std::uint32_t crc_ = 0;
};

}  // namespace imc::spool
