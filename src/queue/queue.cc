#include "queue/queue.h"

#include "base/text.h"
#include "mail/address.h"
#include "queue/settle.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

namespace imc::queue {

using namespace std::chrono_literals;
using spool::Outcome;
using transfer::Route;

namespace {

constexpr auto idle_courier = 1s;
constexpr auto rest_of_dead_route = 30s;
constexpr auto record_again = 1s;

struct Item {
    spool::MessageId id;
    std::shared_ptr<const spool::Envelope> envelope;
    spool::Body body;  ///< while it is in memory
    std::uint64_t octets = 0;
    bool recovered = false;  ///< found at start: an attempt may have gone unrecorded
    struct Recipient {
        spool::RecipientState state;
        bool busy = false;  ///< in a ready queue, being delivered, or being recorded
        bool flying = false;
        std::string route;
    };
    std::vector<Recipient> recipients;
};
using ItemPtr = std::shared_ptr<Item>;

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
    Route route;
    std::deque<Ready> ready;
    std::vector<std::shared_ptr<Idle>> idle;
    std::size_t couriers = 0;
    bool hungry = false;  ///< waits for a place among all couriers
    std::chrono::steady_clock::time_point rests_until{};
    DeliveryResult last_failure{Delivery::deferred, "4.4.1", "", ""};
};

bool is_remote(const Route& route)
{
    return std::holds_alternative<transfer::ToSmartHosts>(route.hop) ||
           std::holds_alternative<transfer::ToMx>(route.hop);
}

bool sends(config::TransferMode mode) { return mode != config::TransferMode::inbound; }

}  // namespace

struct Queue::State : std::enable_shared_from_this<Queue::State> {
    QueueParts parts;
    config::ConfigPtr config;
    std::shared_ptr<const transfer::RecipientResolver> resolver;

    mutable std::mutex mutex;
    std::condition_variable landed;
    std::unordered_map<std::uint64_t, ItemPtr> items;
    std::unordered_map<std::string, std::shared_ptr<Site>> sites;
    std::deque<std::shared_ptr<Site>> hungry;
    std::multimap<WallTime, std::pair<std::uint64_t, std::uint32_t>> due;
    std::unique_ptr<net::steady_timer> timer;
    WallTime timer_at{};
    std::mt19937_64 random{std::random_device{}()};
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

    // ---- from message to jobs
    // ---------------------------------------------------------------------

    /// Recipients of `item` are marked busy by the caller, under the mutex.
    void send_off(const ItemPtr& item, std::vector<std::uint32_t> recipients)
    {
        std::shared_ptr<const transfer::RecipientResolver> with;
        {
            const std::lock_guard lock{mutex};
            with = resolver;
        }
        if (!with->blocks()) return route(item, recipients, *with);
        parts.in_background([self = shared_from_this(), item, recipients = std::move(recipients),
                             with] { self->route(item, recipients, *with); });
    }

    void route(const ItemPtr& item, const std::vector<std::uint32_t>& recipients,
               const transfer::RecipientResolver& with)
    {
        std::map<std::string, std::pair<Route, Ready>> jobs;
        std::vector<std::uint32_t> judged;
        std::vector<DeliveryResult> results;
        for (const auto index : recipients) {
            const auto& address = item->envelope->recipients[index].address;
            auto resolution = with.resolve(address, after(30s));
            if (auto* found = std::get_if<Route>(&resolution)) {
                auto& [route, job] = jobs[found->key];
                job.item = item;
                job.recipients.push_back(index);
                job.addresses.push_back(found->address);
                route = std::move(*found);
                continue;
            }
            judged.push_back(index);
            results.push_back(verdict(resolution));
        }
        if (!judged.empty()) record(item, std::move(judged), std::move(results));
        const std::lock_guard lock{mutex};
        for (auto& [key, job] : jobs)
            push(std::move(job.first), std::move(job.second));
    }

    DeliveryResult verdict(const transfer::Resolution& resolution)
    {
        if (const auto* none = std::get_if<transfer::NoSuchRecipient>(&resolution))
            return {Delivery::failed, "5.1.1", "550 5.1.1 " + none->why, ""};
        if (const auto* several = std::get_if<transfer::AmbiguousRecipient>(&resolution)) {
            std::string objects;
            for (const auto& object : several->objects)
                objects += (objects.empty() ? "" : "; ") + object;
            return {Delivery::deferred, "4.1.4", "several objects hold the address: " + objects,
                    ""};
        }
        const auto& silent = std::get<CannotSay>(resolution);
        return {Delivery::deferred, "4.3.0",
                "the directory cannot say: " + silent.reason.to_string(), ""};
    }

