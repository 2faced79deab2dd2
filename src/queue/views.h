#pragma once
/// @file queue/views.h  The four queues that the connector's window has always shown, and a message
/// as a whole.
///
/// Inbound goes to a mail store here, outbound to another host. Awaiting conversion: its way is not
/// known yet; awaiting delivery: it is. Held mail counts, deleted does not. A message with
/// recipients of several sorts counts in each.
///
/// Threads: any.
/// KB:      Q147051 (no end at 10,000), Q235533 (looked at while it drains)
#include "queue/queue.h"

#include <array>

namespace imc::queue {

struct View {
    std::string_view name;  ///< "inbound awaiting conversion"
    std::size_t messages = 0, recipients = 0;
    std::uint64_t octets = 0;  ///< of the messages
    WallTime oldest{};         ///< arrival; {}: there is none
};

/// Hosts that mail waits for, or is being sent to.
struct SiteRow {
    std::string route;         ///< of the first of its domains
    std::string host;          ///< its first; empty: not known yet
    std::size_t waiting = 0;   ///< recipients without a connection; not those due later
    std::size_t couriers = 0;  ///< connections
    std::size_t sending = 0;   ///< those with a message
    bool down = false;
    std::string reply;  ///< what it said last, while it is down
};

class Views {
public:
    explicit Views(const Queue& queue) : state_{queue.state_} {}
    std::array<View, 4> count() const;
    /// Those with most to do, at most `most`. A short look at each route, under the queue's lock.
    std::vector<SiteRow> sites(std::size_t most) const;

    struct Whole {
        spool::Envelope envelope;               ///< of all recipients, those that are done, too
        std::vector<std::uint32_t> recipients;  ///< that wait, deleted ones among them
        std::vector<Terms> terms;               ///< of each of those
        std::uint64_t octets = 0;
    };
    std::optional<Whole> whole(spool::MessageId id) const;  ///< nothing: it is not in the queue
    /// Errors: 40155 (it is not in the queue), 40152 (it is damaged). Blocks.
    Result<spool::Body> text(spool::MessageId id) const;

private:
    std::shared_ptr<const Queue::State> state_;
};

}  // namespace imc::queue
