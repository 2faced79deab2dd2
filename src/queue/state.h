#pragma once
/// @file queue/state.h  The inside of a Queue: what waits, where, and who works on it.
///
/// One mutex guards all of it; nothing that waits or does I/O runs under it. dispatch.cc brings
/// messages to routes and routes to couriers, carry.cc is a courier's life, results.cc records what
/// became of recipients, timetable.cc knows who is tried again when, queue.cc is the outside.
#include "queue/items.h"
#include "queue/queue.h"
#include "queue/settle.h"

#include <boost/asio/steady_timer.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>

namespace imc::queue {

struct Ready {
    ItemPtr item;
    std::vector<std::uint32_t> recipients;
    std::vector<std::string> addresses;
};

/// A courier without work that waits a moment for more.
struct Idle {
    net::any_io_executor executor;
    net::steady_timer timer;
};

struct Site {
    transfer::Route route;
    std::deque<Ready> ready;
    std::vector<std::shared_ptr<Idle>> idle;
    std::size_t couriers = 0;
    bool hungry = false;  ///< waits for a place among all couriers
    std::chrono::steady_clock::time_point rests_until{};
    DeliveryResult last_failure{Delivery::deferred, "4.4.1", "", ""};
};

inline bool is_remote(const transfer::Route& route)
{
    return std::holds_alternative<transfer::ToSmartHosts>(route.hop) ||
           std::holds_alternative<transfer::ToMx>(route.hop);
}

inline bool sends(config::TransferMode mode) { return mode != config::TransferMode::inbound; }

struct Queue::State : std::enable_shared_from_this<Queue::State> {
    QueueParts parts;
    config::ConfigPtr config;
    std::shared_ptr<const transfer::RecipientResolver> resolver;

    mutable std::mutex mutex;
    std::condition_variable landed;
    Items items;
    std::unordered_map<std::string, std::shared_ptr<Site>> sites;
    std::deque<std::shared_ptr<Site>> hungry;
    std::multimap<std::chrono::steady_clock::time_point, std::string>
        forgotten_at;  ///< keys of sites
    std::unique_ptr<net::steady_timer> timer;
    WallTime timer_at{};
    std::size_t next_executor = 0;
    std::size_t couriers = 0;
    std::size_t in_flight = 0;
    Counts totals;
    bool draining = false;
    bool cannot_record = false;

    State(QueueParts p, config::ConfigPtr c, std::shared_ptr<const transfer::RecipientResolver> r)
        : parts{std::move(p)}, config{std::move(c)}, resolver{std::move(r)},
          timer{std::make_unique<net::steady_timer>(parts.executors.front())}
    {}

    // ---- dispatch.cc
    /// Recipients of `item` are marked busy by the caller, under the mutex.
    void send_off(const ItemPtr& item, std::vector<std::uint32_t> recipients);
    void route(const ItemPtr& item, const std::vector<std::uint32_t>& recipients,
               const transfer::RecipientResolver& with);
    transfer::Resolution resolve(const std::string& address,
                                 const transfer::RecipientResolver& with);
    DeliveryResult verdict(const transfer::Resolution& resolution);
    void tell_queued(const Item& item, const std::vector<std::uint32_t>& recipients,
                     const transfer::Route& route) const;
    void push(transfer::Route route, Ready job);
    bool may_send(const Site& site) const;
    /// Wakes an idle courier, or hires another one.
    /// @return whether it did
    bool feed(const std::shared_ptr<Site>& site);
    void feed_all();
    void retire(const std::shared_ptr<Site>& site);
    void forget_sites();

    // ---- carry.cc
    static net::awaitable<void> work(std::shared_ptr<State> self, std::shared_ptr<Site> site,
                                     net::any_io_executor executor);
    std::uint32_t limit_per_connection() const;
    net::awaitable<std::optional<Ready>> next_job(std::shared_ptr<Site> site,
                                                  net::any_io_executor executor);
    net::awaitable<void> carry(Courier& courier, Site& site, Ready ready);
    /// One message must not take the service with it.
    net::awaitable<std::vector<DeliveryResult>> deliver(Courier& courier, const Job& job);
    bool tried_before(const Item& item, const std::vector<std::uint32_t>& recipients) const;
    bool resting(Site& site);
    void note(Site& site, const std::vector<DeliveryResult>& results);
    Result<spool::Body> body_of(Item& item);

    // ---- results.cc
    void record(ItemPtr item, std::vector<std::uint32_t> recipients,
                std::vector<DeliveryResult> results);
    static net::awaitable<void> record_all(std::shared_ptr<State> self, ItemPtr item,
                                           std::vector<std::uint32_t> recipients,
                                           std::vector<DeliveryResult> results);
    Settled judge(const Item& item, const std::vector<std::uint32_t>& recipients,
                  const std::vector<DeliveryResult>& results);
    /// @return false when the service is ending and nobody can record it any more
    bool stop_sending(const Error& error);
    void recorded(const ItemPtr& item, Settled& settled, const std::vector<DeliveryResult>& results,
                  const std::vector<spool::MessageId>& caused);
    void tell_settled(const Item& item, const Settled& settled,
                      const std::vector<DeliveryResult>& results,
                      const std::vector<std::string>& routes,
                      const std::vector<spool::MessageId>& caused) const;
    static std::string reply_of(const Settled& settled, std::uint32_t index);

    // ---- timetable.cc
    /// Under the mutex, after anything may have become due earlier. One timer for all that waits.
    void arm();
    void on_time();

    // ---- queue.cc
    void add(spool::MessageId id, spool::Envelope envelope, spool::Body body);
    std::vector<Taken> select(const Selector& s) const;
    /// Marks those of the selected that can be taken.
    std::vector<Taken> take(const Selector& s);
    std::string why(const Item::Recipient& r) const;
};

}  // namespace imc::queue
