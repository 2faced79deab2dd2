#pragma once
/// @file spool/live_index.h  Which messages are alive, where they stand, and what is known of them.
///
/// Threads: all but lock() is called under it, or while nobody else has the index.
#include "spool/changes.h"
#include "spool/large_texts.h"
#include "spool/segment.h"
#include "spool/spool.h"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace imc::spool {

struct Live {
    Segment* segment;
    std::uint64_t body_at;
    std::uint32_t body_octets;
    std::uint32_t body_crc;
    std::uint64_t record_at;  ///< behind the record's length and kind
    std::uint32_t record_octets;
    std::uint32_t waiting;  ///< recipients without a final outcome
    std::uint32_t recipients;
    std::vector<RecipientState> states = {};      ///< empty: nothing is known of any of them
    Body body = {};                               ///< in memory until the first attempt has failed
    std::shared_ptr<const LargePart> large = {};  ///< what follows in a file of its own
    std::unique_ptr<Changes> changes = {};        ///< since its record was written
};

class LiveIndex {
public:
    /// @param cached_octets  of bodies kept in memory at most
    explicit LiveIndex(std::uint64_t cached_octets) : most_cached_{cached_octets} {}

    [[nodiscard]] std::unique_lock<std::mutex> lock() const { return std::unique_lock{mutex_}; }

    /// @return null: it is not alive. Valid until the message is inserted again or erased.
    Live* find(std::uint64_t id);
    Live& at(std::uint64_t id) { return messages_.at(id); }
    std::size_t size() const { return messages_.size(); }
    std::uint64_t live_octets() const { return live_octets_; }

    /// What was known of the same message before is replaced.
    void insert(std::uint64_t id, Live live);
    void erase(std::uint64_t id);
    /// The message has been copied: its newest place is here.
    void move(std::uint64_t id, Segment& to, std::uint64_t record_at, std::uint64_t body_at,
              std::uint32_t record_octets);
    /// A message that is done is gone after that.
    void apply(const Commit& change);

    /// Of messages that have gone: those whose files are to be removed.
    std::vector<std::uint64_t> take_gone() { return std::exchange(gone_, {}); }

    void keep_body(Live& live, const Body& body);
    void drop_body(Live& live);

private:
    static void set(Live& live, std::uint32_t recipient, const RecipientState& news);

    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, Live> messages_;
    std::vector<std::uint64_t> gone_;
    std::uint64_t live_octets_ = 0;
    std::uint64_t cached_ = 0;
    std::uint64_t most_cached_;
};

}  // namespace imc::spool
