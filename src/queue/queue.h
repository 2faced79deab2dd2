#pragma once
/// @file queue/queue.h  Everything accepted and not yet gone: what is tried when, over which
/// connection, and why it is still here.
///
/// Recipients are grouped by route, and routes by site: the hosts that they lead to. Each site has
/// a ready queue and some couriers (connections) that take one job after another while there are
/// any, and wait a moment for more. A site that does not answer is tried by one message for all
/// that wait for it; the others are not touched, and nothing is written for them. A result is
/// durable before the same recipient can be tried again; while results cannot be recorded nothing
/// is sent.
///
/// Threads: any. Couriers run on the executors given, each on one.
#include "event/log.h"
#include "queue/copy_keeper.h"
#include "queue/courier.h"
#include "queue/observer.h"
#include "queue/reason.h"
#include "queue/selection.h"
#include "queue/terms.h"
#include "transfer/resolver.h"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <span>

namespace imc::queue {

struct QueueParts {
    spool::Spool& spool;
    Couriers& couriers;
    EventLog& events;
    std::vector<net::any_io_executor> executors;  ///< at least one; each is served by one thread
    /// Runs blocking work (a look-up in an LDAP directory) away from the executors.
    std::function<void(std::function<void()>)> in_background;
    const WallClock& clock = wall_clock();
    std::chrono::milliseconds idle_courier{1000};  ///< a courier without work waits for more
    /// Of a site that does not answer, at first; doubles up to the first wait of its retry plan.
    std::chrono::milliseconds rest_of_dead_route{30'000};
    Observer* observer = nullptr;  ///< outlives the queue; null: nobody
    Locator* locator = nullptr;    ///< outlives the queue; null: each MX route is a site of its own
    std::chrono::milliseconds site_memory{300'000};  ///< what is known of a site without mail
    std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
    std::chrono::milliseconds record_again{1000};  ///< after results could not be recorded
    std::size_t recipients_of_copy = 5000;         ///< of a list; a larger one takes several copies
    /// Of decisions that the spool keeps in memory beside messages, since they came later than
    /// these.
    std::size_t later_decisions = 64 << 20;
    CopyKeeper* copies = nullptr;  ///< of reports; outlives the queue; null: none are kept
};

struct RecipientRow {
    std::string address;
    std::uint32_t index = 0;  ///< in its envelope
    spool::RecipientState state;
    std::string route;  ///< key; empty: not resolved now
    bool in_delivery = false;
    Reason reason = Reason::connecting;
    std::string why;                      ///< one line for people
    WallTime since{};                     ///< of this reason, about
    std::optional<WallTime> until = {};   ///< when it is tried, if that is known
    WallTime expires{};                   ///< when it fails if nothing has come of it
    std::vector<std::string> hosts = {};  ///< of its site, in the order in which they are tried
    /// Asked in vain, in order, when a connection was made last.
    TriedHosts tried = {};
    std::string next_host = {};   ///< empty: not known
    std::string site_reply = {};  ///< what its site said last, if that was a failure
    Terms terms = {};             ///< that an administrator has set
    std::string decided = {};     ///< by which facts; of add_decisions()
};

struct QueueRow {
    spool::MessageId id;
    std::string sender;
    WallTime arrived_at{};
    std::uint64_t octets = 0;
    spool::Priority priority = spool::Priority::normal;
    std::vector<RecipientRow> recipients;  ///< only those that wait
};

/// Of a long list: what follows `after`, without the first `offset` rows, `most` of them.
struct Page {
    spool::MessageId after = {};
    std::size_t offset = 0;
    std::size_t most = 1'000'000;
};

struct ReasonRow {
    Reason reason;
    std::size_t recipients = 0;
    WallTime oldest{};        ///< arrival of the oldest of them
    spool::MessageId sample;  ///< that message
};

/// A link that is not always up, for all that goes to other hosts.
struct LinkGate {
    bool open = true;
    std::optional<WallTime> opens_at = {};  ///< while it is closed, if it is known
    std::string opens_when = {};            ///< in words
};

class Queue {
public:
    Queue(QueueParts parts, config::ConfigPtr config,
          std::shared_ptr<const transfer::RecipientResolver> resolver);
    ~Queue();
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    void start(std::vector<spool::Recovered> messages);
    /// What waits takes the way that the new configuration says.
    void set_config(config::ConfigPtr config,
                    std::shared_ptr<const transfer::RecipientResolver> resolver);

    /// A message that is durable. `envelope` and `evidence` as they were stored.
    void add(spool::MessageId id, spool::Envelope envelope, spool::Body body,
             const std::vector<spool::Evidence>& evidence = {});
    /// The same when the evidence is nothing but decisions on the first recipients.
    /// @param ways  of these, as transfer::way_of_line() has them
    void add(spool::MessageId id, spool::Envelope envelope, spool::Body body,
             std::span<const std::uint16_t> ways);

    /// Oldest first. The last row's id is `after` of the next page: mail that comes and goes
    /// between two pages moves nothing.
    std::vector<QueueRow> list(const Selector& selector, Page page = {}) const;
    /// Of one row: by which facts its recipients were decided on. Read back from the spool.
    void add_decisions(QueueRow& row) const;
    std::vector<ReasonRow> by_reason() const;  ///< those that somebody waits for
    /// How many recipients wait for each reason, by its number; a second old at most.
    std::array<std::uint64_t, reasons> waiting() const;

    std::size_t retry(const Selector& selector);  ///< @return how many recipients are tried now

    /// Removes waiting recipients; those in delivery stay. Completes when that is durable.
    net::awaitable<Result<std::size_t>> remove(Selector selector);

    /// Mail held for ETRN to this domain ("@example.org": or one below it) goes now, over
    /// connections of ours to its hosts (RFC 1985). @param may_ask  not given: all profiles; asked
    /// under the queue's lock @return how many recipients
    std::size_t release_etrn(std::string_view domain,
                             const std::function<bool(const config::DomainProfile&)>& may_ask = {});

    /// Closed: what goes to other hosts waits (outside_window), and what is being sent is the last;
    /// it expires as ever. Opened: all of it goes. May be called before start().
    void set_link(LinkGate gate);
    struct LinkNeeds {
        bool wants = false;       ///< something may get a connection, or is being sent
        std::size_t waiting = 0;  ///< recipients, without those held for ETRN
        std::size_t sending = 0;  ///< connections with a message
    };
    LinkNeeds link_needs() const;
    /// While it is closed: arrival of the oldest that waits for it. Looks at all that waits.
    std::optional<WallTime> oldest_for_link() const;

    struct Counts {
        std::size_t messages = 0, recipients = 0, in_delivery = 0, deferred = 0, couriers = 0,
                    sites = 0;
        std::uint64_t delivered = 0, failed = 0, attempts_deferred = 0;
    };
    Counts counts() const;

    /// What its own timer does: looks who is due. For clocks that no timer knows.
    void look_at_the_clock();

    /// No new jobs; returns when those in flight are done and recorded, or at the deadline.
    /// @return false when some were still in flight
    bool drain(Deadline deadline);

private:
    friend class Administration;
    friend class Views;
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::queue
