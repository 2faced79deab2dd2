#pragma once
/// @file metrics/rates.h  How much counters grew in each minute of the last 24 hours. Lost with the
/// process, like the counters.
///
/// Threads: any.
#include "base/time.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace imc::metrics {

class Rates {
public:
    static constexpr std::size_t minutes = 24 * 60;

    explicit Rates(std::vector<std::string> names);

    /// What grew since the last call goes to the minute of `now`; the first call only begins. A
    /// clock that goes back adds to the minute it was in.
    /// @param totals  of each name; one that shrank began anew
    void sample(WallTime now, const std::vector<std::uint64_t>& totals);

    struct Series {
        std::string name;
        std::vector<std::uint64_t> grown;  ///< a value per minute, oldest first; the last is now's
    };
    struct Reading {
        WallTime from{};  ///< beginning of the first minute
        std::vector<Series> series;
    };
    Reading read() const;  ///< minutes before the first sample are not there

private:
    void turn_to(std::int64_t minute);

    const std::vector<std::string> names_;
    mutable std::mutex mutex_;
    std::vector<std::uint64_t> last_;                ///< empty: not begun
    std::int64_t first_ = 0, now_ = 0;               ///< minutes since 1970
    std::vector<std::vector<std::uint64_t>> rings_;  ///< by name, then minute modulo `minutes`
};

}  // namespace imc::metrics
