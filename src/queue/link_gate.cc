#include "queue/state.h"

#include <algorithm>

// A link that is closed: what goes to other hosts waits in its lane, or at its site; local
// deliveries go on.

namespace imc::queue {

void Queue::set_link(LinkGate gate)
{
    auto& s = *state_;
    const std::lock_guard lock{s.mutex};
    s.look();
    const bool opens = gate.open && !s.link.open;
    s.link = std::move(gate);
    if (!opens) return;
    // What failed before the link was closed says nothing of what it brings now.
    std::vector<LanePtr> lanes;
    for (const auto& [key, lane] : s.lanes)
        if (lane->remote) lanes.push_back(lane);
    for (const auto& lane : lanes) {
        lane->ask_at = {};
        if (!s.held_for_etrn(*lane)) s.place_anew(lane);
    }
    for (const auto& [key, site] : s.sites)
        if (site->remote) site->window.try_now();
    s.feed_all();
    s.arm();
}

Queue::LinkNeeds Queue::link_needs() const
{
    const auto& s = *state_;
    LinkNeeds out;
    const std::lock_guard lock{s.mutex};
    out.wants = s.items.at(Stage::routing) > 0;
    for (const auto& [key, lane] : s.lanes) {
        if (!lane->remote) continue;
        const auto locating = s.held_for_etrn(*lane) ? 0 : lane->locating;
        out.waiting += locating + lane->ready;
        const auto site = lane->site.lock();
        const bool down = site && site->window.down();
        out.wants = out.wants || (locating > 0 && !lane->silent) || (lane->ready > 0 && !down);
    }
    for (const auto& [key, site] : s.sites)
        out.sending += site->remote ? site->flying : 0;
    out.wants = out.wants || out.sending > 0;
    return out;
}

std::optional<WallTime> Queue::oldest_for_link() const
{
    std::optional<WallTime> out;
    for (const auto& row : by_reason())
        if (row.reason == Reason::outside_window) out = row.oldest;
    return out;
}

bool Queue::State::held_for_etrn(const Lane& lane) const
{
    return lane.remote && lane.profile->hold_for_etrn && parts.steady() >= lane.open_until;
}

}  // namespace imc::queue
