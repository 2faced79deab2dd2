#pragma once
/// @file base/time.h  Points in time that must not be passed, and the clock on the wall.
#include <chrono>

namespace imc {

/// A wait without one cannot be written. Made once at the edge, passed down unchanged.
using Deadline = std::chrono::steady_clock::time_point;

inline Deadline after(std::chrono::steady_clock::duration time)
{
    return std::chrono::steady_clock::now() + time;
}

/// Milliseconds are what records keep; a test's clock stands still or jumps.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

class WallClock {
public:
    virtual ~WallClock() = default;
    virtual WallTime now() const = 0;
};

/// The system's clock; never destroyed.
const WallClock& wall_clock();

}  // namespace imc