    void push(Route route, Ready job)
    {
        auto& site = sites[route.key];
        if (!site) {
            site = std::make_shared<Site>();
            site->route = std::move(route);
        }
        for (const auto index : job.recipients)
            job.item->recipients[index].route = site->route.key;
        site->ready.push_back(std::move(job));
        feed(site);
    }

    bool may_send(const Site& site) const
    {
        return !draining && !cannot_record && (!is_remote(site.route) || sends(config->mode));
    }

    /// Wakes an idle courier, or hires another one.
    void feed(const std::shared_ptr<Site>& site)
    {
        if (site->ready.empty() || !may_send(*site)) return;
        if (!site->idle.empty()) {
            const auto idle = std::move(site->idle.back());
            site->idle.pop_back();
            net::post(idle->executor, [idle] { idle->timer.cancel(); });
            return;
        }
        if (site->couriers >= config->outbound_connections_per_host) return;
        if (couriers >= config->outbound_connections) {
            if (!std::exchange(site->hungry, true)) hungry.push_back(site);
            return;
        }
        ++couriers;
        ++site->couriers;
        const auto executor = parts.executors[next_executor++ % parts.executors.size()];
        // Posted: co_spawn may begin at once, on this thread, which holds the mutex.
        net::post(executor, [self = shared_from_this(), site, executor] {
            net::co_spawn(executor, work(self, site, executor), net::detached);
        });
    }

    void feed_all()
    {
        for (auto& [key, site] : sites)
            for (std::size_t n = site->ready.size(); n > 0 && !site->ready.empty(); --n)
                feed(site);
    }

    // ---- a courier's life
    // ---------------------------------------------------------------------------

    static net::awaitable<void> work(std::shared_ptr<State> self, std::shared_ptr<Site> site,
                                     net::any_io_executor executor)
    {
        try {
            auto courier = self->parts.couriers.hire(site->route);
            std::uint32_t carried = 0;
            for (;;) {
                auto job = co_await self->next_job(site, executor);
                if (!job) break;
                if (carried >= self->limit_per_connection()) {
                    co_await courier->close();
                    courier = self->parts.couriers.hire(site->route);
                    carried = 0;
                }
                ++carried;
                co_await self->carry(*courier, *site, std::move(*job));
                if (!courier->reusable()) {
                    co_await courier->close();
                    courier = self->parts.couriers.hire(site->route);
                    carried = 0;
                }
            }
            co_await courier->close();
        } catch (const std::exception& e) {
            self->parts.events.raise(
                EventId::exception_handled,
                {{"detail", "courier of " + site->route.key + ": " + e.what()}});
        }
        self->retire(site);
    }

    std::uint32_t limit_per_connection() const
    {
        const std::lock_guard lock{mutex};
        return config->messages_per_connection;
    }

    void retire(const std::shared_ptr<Site>& site)
    {
        const std::lock_guard lock{mutex};
        --couriers;
        --site->couriers;
        while (!hungry.empty() && couriers < config->outbound_connections) {
            const auto next = hungry.front();
            hungry.pop_front();
            next->hungry = false;
            feed(next);
        }
        feed(site);
        if (site->couriers == 0 && site->ready.empty() &&
            site->rests_until < std::chrono::steady_clock::now())
            sites.erase(site->route.key);
        landed.notify_all();
    }

    net::awaitable<std::optional<Ready>> next_job(std::shared_ptr<Site> site,
                                                  net::any_io_executor executor)
    {
        for (bool waited = false;;) {
            std::shared_ptr<Idle> idle;
            {
                const std::lock_guard lock{mutex};
                if (!site->ready.empty() && may_send(*site)) {
                    auto job = std::move(site->ready.front());
                    site->ready.pop_front();
                    ++in_flight;
                    for (const auto index : job.recipients)
                        job.item->recipients[index].flying = true;
                    co_return std::optional<Ready>{std::move(job)};
                }
                if (waited || draining) co_return std::nullopt;
                idle = std::make_shared<Idle>(
                    Idle{executor, net::steady_timer{executor, idle_courier}});
                site->idle.push_back(idle);
            }
            boost::system::error_code woken;
            co_await idle->timer.async_wait(net::redirect_error(net::use_awaitable, woken));
            const std::lock_guard lock{mutex};
            std::erase(site->idle, idle);
            waited = !woken;
        }
    }

