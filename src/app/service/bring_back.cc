#include "app/service/bring_back.h"

#include "app/service/poison.h"
#include "event/post_contained.h"

#include <future>

namespace imc::app {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t portion = 20'000;
constexpr auto doors_wait = 1s;  // usually all is there before the doors open

/// Whatever is thrown on the way, the portion goes into the queue, and the next one follows.
void bring(const BringBackParts& parts, std::vector<spool::Recovered>& messages)
{
    constexpr std::string_view what = "what waited before the start";
    contained(parts.events, what, [&] { parts.pickup.settle(messages); });
    contained(parts.events, what, [&] {
        set_aside_poison({parts.spool, parts.events, parts.badmail, parts.executor}, messages);
    });
    contained(parts.events, what, [&] {
        for (const auto& message : messages)
            parts.came_back.found(message);
    });
    contained(parts.events, what, [&] { parts.queue.start(std::move(messages)); });
}

void all_of(const BringBackParts& parts)
{
    for (bool more = true; more && !parts.stopping;) {
        auto messages = parts.spool.recover(portion);
        more = !messages.empty();
        bring(parts, messages);
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
    auto& events = parts.events;
    post_contained(
        background, events, "what waited before the start", [parts = std::move(parts), all] {
            contained(parts.events, "what waited before the start", [&parts] { all_of(parts); });
            all->set_value();
        });
    (void)done.wait_for(doors_wait);
}

}  // namespace imc::app
