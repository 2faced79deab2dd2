#include "spool/spare_segments.h"

#include <algorithm>
#include <cstdio>
#include <system_error>
#include <utility>

namespace imc::spool {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t usual_spares = 3;  // of those that were used before
constexpr auto again_after = 1s;
constexpr auto patience = 5s;  // for one that is being made; then another one is made in line

}  // namespace

std::size_t SpareSegments::size() const
{
    const std::lock_guard lock{mutex_};
    return spare_.size();
}

std::unique_ptr<Segment> SpareSegments::take(std::size_t left)
{
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return spare_.size() > left || !making_; });
    if (spare_.size() <= left) return nullptr;
    auto out = std::move(spare_.front());
    spare_.pop_front();
    return out;
}

IoResult<std::unique_ptr<Segment>> SpareSegments::make(std::uint64_t octets)
{
    char name[24];
    {
        const std::lock_guard lock{mutex_};
        std::snprintf(name, sizeof name, "%08llu.seg",
                      static_cast<unsigned long long>(++last_file_));
    }
    return Segment::create(files_, folder_, name, octets);
}

bool SpareSegments::wants_more() const
{
    const std::lock_guard lock{mutex_};
    return spare_.size() < std::max<std::size_t>(wanted_, usual_spares);
}

bool SpareSegments::give(std::unique_ptr<Segment>& segment)
{
    const std::lock_guard lock{mutex_};
    if (spare_.size() >= std::max<std::size_t>(wanted_, usual_spares)) return false;
    spare_.push_back(std::move(segment));
    changed_.notify_all();
    return true;
}

void SpareSegments::want(std::size_t count)
{
    const std::lock_guard lock{mutex_};
    wanted_ = count;
    if (spare_.size() >= wanted_ || stopping_) return;
    if (!thread_.joinable()) {
        try {
            thread_ = std::thread{[this] { run(); }};
        } catch (...) {
            return;  // no thread, or no memory for one: the writer makes what it needs by itself
        }
    }
    changed_.notify_all();
}

void SpareSegments::stop()
{
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

/// @return null: it cannot be made, or there is no memory to make it
std::unique_ptr<Segment> SpareSegments::try_to_make() noexcept
{
    try {
        auto made = make(usual_);
        return made ? std::move(*made) : nullptr;
    } catch (...) {
        return nullptr;  // tried again in a moment; meanwhile the writer makes what it needs
    }
}

void SpareSegments::run()
{
    std::unique_lock lock{mutex_};
    while (!stopping_) {
        const auto now = std::chrono::steady_clock::now();
        if (spare_.size() < wanted_ && now >= not_before_) {
            making_ = true;
            lock.unlock();
            auto made = try_to_make();
            lock.lock();
            making_ = false;
            if (made)
                spare_.push_back(std::move(made));
            else
                not_before_ = std::chrono::steady_clock::now() + again_after;
            changed_.notify_all();
            continue;
        }
        const auto woken = changed_.wait_for(
            lock, spare_.size() < wanted_ ? std::chrono::milliseconds{again_after} : idle_);
        if (woken == std::cv_status::no_timeout || spare_.size() < wanted_) continue;
        // Nothing has happened for a while.
        wanted_ = std::min<std::size_t>(wanted_, 2);  // the reserve, and the next one
        if (spare_.size() <= wanted_) continue;
        const auto surplus = std::move(spare_.front());
        spare_.pop_front();
        lock.unlock();
        try {
            (void)files_.remove(surplus->path());  // if it stays, it is spare again
        } catch (...) {                            // NOLINT(bugprone-empty-catch): likewise
        }
        lock.lock();
    }
}

}  // namespace imc::spool
