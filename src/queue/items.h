#pragma once
/// @file queue/items.h  Messages in the queue, where each of their recipients stands, who is due
/// when, and how many there are of each sort. Pure: no clock, no lock.
///
/// A million of them wait: one with one recipient takes about 300 octets. Times are queue time.
///
/// A recipient that waits is idle (due at its time) or on its way; whoever takes one from where it
/// waits gives it back: settle() or release().
#include "queue/calendar.h"
#include "queue/packed_envelope.h"
#include "queue/reason.h"
#include "queue/said.h"
#include "queue/site.h"
#include "queue/terms.h"

#include <boost/intrusive/set.hpp>

namespace imc::queue {

enum class Stage : std::uint8_t {
    idle,       ///< due at next_attempt
    routing,    ///< the resolver is asked
    locating,   ///< in its lane, until that has a site
    ready,      ///< in the ready queue of a site
    listed,     ///< stands for others, who are found when its turn has come
    flying,     ///< being delivered
    recording,  ///< what became of it is being made durable
    held,       ///< an administrator's terms say so; nobody is due
    deleted,    ///< likewise; kept for a while, and does not wait
    done,
};
inline constexpr std::size_t stages = 10;

struct Recipient {
    WallTime next_attempt{};
    const Said* said = nullptr;    ///< of Items
    LanePtr lane;                  ///< its last; null: none yet
    std::unique_ptr<Terms> terms;  ///< that an administrator has set; null: none
    std::uint32_t since = 0;       ///< seconds; when it came to its stage
    std::uint32_t ticket = 0;      ///< of the Load that may take it
    std::uint16_t attempts = 0;
    std::uint16_t way = 0;  ///< of the decision that is kept (transfer/decision.h); 0: none
    Stage stage = Stage::idle;
    Reason because = Reason::due_later;  ///< while idle
    std::uint8_t notices = 0;            ///< delay notices sent

    bool waits() const { return stage != Stage::done; }
};

struct Item final : boost::intrusive_ref_counter<Item>,
                    Dated,
                    boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>> {
    Item(spool::MessageId id_, const spool::Envelope& envelope_, WallTime arrived)
        : id{id_}, envelope{envelope_}, arrived_at{arrived}, priority{envelope_.priority},
          count{static_cast<std::uint32_t>(envelope_.recipients.size())},
          others{count > 1 ? std::make_unique<Recipient[]>(count - 1) : nullptr}
    {}

    Recipient& recipient(std::uint32_t index) { return index == 0 ? first : others[index - 1]; }
    const Recipient& recipient(std::uint32_t index) const
    {
        return index == 0 ? first : others[index - 1];
    }

    const spool::MessageId id;
    const PackedEnvelope envelope;
    std::unique_ptr<spool::Body> body;  ///< while it is in memory
    std::uint64_t octets = 0;
    const WallTime arrived_at;
    const spool::Priority priority;
    bool copy = false;            ///< of a list: its recipients pass nothing on any more
    bool recovered = false;       ///< found at start: an attempt may have gone unrecorded
    bool in_line = false;         ///< of those whose lists wait
    std::uint32_t looked_at = 0;  ///< of Items: seconds after arrival, for look_at(); 0: never
    std::uint32_t waiting = 0;    ///< of Items: recipients without a final outcome
    std::uint32_t idle = 0;       ///< of Items
    std::uint32_t decided = 0;    ///< octets of its later_decisions
    const std::uint32_t count;    ///< of recipients

private:
    Recipient first;
    std::unique_ptr<Recipient[]> others;
};

struct Taken {
    ItemPtr item;
    std::vector<std::uint32_t> recipients;  ///< that are due
    bool look = false;                      ///< the time of look_at() has come
};

class Items {
public:
    Items() = default;
    ~Items();
    Items(const Items&) = delete;
    Items& operator=(const Items&) = delete;

    /// Whatever happens from now on happens at this time.
    void pass(WallTime now) { now_ = now; }
    WallTime now() const { return now_; }

    /// Its recipients stand where their `stage` says.
    void insert(ItemPtr item);
    ItemPtr find(std::uint64_t id) const;
    ItemPtr after(std::uint64_t id) const;  ///< the next by id; null: none
    std::uint64_t newest() const { return items_.empty() ? 0 : items_.rbegin()->id.number; }

    /// Takes one that waits: idle, parked or held. False: it is busy, or needs nothing.
    bool take(Item& item, std::uint32_t recipient, Stage to = Stage::routing);
    /// One that was taken goes on, or to where it is parked.
    void move(Item& item, std::uint32_t recipient, Stage to);
    /// Its way; not while it is parked.
    void set_lane(Recipient& recipient, LanePtr lane) { recipient.lane = std::move(lane); }
    /// Nothing came of it: due again when it was.
    void release(Item& item, std::uint32_t recipient);
    /// It was parked, and looks for another way: due now.
    void release_now(Item& item, std::uint32_t recipient);
    /// What is known of it now. With the last final outcome the message is gone.
    void settle(Item& item, std::uint32_t recipient, const spool::RecipientState& state);
    /// Before insert().
    void set_known(Recipient& recipient, const spool::RecipientState& state);
    static spool::RecipientState known(const Recipient& recipient);

    /// take_due() gives it at that time, too, whoever is due; once. The earlier of two counts.
    void look_at(Item& item, WallTime when);

    std::optional<WallTime> next_due() const { return calendar_.next(); }
    /// Takes all that are due, of at most so many messages.
    std::vector<Taken> take_due(WallTime now, std::size_t most = 1'000'000);

    struct Tally {
        std::size_t messages = 0;
        std::size_t recipients = 0;   ///< that wait
        std::size_t in_delivery = 0;  ///< of them
        std::size_t deferred = 0;     ///< of them: wait for their time
    };
    Tally tally() const;
    std::size_t at(Stage stage) const { return at_[static_cast<std::size_t>(stage)]; }
    std::size_t idle(Reason because) const { return idle_[static_cast<std::size_t>(because)]; }

private:
    struct ById {
        using type = std::uint64_t;
        type operator()(const Item& item) const { return item.id.number; }
    };
    using Set = boost::intrusive::set<Item, boost::intrusive::key_of_value<ById>,
                                      boost::intrusive::base_hook<boost::intrusive::set_base_hook<
                                          boost::intrusive::optimize_size<true>>>>;

    void count(Item& item, const Recipient& recipient, std::size_t one);
    void go(Item& item, Recipient& recipient, Stage to);
    void date(Item& item, WallTime when);

    Set items_;
    Calendar<Item> calendar_;
    SaidBook book_;
    WallTime now_{};
    std::array<std::size_t, stages> at_{};
    std::array<std::size_t, reasons> idle_{};
};

}  // namespace imc::queue
