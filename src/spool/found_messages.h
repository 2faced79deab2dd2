#pragma once
/// @file spool/found_messages.h  The messages of a log between a start and their handing over, as
/// they stand there: in blocks that go back to the system one by one, so that a million of them
/// leaves no heap that has grown for ever.
///
/// Threads: one at a time.
#include "spool/live_index.h"
#include "spool/records.h"

#include <deque>
#include <functional>

namespace imc::spool {

class FoundMessages {
public:
    void add(const Segment& segment, const RecordPlace& record);

    /// All records have been read: drops those whose newest place is elsewhere, and notes how
    /// those have changed since. Nothing alive is copied forward before that.
    void settle(const LiveIndex& index);

    std::size_t size() const { return entries_.size(); }
    /// By id.
    void each(const std::function<void(MessageId)>& take) const;
    /// Without its states. @return nothing: there is none
    std::optional<Recovered> find(MessageId id) const;
    /// Up to `most` of those that have not ended meanwhile, the youngest, by id; none: that were
    /// all.
    std::vector<Recovered> take(std::size_t most, const LiveIndex& index);

private:
    /// Of memory that is not the heap's.
    class Block {
    public:
        explicit Block(std::size_t octets);
        Block(const Block&) = delete;
        Block& operator=(const Block&) = delete;
        ~Block();
        std::size_t room() const { return size_ - used_; }
        /// @return where they begin
        std::size_t take(std::size_t octets) { return std::exchange(used_, used_ + octets); }
        char* at(std::size_t place) { return begin_ + place; }

    private:
        char* begin_;
        std::size_t size_;
        std::size_t used_ = 0;
    };
    /// What stands in a block, and behind it the record's kind and head.
    struct Place {
        const Segment* segment;
        std::uint32_t at;
        std::uint32_t octets;
    };
    struct Entry {
        std::uint64_t id;
        std::uint32_t block;
        std::uint32_t at;  ///< in the block
    };

    void keep(std::uint64_t id, Place place, RecordKind kind, std::string_view head);
    void drop(const Entry& entry);
    struct Kept {
        Place place;
        RecordKind kind;
        std::string_view head;
    };
    Kept read(const Entry& entry) const;
    Recovered recovered(const Entry& entry) const;

    struct Counted {
        std::unique_ptr<Block> block;
        std::uint32_t entries = 0;
    };
    std::vector<Counted> blocks_;
    std::deque<Entry> entries_;
};

}  // namespace imc::spool
