#include "queue/window.h"

#include <algorithm>

namespace imc::queue {

Window::Window(std::size_t most, std::size_t begin)
    : most_{std::max<std::size_t>(most, 1)}, begin_{std::clamp<std::size_t>(begin, 1, most_)},
      size_{begin_}
{}

void Window::set_most(std::size_t most)
{
    most_ = std::max<std::size_t>(most, 1);
    begin_ = std::min(begin_, most_);
    size_ = std::min(size_, most_);
}

std::size_t Window::room(Steady now) const
{
    if (!down_) return size_;
    return now < rests_until_ ? 0 : 1;
}

void Window::succeeded()
{
    cohorts_ = 0;
    vain_ = 0;
    if (down_) {
        down_ = false;
        size_ = begin_;
        gained_ = lost_ = 0;
        return;
    }
    gained_ += 1.0 / static_cast<double>(size_);
    if (gained_ < 0.999) return;
    gained_ = lost_ = 0;
    size_ = std::min(size_ + 1, most_);
}

bool Window::failed(std::size_t at_work, Steady now, std::chrono::milliseconds rest,
                    std::chrono::milliseconds longest, double dice)
{
    cohorts_ += 1.0 / static_cast<double>(std::max<std::size_t>(at_work, 1));
    if (!down_ && cohorts_ < 0.999) {
        // The step comes first and is paid for afterwards, else the window overshoots.
        if (lost_ <= 0.001) {
            lost_ = 1;
            size_ = std::max<std::size_t>(size_ - 1, 1);
        }
        lost_ -= 1.0 / static_cast<double>(size_);
        return false;
    }
    // Others that were on their way when it went down say nothing new.
    if (down_ && now < rests_until_) return true;
    down_ = true;
    const std::chrono::milliseconds doubled{rest.count() * (1LL << std::min(vain_, 20U))};
    ++vain_;
    const auto base = static_cast<double>(std::min(doubled, longest).count());
    rests_until_ =
        now + std::chrono::milliseconds{static_cast<std::int64_t>(base * (0.9 + 0.2 * dice))};
    return true;
}

void Pace::took(Steady now)
{
    if (a_minute_ == 0) return;
    next_ = std::max(now, next_) +
            std::chrono::microseconds{60'000'000} / static_cast<std::int64_t>(a_minute_);
}

}  // namespace imc::queue
