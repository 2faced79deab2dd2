#pragma once
/// @file queue/observer.h  What happens to messages, told to whoever keeps a log of it.
///
/// Told after the fact: results when they are durable. Called outside the queue's lock, on the
/// thread that did it; must neither block nor throw.
///
/// Threads: any, several at once; about one recipient, one after the other.
#include "queue/courier.h"
#include "queue/decisions.h"

#include <optional>
#include <span>

namespace imc::queue {

struct Seen {
    spool::MessageId id;
    const spool::Envelope& envelope;
    std::uint64_t octets;
    std::span<const DecidedNow> decided = {};  ///< of whom queued() tells, by recipient
};

class Observer {
public:
    virtual ~Observer() = default;

    /// Recipients have a route for the first time.
    virtual void queued(const Seen&, std::span<const std::uint32_t>, const transfer::Route&) {}

    /// The queue has decided otherwise than before, or for the first time on one of whom queued()
    /// does not tell: by which facts (transfer/decision.h).
    virtual void decided(const Seen&, std::uint32_t recipient, const std::string& line)
    {
        (void)recipient, (void)line;
    }

    /// An attempt has ended so: `state` says what follows from `result`.
    virtual void settled(const Seen&, std::uint32_t recipient, const spool::RecipientState& state,
                         const DeliveryResult& result, const std::string& route)
    {
        (void)recipient, (void)state, (void)result, (void)route;
    }

    /// The failure of a recipient is told by `report`; nothing: there is nobody to tell.
    virtual void reported(const Seen&, std::uint32_t recipient,
                          std::optional<spool::MessageId> report)
    {
        (void)recipient, (void)report;
    }

    /// An administrator removed it.
    virtual void removed(const Seen&, std::uint32_t recipient) { (void)recipient; }

    /// An administrator changed what is to become of it: "held by uid=0: reason".
    virtual void administered(const Seen&, std::uint32_t recipient, bool rerouted,
                              const std::string& words)
    {
        (void)recipient, (void)rerouted, (void)words;
    }
};

}  // namespace imc::queue
