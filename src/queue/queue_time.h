#pragma once
/// @file queue/queue_time.h  The queue's own time: the wall's, but for its jumps. Pure.
///
/// A wall clock that is put a day ahead makes nothing due and nothing too old, one that is put back
/// keeps nothing waiting for a day: by how much it jumped is seen beside the steady clock. Slow
/// corrections are followed.
#include "base/time.h"

namespace imc::queue {

class QueueTime {
public:
    /// @return now, in queue time
    WallTime look(WallTime wall, std::chrono::steady_clock::time_point steady)
    {
        using std::chrono::milliseconds;
        if (began_) {
            const auto went = std::chrono::duration_cast<milliseconds>(steady - steady_);
            const auto error = wall - wall_ - went;
            if (error > jump || error < -jump) ahead_ += error;
        }
        began_ = true;
        wall_ = wall;
        steady_ = steady;
        return wall - ahead_;
    }
    WallTime to_wall(WallTime queue) const { return queue + ahead_; }
    WallTime from_wall(WallTime wall) const { return wall - ahead_; }

    static constexpr std::chrono::milliseconds jump{60'000};

private:
    bool began_ = false;
    WallTime wall_{};
    std::chrono::steady_clock::time_point steady_{};
    std::chrono::milliseconds ahead_{0};  ///< of the wall clock before queue time
};

}  // namespace imc::queue
