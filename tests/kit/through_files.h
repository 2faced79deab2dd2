#pragma once
/// @file kit/through_files.h  A file system, and a file, that pass calls through: to the real ones,
/// or to a test's. A test's own overrides the calls that are to go wrong.
#include "base/files.h"

#include <memory>
#include <utility>

namespace imc::kit {

class ThroughFiles : public FileSystem {
public:
    explicit ThroughFiles(FileSystem& below = real_files()) : below_{below} {}

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        return below_.open(path, mode, permissions);
    }
    IoResult<> rename(const std::string& from, const std::string& to) override
    {
        return below_.rename(from, to);
    }
    IoResult<> remove(const std::string& path) override { return below_.remove(path); }
    IoResult<> make_folder(const std::string& path, unsigned permissions) override
    {
        return below_.make_folder(path, permissions);
    }
    IoResult<> sync_folder(const std::string& path) override { return below_.sync_folder(path); }
    IoResult<std::vector<std::string>> list(const std::string& folder) override
    {
        return below_.list(folder);
    }
    IoResult<FileStatus> status(const std::string& path) override { return below_.status(path); }
    IoResult<std::uint64_t> free_octets(const std::string& path) override
    {
        return below_.free_octets(path);
    }

private:
    FileSystem& below_;
};

class ThroughFile : public File {
public:
    explicit ThroughFile(std::unique_ptr<File> below) : below_{std::move(below)} {}

    IoResult<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override
    {
        return below_->read_at(offset, into);
    }
    IoResult<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override
    {
        return below_->write_at(offset, pieces);
    }
    IoResult<> sync_data() override { return below_->sync_data(); }
    IoResult<> sync() override { return below_->sync(); }
    IoResult<std::uint64_t> size() override { return below_->size(); }
    IoResult<> truncate(std::uint64_t size) override { return below_->truncate(size); }

private:
    std::unique_ptr<File> below_;
};

}  // namespace imc::kit