    net::awaitable<void> carry(Courier& courier, Site& site, Ready ready)
    {
        std::vector<DeliveryResult> results;
        if (resting(site)) {
            const std::lock_guard lock{mutex};
            results.assign(ready.recipients.size(), site.last_failure);
        } else {
            auto body = body_of(*ready.item);
            if (!body) {
                results.assign(
                    ready.recipients.size(),
                    DeliveryResult{Delivery::deferred, "4.3.0", body.error().to_string(), ""});
                parts.events.raise(body.error(), {{"message", ready.item->id.to_string()}});
            } else {
                const Job job{ready.item->id,  ready.item->envelope.get(),
                              *body,           ready.recipients,
                              ready.addresses, tried_before(*ready.item, ready.recipients)};
                results = co_await deliver(courier, job);
                note(site, results);
            }
        }
        record(ready.item, std::move(ready.recipients), std::move(results));
        const std::lock_guard lock{mutex};
        --in_flight;
        landed.notify_all();
    }

    /// One message must not take the service with it.
    net::awaitable<std::vector<DeliveryResult>> deliver(Courier& courier, const Job& job)
    {
        std::string defect;
        try {
            co_return co_await courier.deliver(job);
        } catch (const std::exception& e) {
            defect = e.what();
        }
        parts.events.raise(EventId::exception_handled,
                           {{"detail", "message " + job.id.to_string() + ": " + defect}});
        co_return std::vector<DeliveryResult>(
            job.recipients.size(),
            DeliveryResult{Delivery::deferred, "4.3.0", "internal error: " + defect, ""});
    }

    bool tried_before(const Item& item, const std::vector<std::uint32_t>& recipients) const
    {
        const std::lock_guard lock{mutex};
        return item.recovered || std::ranges::any_of(recipients, [&](auto r) {
                   return item.recipients[r].state.attempts > 0;
               });
    }

    bool resting(Site& site)
    {
        const std::lock_guard lock{mutex};
        return std::chrono::steady_clock::now() < site.rests_until;
    }

    void note(Site& site, const std::vector<DeliveryResult>& results)
    {
        const std::lock_guard lock{mutex};
        const auto dead = std::ranges::find_if(results, &DeliveryResult::whole_route);
        if (dead == results.end() || dead->delivery != Delivery::deferred) return;
        site.last_failure = *dead;
        const auto first = config->retry_after.empty() ? 0s : config->retry_after.front();
        site.rests_until = std::chrono::steady_clock::now() +
                           std::min<std::chrono::seconds>(rest_of_dead_route, first / 2);
    }

    Result<spool::Body> body_of(Item& item)
    {
        {
            const std::lock_guard lock{mutex};
            if (item.body) return item.body;
        }
        return parts.spool.body(item.id);
    }

    // ---- results
    // ------------------------------------------------------------------------------------

    void record(ItemPtr item, std::vector<std::uint32_t> recipients,
                std::vector<DeliveryResult> results)
    {
        net::any_io_executor executor;
        {
            const std::lock_guard lock{mutex};
            ++in_flight;
            executor = parts.executors[item->id.number % parts.executors.size()];
        }
        net::co_spawn(executor,
                      record_all(shared_from_this(), std::move(item), std::move(recipients),
                                 std::move(results)),
                      net::detached);
    }

    static net::awaitable<void> record_all(std::shared_ptr<State> self, ItemPtr item,
                                           std::vector<std::uint32_t> recipients,
                                           std::vector<DeliveryResult> results)
    {
        Settled settled = self->judge(*item, recipients, results);
        for (;;) {
            auto commit = settled.commit;
            const auto ids = co_await self->parts.spool.commit(std::move(commit));
            if (ids) {
                self->recorded(item, settled, *ids);
                co_return;
            }
            // Nothing may be sent whose result cannot be kept: it would be sent again and again.
            if (!self->stop_sending(ids.error())) co_return;
            net::steady_timer pause{co_await net::this_coro::executor, record_again};
            boost::system::error_code woken;
            co_await pause.async_wait(net::redirect_error(net::use_awaitable, woken));
        }
    }

