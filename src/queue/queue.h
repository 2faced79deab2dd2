#pragma once
/// @file queue/queue.h  Everything accepted and not yet gone: what is tried when, over which
/// connection.
///
/// Recipients are grouped by route. Each route has a ready queue and some couriers (connections)
/// that take one job after another while there are any, and wait a moment for more. A result is
/// durable before the same recipient can be tried again; while results cannot be recorded nothing
/// is sent.
///
/// Threads: any. Couriers run on the executors given, each on one.
#include "event/log.h"
#include "queue/courier.h"
#include "queue/observer.h"
#include "transfer/resolver.h"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

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
    std::chrono::milliseconds rest_of_dead_route{30'000};  ///< at most; a host that does not answer
    Observer* observer = nullptr;                          ///< outlives the queue; null: nobody
};

struct RecipientRow {
    std::string address;
    spool::RecipientState state;
    std::string route;  ///< key; empty: not resolved now
    bool in_delivery = false;
    std::string why;  ///< "due at ...", "being delivered", "waits for a connection", ...
};

struct QueueRow {
    spool::MessageId id;
    std::string sender;
    WallTime arrived_at{};
    std::uint64_t octets = 0;
    std::vector<RecipientRow> recipients;  ///< only those that wait
};

struct Selector {
    std::vector<spool::MessageId> ids = {};
    std::string sender = {};  ///< whole address, ignoring case
    std::string recipient = {};
    std::string domain = {};  ///< of a recipient
    bool all = false;
};

class Queue {
public:
    Queue(QueueParts parts, config::ConfigPtr config,
          std::shared_ptr<const transfer::RecipientResolver> resolver);
    ~Queue();
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    void start(std::vector<spool::Recovered> messages);
    void set_config(config::ConfigPtr config,
                    std::shared_ptr<const transfer::RecipientResolver> resolver);

    /// A message that is durable. `envelope` as it was stored.
    void add(spool::MessageId id, spool::Envelope envelope, spool::Body body);

    std::vector<QueueRow> list(const Selector& selector, std::size_t offset = 0,
                               std::size_t most = 1'000'000) const;
    std::size_t retry(const Selector& selector);  ///< @return how many recipients are tried now

    /// Removes waiting recipients; those in delivery stay. Completes when that is durable.
    net::awaitable<Result<std::size_t>> remove(Selector selector);

    struct Counts {
        std::size_t messages = 0, recipients = 0, in_delivery = 0, deferred = 0, couriers = 0,
                    sites = 0;
        std::uint64_t delivered = 0, failed = 0, attempts_deferred = 0;
    };
    Counts counts() const;

    /// No new jobs; returns when those in flight are done and recorded, or at the deadline.
    /// @return false when some were still in flight
    bool drain(Deadline deadline);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::queue
