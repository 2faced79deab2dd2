#include "event/caught.h"
#include "queue/state.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

// From a lane to its site: asked once for all that wait in the lane.

namespace imc::queue {

using namespace std::chrono_literals;

namespace {

Location no_look_up()
{
    return Nowhere{{Delivery::deferred, "4.4.3", "internal error while looking for its hosts", ""}};
}

}  // namespace

LanePtr Queue::State::lane_for(transfer::Route route, std::string_view domain)
{
    const bool remote = is_remote(route);
    auto profile = remote ? without_sign_in(profiles.of(domain), route) : profiles.of_stores();
    // Retry plans differ where the terms of a connection do not.
    auto& lane = lanes[route.key + '\n' + profile->domain];
    if (lane) return lane;
    lane = new Lane;
    lane->remote = remote;
    lane->profile = std::move(profile);
    lane->route = std::move(route);
    lane->route.address.clear();
    auto out = lane;
    if (lanes.size() >= lanes_swept_at) sweep_lanes();
    return out;
}

bool Queue::State::goes_out(bool remote) const
{
    return !remote || (link.open && sends(config->mode));
}

void Queue::State::place(const LanePtr& lane, Load load)
{
    load.order = ++orders;
    for (const auto index : load.recipients())
        load.item->recipient(index).ticket = load.ticket();
    const auto now = parts.steady();
    const bool held = !goes_out(lane->remote) || held_for_etrn(*lane);
    if (!held) {
        const bool asks_dns =
            std::holds_alternative<transfer::ToMx>(lane->route.hop) && parts.locator != nullptr;
        if (const auto site = lane->site.lock(); site && (!asks_dns || now < lane->fresh_until))
            return to_site(site, lane, std::move(load));
        if (!asks_dns) {
            const auto site = site_for(lane, Located{lane->route.key, {}});
            lane->site = site;
            return to_site(site, lane, std::move(load));
        }
    }
    lane->waiting.push_back(std::move(load));
    const auto& waits = lane->waiting.back();
    for (const auto index : waits.recipients())
        items.move(*waits.item, index, Stage::locating);
    drop_body_if(lane->silent || held, *waits.item);
    if (!held) ask(lane);
}

void Queue::State::ask(const LanePtr& lane)
{
    if (lane->asking || lane->waiting.empty() || draining || !goes_out(lane->remote)) return;
    if (lane->ask_at > parts.steady()) return wake_at(lane->ask_at, {{}, lane});
    lane->asking = true;
    asks.push_back(lane);
    next_ask();
}

void Queue::State::next_ask()
{
    while (asking < look_ups_at_once && !asks.empty() && !draining) {
        const auto executor = parts.executors[next_executor++ % parts.executors.size()];
        net::post(executor, [self = shared_from_this(), lane = asks.front(), executor] {
            try {
                net::co_spawn(executor, look_up(self, lane), net::detached);
            } catch (...) {
                raise_caught(self->parts.events, "looking for the hosts of", lane->route.key);
                self->looked_up(lane, no_look_up());
            }
        });
        ++asking;
        asks.pop_front();
    }
}

net::awaitable<void> Queue::State::look_up(std::shared_ptr<State> self, LanePtr lane)
{
    Location where = no_look_up();
    try {
        where = co_await self->parts.locator->locate(lane->route, after(60s));
    } catch (...) {
        raise_caught(self->parts.events, "looking for the hosts of", lane->route.key);
    }
    self->looked_up(lane, std::move(where));
}

void Queue::State::looked_up(const LanePtr& lane, Location where) noexcept
{
    const std::lock_guard lock{mutex};
    --asking;
    lane->asking = false;
    contained(parts.events, "hosts that were found", [&] {
        look();
        located(lane, std::move(where));
    });
    contained(parts.events, "the next look for hosts", [&] {
        next_ask();
        arm();
    });
}

std::vector<std::uint32_t> Queue::State::claim(const Load& load, Stage from, Stage to)
{
    std::vector<std::uint32_t> out;
    for (const auto index : load.recipients()) {
        const auto& recipient = load.item->recipient(index);
        if (recipient.stage != from || recipient.ticket != load.ticket()) continue;
        items.move(*load.item, index, to);
        out.push_back(index);
    }
    return out;
}

void Queue::State::located(const LanePtr& lane, Location where)
{
    if (const auto* nowhere = std::get_if<Nowhere>(&where)) return led_nowhere(lane, *nowhere);
    const auto& found = std::get<Located>(where);
    lane->silent = false;
    lane->vain = 0;
    lane->ask_at = {};
    lane->fresh_until = parts.steady() + std::max<std::chrono::seconds>(found.ttl, 1s);
    const auto site = site_for(lane, found);
    const auto before = lane->site.lock();
    lane->site = site;
    site->confirmed_until = lane->fresh_until;
    // Its hosts are others now: what waits for the old ones must not wait on.
    if (before && before != site) reroute(before);
    for (auto& load : std::exchange(lane->waiting, {}))
        to_site(site, lane, std::move(load));
    // Others of the site may have waited for this answer.
    feed(site);
}

/// For good: all that wait hear it. For now: one of them is the attempt that is recorded, the
/// others wait until the question is asked again.
void Queue::State::led_nowhere(const LanePtr& lane, const Nowhere& nowhere)
{
    const bool for_good = nowhere.result.delivery == Delivery::failed;
    const auto [rest, longest] = rests(*lane->profile);
    if (!for_good) {
        if (!std::exchange(lane->silent, true)) lane->silent_since = items.now();
        lane->last_failure = nowhere.result;
        const std::chrono::milliseconds doubled{rest.count() * (1LL << std::min(lane->vain, 20U))};
        ++lane->vain;
        lane->ask_at = parts.steady() + std::min(doubled, longest);
    }
    std::vector<Load> keep;
    bool first = true;
    for (auto& load : std::exchange(lane->waiting, {})) {
        const auto whole = load.recipients();
        const bool impatient =
            !whole.empty() && has_no_retries(load.item->recipient(whole.front()), *load.item);
        if (!first && !for_good && !impatient) {
            drop_body_if(true, *load.item);
            keep.push_back(std::move(load));
            continue;
        }
        auto claimed = claim(load, Stage::locating, Stage::recording);
        if (claimed.empty()) continue;
        first = false;
        std::vector<DeliveryResult> results(claimed.size(), nowhere.result);
        record_now({load.item, std::move(claimed), std::move(results)});
    }
    lane->waiting = std::move(keep);
    if (!lane->waiting.empty()) wake_at(lane->ask_at, {{}, lane});
    if (const auto site = lane->site.lock()) {
        site->confirmed_until = parts.steady() + 1min;
        feed(site);
    }
}

void Queue::State::let_go(const LanePtr& lane)
{
    lane->open_until = parts.steady() + 1min;
    place_anew(lane);
}

std::optional<Load> Queue::State::retake(Load load, Stage from)
{
    auto item = load.item;
    std::vector<std::uint32_t> mine;
    std::vector<std::string> addresses;
    bool renamed = false;
    while (load.size() > 0) {
        std::string address;
        const auto index = load.take(address);
        const auto& recipient = item->recipient(index);
        if (recipient.stage != from || recipient.ticket != load.ticket()) continue;
        items.move(*item, index, Stage::routing);
        mine.push_back(index);
        renamed = renamed || !address.empty();
        addresses.push_back(std::move(address));
    }
    if (mine.empty()) return {};
    if (!renamed) addresses.clear();
    return Load{item, std::move(mine), std::move(addresses)};
}

void Queue::State::place_anew(const LanePtr& lane)
{
    for (auto& load : std::exchange(lane->waiting, {}))
        if (auto mine = retake(std::move(load), Stage::locating)) place(lane, std::move(*mine));
}

void Queue::State::sweep_lanes()
{
    const auto now = parts.steady();
    std::erase_if(lanes, [&](const auto& each) {
        const auto& lane = each.second;
        return lane->use_count() == 1 && lane->waiting.empty() && !lane->asking &&
               lane->fresh_until <= now && lane->ask_at <= now;
    });
    lanes_swept_at = std::max<std::size_t>(1000, 2 * lanes.size());
}

}  // namespace imc::queue
