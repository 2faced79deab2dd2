#include "event/caught.h"
#include "queue/state.h"

#include <boost/asio/post.hpp>

#include <algorithm>

// Who is looked at when: one timer for all that waits. What waits for a connection is looked at,
// too: its time may be up, or its sender be told that it is late.

namespace imc::queue {

using namespace std::chrono_literals;

namespace {

constexpr auto look_at_least = 15min;  ///< at everybody: the configuration may have changed
constexpr auto grace = 10min;          ///< for the last attempt to get its connection

}  // namespace

void Queue::State::arm()
{
    if (draining) return;
    const auto now = parts.steady();
    auto next = Steady::max();
    // A clock that jumps must not let mail wait for hours: looked at once a minute at least.
    if (const auto due = items.next_due())
        next = now + std::clamp<std::chrono::milliseconds>(*due - items.now(), 0ms, 60s);
    if (!wakes.empty()) next = std::min(next, wakes.begin()->first);
    if (next == Steady::max() || timer_at <= next) return;
    // A clock that lags behind the timer's must not be looked at in a tight loop.
    const auto wait = next <= now ? std::chrono::steady_clock::duration{0}
                                  : std::max<std::chrono::steady_clock::duration>(next - now, 10ms);
    net::post(parts.executors.front(),
              [self = shared_from_this(), wait] { self->run_timer(wait); });
    timer_at = next;
}

void Queue::State::run_timer(std::chrono::steady_clock::duration wait)
{
    try {
        timer->expires_after(wait);
        timer->async_wait([weak = weak_from_this()](boost::system::error_code stopped) {
            if (const auto state = weak.lock(); state && !stopped) state->on_time();
        });
    } catch (...) {
        raise_caught(parts.events, "the queue's timer");
        const std::lock_guard lock{mutex};
        timer_at = Steady::max();  // whatever happens next sets it
    }
}

/// Each message for itself: one on which work throws keeps nobody else from being looked at.
void Queue::State::on_time() noexcept
{
    std::vector<Taken> go;
    {
        const std::lock_guard lock{mutex};
        timer_at = Steady::max();
        contained(parts.events, "the queue's timetable", [&] {
            const auto now = look();
            wake_those_due(parts.steady());
            go = items.take_due(now, items_in_one_go);
        });
        for (const auto& taken : go) {
            if (!taken.look) continue;
            try {
                examine(taken.item);
            } catch (...) {
                tell_broken(taken.item->id, "It is looked at again in a minute.");
                contained(parts.events, "the queue's timetable",
                          [&] { items.look_at(*taken.item, items.now() + 1min); });
            }
        }
        contained(parts.events, "the queue's timetable", [this] { arm(); });
    }
    for (auto& [item, recipients, look_only] : go)
        if (!recipients.empty()) send_off(item, std::move(recipients));
}

void Queue::State::wake_those_due(Steady now)
{
    while (!wakes.empty() && wakes.begin()->first <= now) {
        const auto wake = std::move(wakes.begin()->second);
        wakes.erase(wakes.begin());
        if (const auto site = wake.site.lock()) {
            site->wakes_at = Steady::max();
            feed(site);
        }
        if (!wake.lane) continue;
        wake.lane->wakes_at = Steady::max();
        ask(wake.lane);
    }
}

const config::RetryPlan& Queue::State::plan_of(const Item& item, const Recipient& recipient,
                                               std::string_view address)
{
    const auto profile = recipient.lane ? recipient.lane->profile : profiles.of(domain_of(address));
    return profile->retry[static_cast<std::size_t>(item.priority)];
}

void Queue::State::examine(const ItemPtr& item)
{
    const auto now = items.now();
    const auto age = now - item->arrived_at;
    WallTime again = now + look_at_least;
    std::vector<std::uint32_t> over, late, purge;
    for (PackedEnvelope::Walk walk{item->envelope}; walk.next();) {
        auto& recipient = item->recipient(walk.index());
        if (!recipient.waits()) continue;
        const auto& plan = plan_of(*item, recipient, walk.address());
        const auto time_is_up = ends_of(*item, recipient, plan);
        if (examine_terms(*item, walk.index(), time_is_up, again, over, purge)) continue;
        const bool parked = recipient.stage == Stage::locating || recipient.stage == Stage::ready ||
                            recipient.stage == Stage::listed;
        const bool idle = recipient.stage == Stage::idle;
        if (!parked && !idle) {
            again = std::min(again, now + 1min);
            continue;
        }
        const auto reason = reason_of(recipient);
        const bool ordered = recipient.terms && recipient.terms->expires != WallTime{};
        const bool has_a_chance =
            !ordered && (reason == Reason::connecting || reason == Reason::connection_limit ||
                         reason == Reason::expansion_limit);
        const auto ends = time_is_up + (has_a_chance ? grace : 0min);
        if (now >= ends) {
            over.push_back(walk.index());
            continue;
        }
        again = std::min<WallTime>(again, ends);
        std::uint8_t due = 0;
        for (const auto step : plan.notice_after) {
            if (step <= age)
                ++due;
            else
                again = std::min<WallTime>(again, item->arrived_at + step);
        }
        if (due > recipient.notices) {
            recipient.notices = due;
            late.push_back(walk.index());
        }
    }
    items.look_at(*item, std::max<WallTime>(again, now + 1s));
    give_up(item, over);
    purge_now(item, std::move(purge));
    if (late.empty()) return;
    std::vector<DeliveryResult> words;
    for (const auto index : late) {
        words.push_back(last_word(item->recipient(index)));
        (void)items.take(*item, index, Stage::recording);
    }
    record_now({item, std::move(late), std::move(words), {}, true});
}

/// Nobody could be asked again in time.
void Queue::State::give_up(const ItemPtr& item, const std::vector<std::uint32_t>& recipients)
{
    if (recipients.empty()) return;
    std::vector<DeliveryResult> results;
    for (const auto index : recipients) {
        const auto& recipient = item->recipient(index);
        results.push_back(last_word(recipient));
        results.back().status =
            reason_of(recipient) == Reason::waiting_for_etrn ? "4.4.7" : "5.4.7";
        (void)items.take(*item, index, Stage::recording);
    }
    record_now({item, recipients, std::move(results)});
}

/// What was said last to it or, while it was not asked, to others of its site.
DeliveryResult Queue::State::last_word(const Recipient& recipient) const
{
    const auto reason = reason_of(recipient);
    DeliveryResult out{Delivery::deferred, "4.4.7", std::string{explained(reason)}, ""};
    const auto site = recipient.lane ? recipient.lane->site.lock() : nullptr;
    if (site && site->window.down() && reason != Reason::waiting_for_etrn)
        out = site->last_failure;
    else if (reason == Reason::no_route && recipient.lane && recipient.lane->silent)
        out = recipient.lane->last_failure;
    else if (recipient.said != nullptr)
        out = {Delivery::deferred, std::string{recipient.said->status()},
               std::string{recipient.said->reply()}, std::string{recipient.said->host()}};
    out.tried = false;
    return out;
}

/// Everything that is parked looks for its way anew. What is under way goes on.
void Queue::State::reroute_all()
{
    for (auto& [key, site] : sites)
        site->to_reroute = site->ready.jobs();
    for (auto& [key, lane] : lanes) {
        lane->fresh_until = {};
        for (const auto& load : std::exchange(lane->waiting, {}))
            for (const auto index : claim(load, Stage::locating, Stage::routing))
                items.release_now(*load.item, index);
    }
    lanes.clear();
    lanes_swept_at = 1000;
    net::post(parts.executors.front(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) reroute_some(self);
    });
}

void Queue::State::reroute_some(const std::shared_ptr<State>& self)
{
    const std::lock_guard lock{self->mutex};
    self->look();
    std::size_t left = items_in_one_go;
    for (auto& [key, site] : self->sites) {
        const auto loads = site->ready.take_any(std::min(site->to_reroute, left));
        site->to_reroute = loads.size() < left ? 0 : site->to_reroute - loads.size();
        left -= loads.size();
        for (const auto& load : loads)
            for (const auto index : self->claim(load, Stage::ready, Stage::routing))
                self->items.release_now(*load.item, index);
        if (left == 0) break;
    }
    self->arm();
    if (left == 0)
        net::post(self->parts.executors.front(), [weak = self->weak_from_this()] {
            if (const auto again = weak.lock()) reroute_some(again);
        });
}

}  // namespace imc::queue
