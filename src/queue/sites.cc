#include "event/caught.h"
#include "queue/state.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

// From a site to its couriers.

namespace imc::queue {

using namespace std::chrono_literals;

SitePtr Queue::State::site_for(const LanePtr& lane, const Located& where)
{
    auto& site = sites[where.site + '\n' + terms_of(*lane->profile)];
    if (!site) {
        site = std::make_shared<Site>(where.site, Place{lane->route, where.hosts, lane->profile},
                                      lane->remote);
        site->used_at = parts.steady();
        site->unused = true;
        unused.push_back(site);
    } else if (!where.hosts.empty()) {
        site->place.hosts = where.hosts;
    }
    return site;
}

void Queue::State::to_site(const SitePtr& site, const LanePtr& lane, Load load)
{
    const auto whole = load.recipients();
    bool impatient = false;
    std::size_t waiting = 0;
    for (const auto index : whole) {
        auto& recipient = load.item->recipient(index);
        if (recipient.ticket != load.ticket() ||
            (recipient.stage != Stage::routing && recipient.stage != Stage::locating))
            continue;
        items.move(*load.item, index, Stage::ready);
        ++waiting;
        impatient = impatient || has_no_retries(recipient, *load.item);
    }
    if (waiting == 0) return;
    site->impatient = site->impatient || impatient;
    const bool down = site->window.down();
    drop_body_if(down || !may_send(lane->remote), *load.item);
    const auto each = std::max<std::size_t>(lane->profile->recipients_per_transaction, 1);
    load.transactions = static_cast<std::uint32_t>((whole.size() + each - 1) / each);
    const auto priority = load.item->priority;
    site->ready.push(priority, std::move(load));
    if (!feed(site) && down && impatient) give_up_impatient(site);
}

bool Queue::State::has_no_retries(const Recipient& recipient, const Item& item) const
{
    if (!recipient.lane) return false;
    return recipient.lane->profile->retry[static_cast<std::size_t>(item.priority)].after.empty();
}

/// Nobody tries again for these: what their site said last is their result.
void Queue::State::give_up_impatient(const SitePtr& site)
{
    site->impatient = false;
    for (auto& load : site->ready.take_any(site->ready.jobs())) {
        const auto whole = load.recipients();
        if (!whole.empty() && has_no_retries(load.item->recipient(whole.front()), *load.item)) {
            auto claimed = claim(load, Stage::ready, Stage::recording);
            std::vector<DeliveryResult> results(claimed.size(), site->last_failure);
            if (!claimed.empty()) record_now({load.item, std::move(claimed), std::move(results)});
            continue;
        }
        const auto priority = load.item->priority;
        site->ready.push(priority, std::move(load));
    }
}

bool Queue::State::may_send(bool remote) const
{
    return !draining && !cannot_record && goes_out(remote);
}

bool Queue::State::feed(const SitePtr& site, bool has_place)
{
    const bool hired = try_to_feed(site, has_place);
    if (has_place && !hired) places.give_back();
    return hired;
}

bool Queue::State::try_to_feed(const SitePtr& site, bool has_place)
{
    if (site->ready.empty() || !may_send(site->remote)) return false;
    const auto now = parts.steady();
    const auto room = std::min(site->window.room(now), site->most());
    if (room == 0) {
        wake_at(site->window.rests_until(), {site, {}});
        return false;
    }
    if (site->pace.next() > now) {
        wake_at(site->pace.next(), {site, {}});
        return false;
    }
    if (site->window.down() && site->couriers == 0 && ask_before_probe(site)) return false;
    if (!site->idle.empty()) {
        const auto idle = std::move(site->idle.back());
        site->idle.pop_back();
        std::erase(idlers, idle);
        net::post(idle->executor, [idle] { idle->timer.cancel(); });
        if (has_place) places.give_back();
        return true;
    }
    if (site->couriers >= room) return false;
    if (!has_place && !places.take(site, site->in_line)) {
        dismiss_one();
        return false;
    }
    ++site->couriers;
    try {
        const auto executor = parts.executors[next_executor++ % parts.executors.size()];
        // Posted: co_spawn may begin at once, on this thread, which holds the mutex.
        net::post(executor, [self = shared_from_this(), site, executor] {
            try {
                net::co_spawn(executor, work(self, site, executor), net::detached);
            } catch (...) {
                raise_caught(self->parts.events, "courier of", site->key);
                self->retire(site);
            }
        });
    } catch (...) {
        raise_caught(parts.events, "courier of", site->key);
        --site->couriers;
        if (!has_place) places.give_back();
        wake_at(now + 1s, {site, {}});
        return false;
    }
    return true;
}

/// The hosts of a domain may have changed while they did not answer: asked for one that waits.
bool Queue::State::ask_before_probe(const SitePtr& site)
{
    const auto now = parts.steady();
    if (parts.locator == nullptr || now < site->confirmed_until) return false;
    while (auto* const next = site->ready.next()) {
        auto load = std::move(*next);
        site->ready.drop();
        auto mine = retake(std::move(load), Stage::ready);
        if (!mine) continue;
        const auto lane = mine->item->recipient(mine->recipients().front()).lane;
        const bool by_dns = std::holds_alternative<transfer::ToMx>(lane->route.hop);
        if (by_dns) lane->fresh_until = {};
        site->confirmed_until = now + 1min;
        place(lane, std::move(*mine));
        return by_dns;
    }
    return true;
}

void Queue::State::reroute(const SitePtr& site)
{
    site->to_reroute = site->ready.jobs();
    net::post(parts.executors.front(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) reroute_some(self);
    });
}

