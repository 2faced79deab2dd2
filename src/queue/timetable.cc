#include "queue/state.h"

#include <boost/asio/post.hpp>

#include <algorithm>

// Who is tried again when: one timer for all that waits.

namespace imc::queue {

using namespace std::chrono_literals;

void Queue::State::arm()
{
    const auto next = items.next_due();
    if (!next || draining) {
        timer_at = {};
        return;
    }
    if (timer_at != WallTime{} && timer_at <= *next) return;
    timer_at = *next;
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
    std::vector<Taken> go;
    {
        const std::lock_guard lock{mutex};
        go = items.take_due(parts.clock.now());
        timer_at = {};
        arm();
    }
    for (auto& [item, recipients] : go)
        send_off(item, std::move(recipients));
}

}  // namespace imc::queue
