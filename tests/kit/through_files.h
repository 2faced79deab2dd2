#pragma once
/// @file kit/through_files.h  The real file system; a test's own overrides the calls that are to go
/// wrong.
#include "base/files.h"

namespace imc::kit {

class ThroughFiles : public FileSystem {
public:
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        return real_files().open(path, mode, permissions);
    }
    IoResult<> rename(const std::string& from, const std::string& to) override
    {
        return real_files().rename(from, to);
    }
    IoResult<> remove(const std::string& path) override { return real_files().remove(path); }
    IoResult<> make_folder(const std::string& path, unsigned permissions) override
    {
        return real_files().make_folder(path, permissions);
    }
    IoResult<> sync_folder(const std::string& path) override
    {
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
};

}  // namespace imc::kit
