#pragma once
/// @file kit/stuck_files.h  The real file system, in which nothing can be removed, or renamed, when
/// a test says so.
#include "base/files.h"

#include <atomic>
#include <cerrno>

namespace imc::kit {

class StuckFiles final : public FileSystem {
public:
    std::atomic<bool> removes{true};
    std::atomic<bool> renames{true};
    std::atomic<bool> syncs{true};

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        return real_files().open(path, mode, permissions);
    }
    IoResult<> rename(const std::string& from, const std::string& to) override
    {
        if (!renames) return denied();
        return real_files().rename(from, to);
    }
    IoResult<> remove(const std::string& path) override
    {
        if (!removes && real_files().status(path)) return denied();
        return real_files().remove(path);
    }
    IoResult<> make_folder(const std::string& path, unsigned permissions) override
    {
        return real_files().make_folder(path, permissions);
    }
    IoResult<> sync_folder(const std::string& path) override
    {
        if (!syncs) return denied();
        return real_files().sync_folder(path);
    }
    IoResult<std::vector<std::string>> list(const std::string& folder) override
    {
        return real_files().list(folder);
    }
    IoResult<FileStatus> status(const std::string& path) override
    {
        return real_files().status(path);
    }
    IoResult<std::uint64_t> free_octets(const std::string& path) override
    {
        return real_files().free_octets(path);
    }

private:
    static boost::system::error_code denied() { return {EACCES, boost::system::system_category()}; }
};

}  // namespace imc::kit
