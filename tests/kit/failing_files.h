#pragma once
/// @file kit/failing_files.h  The real file system, of which the n-th changing call fails (EIO).
#include "kit/through_files.h"

#include <cerrno>

namespace imc::kit {

class FailingFiles final : public ThroughFiles {
public:
    /// @param nth  counted from 1 over open for writing, rename, make_folder and sync_folder
    explicit FailingFiles(int nth) : left_{nth} {}

    const std::string& what_failed() const { return what_; }

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        if (mode != OpenMode::read && fails("open " + path)) return io_error();
        return ThroughFiles::open(path, mode, permissions);
    }
    IoResult<> rename(const std::string& from, const std::string& to) override
    {
        if (fails("rename to " + to)) return io_error();
        return ThroughFiles::rename(from, to);
    }
    IoResult<> make_folder(const std::string& path, unsigned permissions) override
    {
        if (fails("make folder " + path)) return io_error();
        return ThroughFiles::make_folder(path, permissions);
    }
    IoResult<> sync_folder(const std::string& path) override
    {
        if (fails("sync folder " + path)) return io_error();
        return ThroughFiles::sync_folder(path);
    }

private:
    static boost::system::error_code io_error() { return {EIO, boost::system::system_category()}; }
    bool fails(const std::string& what)
    {
        if (--left_ != 0) return false;
        what_ = what;
        return true;
    }

    int left_;
    std::string what_;
};

}  // namespace imc::kit
