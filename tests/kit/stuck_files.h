#pragma once
/// @file kit/stuck_files.h  The real file system, in which nothing can be made, removed or renamed
/// (EACCES) when a test says so: for root, too, whom no permission stops.
#include "kit/through_files.h"

#include <atomic>
#include <cerrno>

namespace imc::kit {

class StuckFiles final : public ThroughFiles {
public:
    std::atomic<bool> makes{true};
    std::atomic<bool> removes{true};
    std::atomic<bool> renames{true};
    std::atomic<bool> syncs{true};

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        if (!makes && mode == OpenMode::create_new) return denied();
        return ThroughFiles::open(path, mode, permissions);
    }
    IoResult<> rename(const std::string& from, const std::string& to) override
    {
        if (!renames) return denied();
        return ThroughFiles::rename(from, to);
    }
    IoResult<> remove(const std::string& path) override
    {
        if (!removes && real_files().status(path)) return denied();
        return ThroughFiles::remove(path);
    }
    IoResult<> sync_folder(const std::string& path) override
    {
        if (!syncs) return denied();
        return ThroughFiles::sync_folder(path);
    }

private:
    static boost::system::error_code denied() { return {EACCES, boost::system::system_category()}; }
};

}  // namespace imc::kit