    Settled judge(const Item& item, const std::vector<std::uint32_t>& recipients,
                  const std::vector<DeliveryResult>& results)
    {
        spool::Body body;
        {
            const std::lock_guard lock{mutex};
            body = item.body;
        }
        const bool failed = std::ranges::any_of(
            results, [](const auto& r) { return r.delivery != Delivery::delivered; });
        if (!body && failed)
            if (auto read = parts.spool.body(item.id)) body = *read;
        const std::lock_guard lock{mutex};
        std::vector<spool::RecipientState> states;
        for (const auto& recipient : item.recipients)
            states.push_back(recipient.state);
        return settle(*config, *item.envelope, body, item.id, states, recipients, results,
                      parts.clock.now(), random);
    }

    /// @return false when the service is ending and nobody can record it any more
    bool stop_sending(const Error& error)
    {
        const std::lock_guard lock{mutex};
        if (!std::exchange(cannot_record, true))
            parts.events.raise(EventId::sending_stopped, {{"detail", error.to_string()}});
        if (!draining) return true;
        --in_flight;
        landed.notify_all();
        return false;
    }

    void recorded(const ItemPtr& item, Settled& settled,
                  const std::vector<spool::MessageId>& caused)
    {
        {
            const std::lock_guard lock{mutex};
            if (std::exchange(cannot_record, false)) {
                parts.events.raise(EventId::sending_resumed);
                feed_all();
            }
            for (auto& result : settled.commit.results) {
                auto& recipient = item->recipients[result.recipient];
                totals.delivered += result.state.outcome == Outcome::delivered ? 1 : 0;
                totals.failed += result.state.outcome == Outcome::failed ? 1 : 0;
                totals.attempts_deferred += result.state.outcome == Outcome::waiting ? 1 : 0;
                recipient.state = result.state;
                recipient.busy = false;
                recipient.flying = false;
                if (recipient.state.outcome == Outcome::waiting)
                    wait_until(recipient.state.next_attempt, item->id.number, result.recipient);
            }
            if (!settled.again.empty() && item->body) {
                item->body.reset();
                parts.spool.forget_body(item->id);
            }
            drop_if_done(item);
            --in_flight;
            landed.notify_all();
        }
        for (const auto index : settled.failed)
            parts.events.raise(
                EventId::recipient_failed,
                {{"message", item->id.to_string()},
                 {"recipient", item->envelope->recipients[index].address},
                 {"sender", "<" + item->envelope->sender + ">"},
                 {"report", caused.empty() ? "nobody to tell" : caused.front().to_string()},
                 {"detail", reply_of(settled, index)}});
        for (std::size_t i = 0; i < caused.size(); ++i)
            add(caused[i], std::move(settled.commit.caused[i].envelope),
                settled.commit.caused[i].body);
    }

    static std::string reply_of(const Settled& settled, std::uint32_t index)
    {
        for (const auto& result : settled.commit.results)
            if (result.recipient == index)
                return result.state.last_status + " " + result.state.last_reply;
        return {};
    }

    void drop_if_done(const ItemPtr& item)
    {
        const bool done = std::ranges::all_of(
            item->recipients, [](const auto& r) { return r.state.outcome != Outcome::waiting; });
        if (done) items.erase(item->id.number);
    }

    // ---- time
    // -----------------------------------------------------------------------------------------

    void wait_until(WallTime when, std::uint64_t id, std::uint32_t recipient)
    {
        due.emplace(when, std::pair{id, recipient});
        if (due.begin()->first < timer_at || timer_at == WallTime{}) arm();
    }

    /// Under the mutex. One timer for all that waits.
    void arm()
    {
        if (due.empty() || draining) {
            timer_at = {};
            return;
        }
        timer_at = due.begin()->first;
        // A clock that jumps must not let mail wait for hours: looked at once a minute at least.
        const auto wait =
            std::clamp<std::chrono::milliseconds>(timer_at - parts.clock.now(), 0ms, 60s);
        net::post(parts.executors.front(), [self = shared_from_this(), wait] {
            self->timer->expires_after(wait);
            self->timer->async_wait(
                [weak = self->weak_from_this()](boost::system::error_code stopped) {
                    if (const auto state = weak.lock(); state && !stopped) state->on_time();
                });
        });
    }

