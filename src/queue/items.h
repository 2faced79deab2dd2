#pragma once
/// @file queue/items.h  Messages in the queue, who of their recipients is due when, and how many
/// there are of each sort. Pure: no clock, no lock.
///
/// A recipient that waits is either busy (in a ready queue, being delivered, being recorded) or
/// stands in the timetable; never both. Whoever takes one gives it back: settle() or release().
#include "queue/observer.h"
#include "spool/spool.h"

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

namespace imc::queue {

struct Item {
    spool::MessageId id;
    std::shared_ptr<const spool::Envelope> envelope;
    spool::Body body;  ///< while it is in memory
    std::uint64_t octets = 0;
    bool recovered = false;  ///< found at start: an attempt may have gone unrecorded
    struct Recipient {
        spool::RecipientState state = {};
        bool busy = false;
        bool flying = false;  ///< being delivered
        std::string route = {};
    };
    std::vector<Recipient> recipients;
    std::size_t waiting = 0;  ///< of Items: recipients without a final outcome

    Seen seen() const { return {id, *envelope, octets}; }
};
using ItemPtr = std::shared_ptr<Item>;

struct Taken {
    ItemPtr item;
    std::vector<std::uint32_t> recipients;
};

class Items {
public:
    /// Those marked busy are not due.
    void insert(ItemPtr item);
    ItemPtr find(std::uint64_t id) const;
    const std::unordered_map<std::uint64_t, ItemPtr>& all() const { return items_; }

    /// Marks a waiting recipient busy. False: it is busy, or needs nothing.
    bool take(Item& item, std::uint32_t recipient);
    /// A busy one is on its way now.
    void fly(Item& item, std::uint32_t recipient);
    /// Nothing came of it: due again when it was.
    void release(Item& item, std::uint32_t recipient);
    /// What is known of it now. With the last final outcome the message is gone.
    void settle(Item& item, std::uint32_t recipient, spool::RecipientState state);

    std::optional<WallTime> next_due() const;
    /// Takes all that are due.
    std::vector<Taken> take_due(WallTime now);

    struct Tally {
        std::size_t messages = 0;
        std::size_t recipients = 0;   ///< that wait
        std::size_t in_delivery = 0;  ///< of them
        std::size_t deferred = 0;     ///< of them: wait for their time
    };
    Tally tally() const;

private:
    void land(Item::Recipient& recipient);

    std::unordered_map<std::uint64_t, ItemPtr> items_;
    std::set<std::tuple<WallTime, std::uint64_t, std::uint32_t>> due_;
    std::size_t waiting_ = 0;
    std::size_t flying_ = 0;
};

}  // namespace imc::queue