/// Somebody waits for a place that a courier without work has.
void Queue::State::dismiss_one()
{
    if (idlers.empty()) return;
    const auto idle = std::move(idlers.front());
    idlers.pop_front();
    idle->dismissed = true;
    net::post(idle->executor, [idle] { idle->timer.cancel(); });
}

void Queue::State::serve_line()
{
    while (const auto next = places.next()) {
        (*next)->in_line = false;
        feed(*next, true);
    }
}

void Queue::State::feed_all()
{
    std::vector<SitePtr> all;
    for (auto& [key, site] : sites)
        if (!site->ready.empty()) all.push_back(site);
    for (const auto& site : all)
        for (auto jobs = std::min(site->ready.jobs(), site->most()); jobs > 0 && feed(site);
             --jobs) {
        }
}

void Queue::State::retire(const SitePtr& site) noexcept
{
    const std::lock_guard lock{mutex};
    --site->couriers;
    places.give_back();
    contained(parts.events, "what waits for a connection", [&] {
        look();
        serve_line();
        feed(site);
        site->used_at = parts.steady();
        if (site->couriers == 0 && !std::exchange(site->unused, true)) unused.push_back(site);
        forget_sites();
        arm();
    });
    landed.notify_all();
}

/// What is known of a site is kept for a while, and as long as it rests: its next message must not
/// try in vain.
void Queue::State::forget_sites()
{
    const auto now = parts.steady();
    for (std::size_t looks = unused.size(); looks > 0; --looks) {
        const auto site = unused.front();
        if (site->used_at + parts.site_memory > now) break;
        unused.pop_front();
        site->unused = false;
        if (site->couriers > 0) continue;
        const bool asleep = site->window.down() && site->window.rests_until() > now;
        if (asleep || !site->ready.empty()) {
            site->used_at = now;
            site->unused = true;
            unused.push_back(site);
            continue;
        }
        sites.erase(site->key + '\n' + terms_of(*site->place.profile));
    }
}

void Queue::State::wake_at(Steady when, Wake whom)
{
    if (const auto site = whom.site.lock()) {
        if (site->wakes_at <= when) return;
        site->wakes_at = when;
    }
    if (whom.lane) {
        if (whom.lane->wakes_at <= when) return;
        whom.lane->wakes_at = when;
    }
    wakes.emplace(when, std::move(whom));
    arm();
}

std::pair<std::chrono::milliseconds, std::chrono::milliseconds>
Queue::State::rests(const config::DomainProfile& profile) const
{
    const auto& after = profile.retry[static_cast<std::size_t>(spool::Priority::normal)].after;
    const std::chrono::milliseconds first = after.empty() ? 15min : after.front();
    const auto rest = std::min<std::chrono::milliseconds>(parts.rest_of_dead_route, first / 2);
    return {rest, std::max(rest, first)};
}

}  // namespace imc::queue