    void on_time()
    {
        std::map<std::uint64_t, std::vector<std::uint32_t>> now_due;
        std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>> go;
        {
            const std::lock_guard lock{mutex};
            const auto now = parts.clock.now();
            while (!due.empty() && due.begin()->first <= now) {
                now_due[due.begin()->second.first].push_back(due.begin()->second.second);
                due.erase(due.begin());
            }
            for (auto& [id, recipients] : now_due) {
                const auto found = items.find(id);
                if (found == items.end()) continue;
                std::erase_if(recipients, [&](auto r) { return !take(*found->second, r); });
                if (!recipients.empty()) go.emplace_back(found->second, recipients);
            }
            arm();
        }
        for (auto& [item, recipients] : go)
            send_off(item, std::move(recipients));
    }

    /// Marks a waiting recipient busy. False: it is busy, or needs nothing.
    static bool take(Item& item, std::uint32_t index)
    {
        auto& recipient = item.recipients[index];
        if (recipient.busy || recipient.state.outcome != Outcome::waiting) return false;
        recipient.busy = true;
        return true;
    }

    void add(spool::MessageId id, spool::Envelope envelope, spool::Body body)
    {
        auto item = std::make_shared<Item>();
        item->id = id;
        item->octets = body ? body->size() : 0;
        item->body = std::move(body);
        item->recipients.resize(envelope.recipients.size());
        item->envelope = std::make_shared<const spool::Envelope>(std::move(envelope));
        std::vector<std::uint32_t> all;
        for (std::uint32_t i = 0; i < item->recipients.size(); ++i) {
            item->recipients[i].busy = true;
            all.push_back(i);
        }
        {
            const std::lock_guard lock{mutex};
            items.emplace(id.number, item);
        }
        send_off(item, std::move(all));
    }

    std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>> select(const Selector& s) const
    {
        std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>> out;
        for (const auto& [number, item] : items) {
            if (!s.ids.empty() && std::ranges::find(s.ids, item->id) == s.ids.end()) continue;
            if (!s.sender.empty() && !same_word(s.sender, item->envelope->sender)) continue;
            std::vector<std::uint32_t> fit;
            for (std::uint32_t i = 0; i < item->recipients.size(); ++i) {
                const auto& address = item->envelope->recipients[i].address;
                const auto at = address.rfind('@');
                if (item->recipients[i].state.outcome != Outcome::waiting) continue;
                if (!s.recipient.empty() && !same_word(s.recipient, address)) continue;
                if (!s.domain.empty() &&
                    (at == std::string::npos || !same_word(s.domain, address.substr(at + 1))))
                    continue;
                fit.push_back(i);
            }
            if (!fit.empty()) out.emplace_back(item, std::move(fit));
        }
        std::ranges::sort(out, {}, [](const auto& p) { return p.first->id; });
        return out;
    }

    std::string why(const Item::Recipient& r) const
    {
        if (r.flying) return "being delivered";
        if (cannot_record) return "results cannot be recorded (event 40150), so nothing is sent";
        if (r.busy && !sends(config->mode))
            return "the connector sends nothing in this transfer mode";
        if (r.busy)
            return "waits for a connection to " +
                   (r.route.empty() ? std::string{"be chosen"} : r.route);
        const auto wait = std::chrono::duration_cast<std::chrono::seconds>(r.state.next_attempt -
                                                                           parts.clock.now());
        return "due in " + std::to_string(std::max<std::int64_t>(wait.count(), 0)) + " s; " +
               r.state.last_status + " " + r.state.last_reply;
    }
};

Queue::Queue(QueueParts parts, config::ConfigPtr config,
             std::shared_ptr<const transfer::RecipientResolver> resolver)
    : state_{std::make_shared<State>(std::move(parts), std::move(config), std::move(resolver))}
{}

Queue::~Queue() = default;

