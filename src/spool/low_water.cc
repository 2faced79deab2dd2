#include "spool/low_water.h"

#include <cerrno>
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
        look_at_folder();
        if (const auto free = files_.free_octets(folder_)) {
            free_ = *free;
            judge(*free);
        }
    }
    if (gone_.load()) return Error{EventId::spool_write_failed, trouble_.text()};
    if (!low_.load()) return {};
    return Error{EventId::flush_mode_entered, std::to_string(free_.load() >> 10U) + " KiB free, " +
                                                  std::to_string(needed_ >> 10U) + " KiB needed"};
}

void LowWater::look_at_folder()
{
    for (const auto& place : places_) {
        if (place.inode == 0) continue;
        const auto status = files_.status(place.path);
        if (status && status->inode == place.inode) continue;
        const auto why = status
                             ? boost::system::error_code{ENOENT, boost::system::system_category()}
                             : status.error();
        (void)trouble_.begin(place.path, why);
        gone_ = true;
        return;
    }
    if (gone_.exchange(false)) trouble_.end();
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
