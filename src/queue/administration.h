#pragma once
/// @file queue/administration.h  What an administrator does to what waits.
///
/// An action takes what fits in groups, makes each group durable with one sync, and lets the queue
/// go on between them. After a crash each recipient is as before or as after, none is lost. What is
/// being delivered at that moment is left alone, and counted.
///
/// Errors:  40402 (refused: what was found, what is expected), 40150 and 3018 (not recorded; what
///          was done before stands)
/// Threads: any.
#include "queue/queue.h"

#include <atomic>

namespace imc::queue {

struct Taken;

enum class Verb : std::uint8_t {
    retry,     ///< due now
    hold,      ///< until a time, or until it is released
    release,   ///< of those that are held
    reroute,   ///< to a host, or as configured
    expire,    ///< at a time: fails then, with a report, if nothing has come of it
    bounce,    ///< fails now, with a report
    remove,    ///< without a report; kept for 24 hours
    undelete,  ///< of those that were removed and are still kept
};
inline constexpr std::size_t verbs = 8;
std::string_view name_of(Verb verb);  ///< as commands and paths have it: "delete"
std::optional<Verb> verb_named(std::string_view name);

struct Instruction {
    Verb verb{};
    Selector selector;
    WallTime until{};        ///< hold: max(): until released; expire: when; {}: as configured
    std::string text = {};   ///< hold: why; bounce: what the sender reads
    std::string route = {};  ///< reroute: "host" or "host:port"; empty: as configured
    bool at_once = false;    ///< remove: nothing is kept
    std::string by = {};     ///< who does it: one word
};

struct Done {
    std::uint64_t action = 0;  ///< selects those touched, until another action touches them
    std::size_t messages = 0, recipients = 0;
    std::size_t in_delivery = 0;  ///< left alone: they are being delivered now
    std::size_t held = 0;         ///< retry: left alone
    struct Sample {
        spool::MessageId id;
        std::string sender, address;
        Reason reason;
    };
    std::vector<Sample> sample = {};  ///< ten at most
};

struct Progress {
    std::atomic<std::size_t> done{0}, of{0};  ///< recipients
    std::atomic<bool> cancelled{false};       ///< no further group is taken; asked for by anybody
};

class Administration {
public:
    static constexpr std::size_t sampled = 10;

    explicit Administration(Queue& queue) : state_{queue.state_} {}

    /// What carry_out() would touch now.
    Done preview(const Instruction& instruction) const;

    /// Completes when all of it is durable, or, cancelled, what was taken by then.
    /// @param progress  may be null; outlives the call
    net::awaitable<Result<Done>> carry_out(Instruction instruction,
                                           std::shared_ptr<Progress> progress = nullptr);

private:
    using StatePtr = std::shared_ptr<Queue::State>;

    static std::vector<Taken> take(Queue::State& state, const Instruction& instruction,
                                   spool::MessageId& after, spool::MessageId newest, Done& done);
    static net::awaitable<Result<>> change(StatePtr state, const Instruction& instruction,
                                           std::uint64_t action, const std::vector<Taken>& group);
    static net::awaitable<Result<>> bounce(StatePtr state, const Instruction& instruction,
                                           const std::vector<Taken>& group);
    /// What is taken in groups, by several side by side.
    struct Order;
    static net::awaitable<Result<>> bounce_all(StatePtr state, std::shared_ptr<Order> order);
    static void put_back(Queue::State& state, const std::vector<Taken>& group);
    StatePtr state_;
};

}  // namespace imc::queue
