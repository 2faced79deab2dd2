#include "base/time.h"

namespace imc {

const WallClock& wall_clock()
{
    struct SystemClock final : WallClock {
        WallTime now() const override
        {
            return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        }
    };
    static const SystemClock clock;
    return clock;
}

}  // namespace imc
