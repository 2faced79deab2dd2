#include "app/service/bring_back.h"

#include "app/service/poison.h"

#include <boost/asio/post.hpp>

#include <future>

namespace imc::app {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t portion = 20'000;
constexpr auto doors_wait = 1s;  // usually all is there before the doors open

void all_of(const BringBackParts& parts)
{
    for (bool more = true; more && !parts.stopping;) {
        auto messages = parts.spool.recover(portion);
        more = !messages.empty();
        parts.pickup.settle(messages);
        set_aside_poison({parts.spool, parts.events, parts.badmail, parts.executor}, messages);
        for (const auto& message : messages)
            parts.came_back.found(message);
        parts.queue.start(std::move(messages));
    }
    if (!parts.stopping) parts.whole = true;
    // Files whose messages are in the spool have been told apart from others now.
    if (!parts.stopping) parts.pickup.start(parts.executor);
}

}  // namespace

void bring_back(BringBackParts parts, net::thread_pool& background)
{
    auto all = std::make_shared<std::promise<void>>();
    auto done = all->get_future();
    net::post(background, [parts = std::move(parts), all] {
        try {
            all_of(parts);
        } catch (const std::exception& e) {
            parts.events.raise(
                EventId::exception_handled,
                {{"detail", std::string{"what waited before the start: "} + e.what()}});
        }
        all->set_value();
    });
    (void)done.wait_for(doors_wait);
}

}  // namespace imc::app
