#pragma once
/// @file spool/low_water.h  Looks at the disk's free space, a few times a second at most.
///
/// Threads: any.
#include "base/files.h"
#include "event/log.h"

#include <atomic>
#include <optional>

namespace imc::spool {

class LowWater {
public:
    LowWater(FileSystem& files, EventLog& events, std::string folder, std::uint64_t needed_octets)
        : files_{files}, events_{events}, folder_{std::move(folder)}, needed_{needed_octets}
    {}

    /// @return 3018 while there is less than needed
    std::optional<Error> look();
    bool low() const { return low_.load(); }
    std::uint64_t free_octets() const { return free_.load(); }

private:
    void judge(std::uint64_t free);

    FileSystem& files_;
    EventLog& events_;
    const std::string folder_;
    const std::uint64_t needed_;
    std::atomic<std::uint64_t> free_{0};
    std::atomic<std::int64_t> look_again_{0};
    std::atomic<bool> low_{false};
};

}  // namespace imc::spool
