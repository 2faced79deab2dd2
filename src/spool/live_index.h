#pragma once
/// @file spool/live_index.h  Which messages are alive, where they stand, and what is known of them.
///
/// Threads: all but lock() is called under it, or while nobody else has the index.
#include "spool/changes.h"
#include "spool/large_texts.h"
#include "spool/segment.h"
#include "spool/spool.h"

#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace imc::spool {

/// A RecipientState whose texts are kept once for all who have the same.
struct CompactState {
    std::int64_t next_attempt_ms = 0;
    std::uint32_t attempts = 0;
    std::uint32_t texts = 0;  ///< of StateTexts
    Outcome outcome = Outcome::waiting;
};

/// Status, reply and host of results: when a host does not answer, a million recipients have the
/// same.
class StateTexts {
public:
    std::uint32_t keep(const RecipientState& state);
    void release(std::uint32_t texts);
    void read(std::uint32_t texts, RecipientState& into) const;

private:
    struct Entry {
        const std::string* joined = nullptr;
        std::uint32_t users = 0;
    };
    std::unordered_map<std::string, std::uint32_t> known_;
    std::vector<Entry> entries_{1};  ///< 0: all are empty
    std::vector<std::uint32_t> free_;
};

/// About 100 octets of memory for a message with one recipient, in all.
struct Live {
    Segment* segment;
    std::uint32_t body_octets;
    std::uint32_t body_crc;
    std::uint32_t record_at;  ///< behind the record's length and kind
    std::uint32_t record_octets;
    std::uint32_t waiting;  ///< recipients without a final outcome
    std::uint32_t recipients;
    std::uint32_t
        head_crc;  ///< of the payload before the body: no checksum on the disk covers it alone
    CompactState first = {};
    /// What most messages do not have.
    struct More {
        std::vector<CompactState> others = {};        ///< of the second recipient and so on
        std::unique_ptr<Changes> changes = {};        ///< since its record was written
        std::shared_ptr<const LargePart> large = {};  ///< what follows in a file of its own
    };
    std::unique_ptr<More> more = {};

    std::uint32_t head_octets() const { return record_octets - body_octets; }
    std::uint64_t body_at() const { return std::uint64_t{record_at} + record_octets - body_octets; }
    More& with_more()
    {
        if (!more) more = std::make_unique<More>();
        return *more;
    }
    std::shared_ptr<const LargePart> large() const { return more ? more->large : nullptr; }
    const Changes* changes() const { return more ? more->changes.get() : nullptr; }
};

class LiveIndex {
public:
    /// @param cached_octets  of bodies kept in memory at most
    explicit LiveIndex(std::uint64_t cached_octets) : most_cached_{cached_octets} {}

    [[nodiscard]] std::unique_lock<std::mutex> lock() const { return std::unique_lock{mutex_}; }

    /// @return null: it is not alive. Valid until the message is inserted again or erased.
    Live* find(std::uint64_t id);
    const Live* find(std::uint64_t id) const;
    Live& at(std::uint64_t id) { return messages_.at(id); }
    std::size_t size() const { return messages_.size(); }
    std::uint64_t live_octets() const { return live_octets_; }

    /// What was known of the same message before is replaced.
    /// @param states  empty: nothing is known of any of its recipients
    void insert(std::uint64_t id, Live live, const std::vector<RecipientState>& states = {});
    /// One per recipient.
    std::vector<RecipientState> states(const Live& live) const;
    void erase(std::uint64_t id);
    /// The message has been copied: its newest place is here.
    void move(std::uint64_t id, Segment& to, std::uint64_t record_at, std::uint32_t record_octets,
              std::uint32_t head_crc);
    /// A message that is done is gone after that.
    void apply(const Commit& change);

    /// What stands on the disk of this message does not fit its checksum.
    /// @return whether nobody had found that before
    bool damaged(std::uint64_t id) { return damaged_.insert(id).second; }

    /// Of messages that have gone: those whose files are to be removed.
    std::vector<std::uint64_t> take_gone() { return std::exchange(gone_, {}); }

    void keep_body(std::uint64_t id, const Body& body);
    void drop_body(std::uint64_t id);
    /// In memory until the first attempt has failed; null: it must be read.
    Body cached(std::uint64_t id) const;

private:
    static bool is_last_word(const Live& live, const Commit& change);
    bool ends_after(Live& live, const Commit& change);
    void set(Live& live, std::uint32_t recipient, const RecipientState& news);
    CompactState* state(Live& live, std::uint32_t recipient);

    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, Live> messages_;
    std::unordered_map<std::uint64_t, Body> bodies_;
    StateTexts texts_;
    std::vector<std::uint64_t> gone_;
    std::set<std::uint64_t> damaged_;
    std::uint64_t live_octets_ = 0;
    std::uint64_t cached_ = 0;
    std::uint64_t most_cached_;
};

}  // namespace imc::spool
