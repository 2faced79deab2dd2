#include "queue/state.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <map>

// Who is tried again when: one timer for all that waits.

namespace imc::queue {

using namespace std::chrono_literals;
using spool::Outcome;

void Queue::State::wait_until(WallTime when, std::uint64_t id, std::uint32_t recipient)
{
    due.emplace(when, std::pair{id, recipient});
    if (due.begin()->first < timer_at || timer_at == WallTime{}) arm();
}

void Queue::State::arm()
{
    if (due.empty() || draining) {
        timer_at = {};
        return;
    }
    timer_at = due.begin()->first;
    // A clock that jumps must not let mail wait for hours: looked at once a minute at least.
    const auto wait = std::clamp<std::chrono::milliseconds>(timer_at - parts.clock.now(), 0ms, 60s);
    net::post(parts.executors.front(), [self = shared_from_this(), wait] {
        self->timer->expires_after(wait);
        self->timer->async_wait([weak = self->weak_from_this()](boost::system::error_code stopped) {
            if (const auto state = weak.lock(); state && !stopped) state->on_time();
        });
    });
}

void Queue::State::on_time()
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

bool Queue::State::take(Item& item, std::uint32_t index)
{
    auto& recipient = item.recipients[index];
    if (recipient.busy || recipient.state.outcome != Outcome::waiting) return false;
    recipient.busy = true;
    return true;
}

}  // namespace imc::queue
