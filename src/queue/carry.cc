#include "queue/state.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

// The life of a courier: one job after the other, over one connection after the other.

namespace imc::queue {

using namespace std::chrono_literals;

net::awaitable<void> Queue::State::work(std::shared_ptr<State> self, std::shared_ptr<Site> site,
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
        self->parts.events.raise(EventId::exception_handled,
                                 {{"detail", "courier of " + site->route.key + ": " + e.what()}});
    }
    self->retire(site);
}

std::uint32_t Queue::State::limit_per_connection() const
{
    const std::lock_guard lock{mutex};
    return config->messages_per_connection;
}

net::awaitable<std::optional<Ready>> Queue::State::next_job(std::shared_ptr<Site> site,
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
                    items.fly(*job.item, index);
                co_return std::optional<Ready>{std::move(job)};
            }
            if (waited || draining) co_return std::nullopt;
            idle = std::make_shared<Idle>(
                Idle{executor, net::steady_timer{executor, parts.idle_courier}});
            site->idle.push_back(idle);
        }
        boost::system::error_code woken;
        co_await idle->timer.async_wait(net::redirect_error(net::use_awaitable, woken));
        const std::lock_guard lock{mutex};
        std::erase(site->idle, idle);
        waited = !woken;
    }
}

net::awaitable<void> Queue::State::carry(Courier& courier, Site& site, Ready ready)
{
    std::vector<DeliveryResult> results;
    if (resting(site)) {
        const std::lock_guard lock{mutex};
        results.assign(ready.recipients.size(), site.last_failure);
    } else {
        auto body = body_of(*ready.item);
        if (!body) {
            results.assign(ready.recipients.size(), DeliveryResult{Delivery::deferred, "4.3.0",
                                                                   body.error().to_string(), ""});
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

net::awaitable<std::vector<DeliveryResult>> Queue::State::deliver(Courier& courier, const Job& job)
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

bool Queue::State::tried_before(const Item& item,
                                const std::vector<std::uint32_t>& recipients) const
{
    const std::lock_guard lock{mutex};
    return item.recovered || std::ranges::any_of(recipients, [&](auto r) {
               return item.recipients[r].state.attempts > 0;
           });
}

bool Queue::State::resting(Site& site)
{
    const std::lock_guard lock{mutex};
    return std::chrono::steady_clock::now() < site.rests_until;
}

void Queue::State::note(Site& site, const std::vector<DeliveryResult>& results)
{
    const std::lock_guard lock{mutex};
    const auto dead = std::ranges::find_if(results, &DeliveryResult::whole_route);
    if (dead == results.end() || dead->delivery != Delivery::deferred) return;
    site.last_failure = *dead;
    const auto first = config->retry_after.empty() ? 0s : config->retry_after.front();
    site.rests_until = std::chrono::steady_clock::now() +
                       std::min<std::chrono::milliseconds>(parts.rest_of_dead_route, first / 2);
}

Result<spool::Body> Queue::State::body_of(Item& item)
{
    {
        const std::lock_guard lock{mutex};
        if (item.body) return item.body;
    }
    return parts.spool.body(item.id);
}

}  // namespace imc::queue
