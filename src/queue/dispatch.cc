#include "queue/state.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <map>

// From a message to jobs at a route, and from jobs to couriers.

namespace imc::queue {

using namespace std::chrono_literals;
using transfer::Route;

void Queue::State::send_off(const ItemPtr& item, std::vector<std::uint32_t> recipients)
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

void Queue::State::route(const ItemPtr& item, const std::vector<std::uint32_t>& recipients,
                         const transfer::RecipientResolver& with)
{
    std::map<std::string, std::pair<Route, Ready>> jobs;
    std::vector<std::uint32_t> judged;
    std::vector<DeliveryResult> results;
    for (const auto index : recipients) {
        const auto& address = item->envelope->recipients[index].address;
        auto resolution = resolve(address, with);
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
    for (const auto& [key, job] : jobs)
        tell_queued(*item, job.second.recipients, job.first);
    const std::lock_guard lock{mutex};
    for (auto& [key, job] : jobs)
        push(std::move(job.first), std::move(job.second));
}

/// Once: what is tried again was told of before, what was found at start most likely, too.
void Queue::State::tell_queued(const Item& item, const std::vector<std::uint32_t>& recipients,
                               const Route& route) const
{
    if (parts.observer == nullptr || item.recovered) return;
    std::vector<std::uint32_t> first;
    for (const auto index : recipients)
        if (item.recipients[index].state.attempts == 0) first.push_back(index);
    if (!first.empty()) parts.observer->queued(item.seen(), first, route);
}

/// One address must not take the service with it, nor be forgotten.
transfer::Resolution Queue::State::resolve(const std::string& address,
                                           const transfer::RecipientResolver& with)
{
    std::string defect;
    try {
        return with.resolve(address, after(30s));
    } catch (const std::exception& e) {
        defect = e.what();
    }
    parts.events.raise(EventId::exception_handled,
                       {{"detail", "recipient " + address + ": " + defect}});
    return CannotSay{Error{EventId::exception_handled, defect}};
}

DeliveryResult Queue::State::verdict(const transfer::Resolution& resolution)
{
    if (const auto* none = std::get_if<transfer::NoSuchRecipient>(&resolution))
        return {Delivery::failed, "5.1.1", "550 5.1.1 " + none->why, ""};
    if (const auto* several = std::get_if<transfer::AmbiguousRecipient>(&resolution)) {
        std::string objects;
        for (const auto& object : several->objects)
            objects += (objects.empty() ? "" : "; ") + object;
        return {Delivery::deferred, "4.1.4", "several objects hold the address: " + objects, ""};
    }
    const auto& silent = std::get<CannotSay>(resolution);
    return {Delivery::deferred, "4.3.0", "the directory cannot say: " + silent.reason.to_string(),
            ""};
}

void Queue::State::push(Route route, Ready job)
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

bool Queue::State::may_send(const Site& site) const
{
    return !draining && !cannot_record && (!is_remote(site.route) || sends(config->mode));
}

bool Queue::State::feed(const std::shared_ptr<Site>& site)
{
    if (site->ready.empty() || !may_send(*site)) return false;
    if (!site->idle.empty()) {
        const auto idle = std::move(site->idle.back());
        site->idle.pop_back();
        net::post(idle->executor, [idle] { idle->timer.cancel(); });
        return true;
    }
    if (site->couriers >= config->outbound_connections_per_host) return false;
    if (couriers >= config->outbound_connections) {
        if (!std::exchange(site->hungry, true)) hungry.push_back(site);
        return false;
    }
    ++couriers;
    ++site->couriers;
    const auto executor = parts.executors[next_executor++ % parts.executors.size()];
    // Posted: co_spawn may begin at once, on this thread, which holds the mutex.
    net::post(executor, [self = shared_from_this(), site, executor] {
        net::co_spawn(executor, work(self, site, executor), net::detached);
    });
    return true;
}

void Queue::State::feed_all()
{
    for (auto& [key, site] : sites)
        for (auto jobs = site->ready.size(); jobs > 0 && feed(site); --jobs) {
        }
}

void Queue::State::retire(const std::shared_ptr<Site>& site)
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
    if (site->couriers == 0) forgotten_at.emplace(site->rests_until, site->route.key);
    forget_sites();
    landed.notify_all();
}

/// A site without work is remembered as long as it rests, so that its next message does not try
/// in vain.
void Queue::State::forget_sites()
{
    const auto now = std::chrono::steady_clock::now();
    while (!forgotten_at.empty() && forgotten_at.begin()->first <= now) {
        const auto found = sites.find(forgotten_at.begin()->second);
        forgotten_at.erase(forgotten_at.begin());
        if (found == sites.end()) continue;
        const auto& site = *found->second;
        if (site.couriers == 0 && site.ready.empty() && site.rests_until <= now) sites.erase(found);
    }
}

}  // namespace imc::queue
