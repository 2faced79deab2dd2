#pragma once
/// @file spool/reading.h  One text, or what stands before it, that is being read back.
#include "spool/crc32c.h"
#include "spool/encoding.h"
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
    /// Under the lock: the record's kind and all before the text, instead of the text.
    void begin_head(const Live& live)
    {
        begin(live);
        at_ = live.record_at - 1;
        size_ = live.head_octets() + std::size_t{1};
        crc_ = live.head_crc;
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

/// The evidence in what begin_head() has read, and what has changed since.
inline Result<std::vector<Evidence>> evidence_in(std::string_view octets, std::size_t size,
                                                 std::uint32_t crc, const Changes& later,
                                                 MessageId id, const std::string& path)
{
    const bool whole =
        !octets.empty() && octets.size() == size && crc32c(0, octets.substr(1)) == crc;
    auto record = whole
                      ? read_message_head(static_cast<RecordKind>(octets.front()), octets.substr(1))
                      : std::nullopt;
    if (!record)
        return Error{EventId::spool_damaged, path + ": the record of message " + id.to_string() +
                                                 " does not fit its checksum"};
    apply(later, record->envelope, record->evidence);
    return std::move(record->evidence);
}

}  // namespace imc::spool
