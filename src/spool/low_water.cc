#include "spool/low_water.h"

#include <chrono>

namespace imc::spool {

using namespace std::chrono_literals;

namespace {

constexpr auto look_at_disk = 250ms;

}  // namespace

std::optional<Error> LowWater::look()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto next = look_again_.load();
    if (now >= next && look_again_.compare_exchange_strong(
                           next, now + std::chrono::steady_clock::duration{look_at_disk}.count())) {
        if (const auto free = files_.free_octets(folder_)) {
            free_ = *free;
            judge(*free);
        }
    }
    if (!low_.load()) return {};
    return Error{EventId::flush_mode_entered, std::to_string(free_.load() >> 10U) + " KiB free, " +
                                                  std::to_string(needed_ >> 10U) + " KiB needed"};
}

void LowWater::judge(std::uint64_t free)
{
    // A tenth more before it is left: a disk at the mark must not make an event a second.
    const auto leave = needed_ + needed_ / 10;
    const auto text = std::to_string(free >> 10U) + " KiB free on " + folder_;
    if (free < needed_ && !low_.exchange(true))
        events_.raise(EventId::flush_mode_entered, {{"detail", text}});
    else if (free >= leave && low_.exchange(false))
        events_.raise(EventId::flush_mode_left, {{"detail", text}});
}

}  // namespace imc::spool