void Queue::start(std::vector<spool::Recovered> messages)
{
    for (auto& message : messages) {
        auto item = std::make_shared<Item>();
        item->id = message.id;
        item->octets = message.body_octets;
        item->recovered = true;
        item->envelope = std::make_shared<const spool::Envelope>(std::move(message.envelope));
        for (auto& known : message.states)
            item->recipients.push_back({std::move(known), false, false, {}});
        const std::lock_guard lock{state_->mutex};
        for (std::uint32_t i = 0; i < item->recipients.size(); ++i)
            if (item->recipients[i].state.outcome == Outcome::waiting)
                state_->wait_until(item->recipients[i].state.next_attempt, item->id.number, i);
        state_->items.emplace(item->id.number, std::move(item));
    }
}

void Queue::set_config(config::ConfigPtr config,
                       std::shared_ptr<const transfer::RecipientResolver> resolver)
{
    const std::lock_guard lock{state_->mutex};
    state_->config = std::move(config);
    state_->resolver = std::move(resolver);
    state_->feed_all();
}

void Queue::add(spool::MessageId id, spool::Envelope envelope, spool::Body body)
{
    state_->add(id, std::move(envelope), std::move(body));
}

std::vector<QueueRow> Queue::list(const Selector& selector, std::size_t offset,
                                  std::size_t most) const
{
    const std::lock_guard lock{state_->mutex};
    std::vector<QueueRow> rows;
    const auto selected = state_->select(selector);
    for (std::size_t i = offset; i < selected.size() && rows.size() < most; ++i) {
        const auto& [item, recipients] = selected[i];
        QueueRow row{
            item->id, item->envelope->sender, item->envelope->arrived_at, item->octets, {}};
        for (const auto index : recipients) {
            const auto& r = item->recipients[index];
            row.recipients.push_back({item->envelope->recipients[index].address, r.state, r.route,
                                      r.flying, state_->why(r)});
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::size_t Queue::retry(const Selector& selector)
{
    std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>> go;
    std::size_t count = 0;
    {
        const std::lock_guard lock{state_->mutex};
        for (auto& [key, site] : state_->sites)
            site->rests_until = {};
        go = state_->select(selector);
        for (auto& [item, recipients] : go) {
            std::erase_if(recipients, [&](auto r) { return !State::take(*item, r); });
            count += recipients.size();
        }
    }
    for (auto& [item, recipients] : go)
        if (!recipients.empty()) state_->send_off(item, std::move(recipients));
    return count;
}

net::awaitable<Result<std::size_t>> Queue::remove(Selector selector)
{
    std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>> gone;
    {
        const std::lock_guard lock{state_->mutex};
        gone = state_->select(selector);
        for (auto& [item, recipients] : gone)
            std::erase_if(recipients, [&](auto r) { return !State::take(*item, r); });
    }
    std::size_t count = 0;
    for (auto& [item, recipients] : gone) {
        if (recipients.empty()) continue;
        spool::Commit commit{item->id, {}, {}};
        for (const auto index : recipients) {
            auto state = item->recipients[index].state;
            state.outcome = Outcome::deleted;
            commit.results.push_back({index, std::move(state)});
        }
        auto kept = commit;
        const auto done = co_await state_->parts.spool.commit(std::move(kept));
        const std::lock_guard lock{state_->mutex};
        for (auto& result : commit.results) {
            auto& recipient = item->recipients[result.recipient];
            recipient.busy = false;
            if (done) recipient.state = result.state;
        }
        if (!done) co_return done.error();
        state_->drop_if_done(item);
        count += recipients.size();
    }
    co_return count;
}

Queue::Counts Queue::counts() const
{
    const std::lock_guard lock{state_->mutex};
    auto counts = state_->totals;
    counts.messages = state_->items.size();
    counts.couriers = state_->couriers;
    for (const auto& [id, item] : state_->items)
        for (const auto& recipient : item->recipients) {
            if (recipient.state.outcome != Outcome::waiting) continue;
            ++counts.recipients;
            counts.in_delivery += recipient.flying ? 1 : 0;
            counts.deferred += !recipient.busy ? 1 : 0;
        }
    return counts;
}

bool Queue::drain(Deadline deadline)
{
    std::unique_lock lock{state_->mutex};
    state_->draining = true;
    for (auto& [key, site] : state_->sites)
        for (const auto& idle : site->idle)
            net::post(idle->executor, [idle] { idle->timer.cancel(); });
    return state_->landed.wait_until(
        lock, deadline, [this] { return state_->in_flight == 0 && state_->couriers == 0; });
}

}  // namespace imc::queue
