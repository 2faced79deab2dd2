#pragma once
/// @file spool/low_water.h  Looks at the disk's free space and at the folder, a few times a second
/// at most.
///
/// Segments stay open when their folder is removed, and what is written to them then is nowhere
/// after a restart: nothing may be accepted into a folder that is not the one we began in.
///
/// KB:      Q189587 (disk), Q146791 (the folder was removed)
/// Threads: any.
#include "base/files.h"
#include "event/log.h"
#include "spool/trouble.h"

#include <array>
#include <atomic>
#include <optional>

namespace imc::spool {

class LowWater {
public:
    LowWater(FileSystem& files, EventLog& events, std::string folder, std::uint64_t needed_octets)
        : files_{files}, events_{events}, folder_{std::move(folder)}, needed_{needed_octets},
          places_{Place{folder_}, Place{folder_ + "/lock"}}, trouble_{events, folder_}
    {
        for (auto& place : places_)
            if (const auto status = files_.status(place.path)) place.inode = status->inode;
    }

    /// @return 3018 while there is less than needed; 40150 while the folder, or the lock in it, is
    /// gone or another one
    std::optional<Error> look();
    bool low() const { return low_.load(); }
    std::uint64_t free_octets() const { return free_.load(); }

private:
    void judge(std::uint64_t free);
    void look_at_folder();

    FileSystem& files_;
    EventLog& events_;
    const std::string folder_;
    const std::uint64_t needed_;
    std::atomic<std::uint64_t> free_{0};
    std::atomic<std::int64_t> look_again_{0};
    std::atomic<bool> low_{false};

    struct Place {
        std::string path;
        std::uint64_t inode = 0;  ///< where we began; 0: was not there
    };
    std::array<Place, 2> places_;  // never changes
    Trouble trouble_;
    std::atomic<bool> gone_{false};
};

}  // namespace imc::spool
