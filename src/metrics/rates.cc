#include "metrics/rates.h"

#include <algorithm>
#include <utility>

namespace imc::metrics {
namespace {

constexpr auto count = static_cast<std::int64_t>(Rates::minutes);

std::size_t place(std::int64_t minute)
{
    return static_cast<std::size_t>((minute % count + count) % count);
}

}  // namespace

Rates::Rates(std::vector<std::string> names)
    : names_{std::move(names)}, rings_(names_.size(), std::vector<std::uint64_t>(minutes))
{}

void Rates::sample(WallTime now, const std::vector<std::uint64_t>& totals)
{
    const auto minute = std::chrono::floor<std::chrono::minutes>(now).time_since_epoch().count();
    const std::lock_guard lock{mutex_};
    if (last_.empty()) {
        first_ = now_ = minute;
        last_ = totals;
        last_.resize(names_.size());
        return;
    }
    turn_to(minute);
    for (std::size_t i = 0; i < names_.size() && i < totals.size(); ++i) {
        const auto before = std::exchange(last_[i], totals[i]);
        rings_[i][place(now_)] += totals[i] < before ? totals[i] : totals[i] - before;
    }
}

void Rates::turn_to(std::int64_t minute)
{
    if (minute <= now_) return;
    const auto steps = std::min(minute - now_, count);
    for (auto& ring : rings_)
        for (std::int64_t i = 0; i < steps; ++i)
            ring[place(minute - i)] = 0;
    now_ = minute;
    first_ = std::max(first_, now_ - count + 1);
}

Rates::Reading Rates::read() const
{
    const std::lock_guard lock{mutex_};
    Reading out;
    out.from = WallTime{std::chrono::minutes{first_}};
    for (std::size_t i = 0; i < names_.size(); ++i) {
        Series one{names_[i], {}};
        if (!last_.empty())
            for (auto minute = first_; minute <= now_; ++minute)
                one.grown.push_back(rings_[i][place(minute)]);
        out.series.push_back(std::move(one));
    }
    return out;
}

}  // namespace imc::metrics
