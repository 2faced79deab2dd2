#pragma once
/// @file queue/views.h  The four queues that the connector's window has always shown, what waits in
/// groups, and a message as a whole.
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

enum class GroupBy : std::uint8_t { site, route, reason, domain, sender };
std::optional<GroupBy> group_by_named(std::string_view name);

/// Waiting recipients with one site, route, reason, domain or sender.
struct Group {
    std::string key;           ///< a host, a key, a name, a domain, an address; empty: none (yet)
    std::size_t messages = 0;  ///< those with recipients in several groups count in each
    std::size_t recipients = 0;
    std::uint64_t octets = 0;                   ///< of the messages
    WallTime oldest{};                          ///< arrival
    std::optional<WallTime> next_attempt = {};  ///< the first of those that are due at a time
    Reason reason = Reason::connecting;         ///< of most of them
    std::string last_reply = {};                ///< of one of them, cut off at 200 octets
};

struct Groups {
    std::vector<Group> top;  ///< most recipients first
    Group rest;              ///< of all others, without key; its messages are those of its groups
    std::optional<std::size_t> in_rest = {};  ///< how many groups that are; nothing: not known
};

class Views {
public:
    explicit Views(const Queue& queue) : state_{queue.state_} {}
    std::array<View, 4> count() const;
    /// Over all that waits. With more than `in_memory` groups (senders, mostly) it is walked twice
    /// more, and whoever has more than one in `in_memory` of all recipients is counted exactly.
    Groups groups(GroupBy by, std::size_t most, std::size_t in_memory = 20'000) const;
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
