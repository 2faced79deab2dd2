#include "base/files.h"
#include "base/system_call.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

// The files of the operating system.

namespace imc {
namespace {

class RealFile : public File {
public:
    explicit RealFile(int descriptor) : descriptor_{descriptor} {}
    RealFile(const RealFile&) = delete;
    RealFile& operator=(const RealFile&) = delete;
    ~RealFile() override { ::close(descriptor_); }

    IoResult<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override
    {
        std::size_t have = 0;
        while (have < into.size()) {
            const auto got = system_call::uninterrupted([&] {
                return ::pread(descriptor_, into.data() + have, into.size() - have,
                               static_cast<off_t>(offset + have));
            });
            if (got == -1) return system_call::failure();
            if (got == 0) break;
            have += static_cast<std::size_t>(got);
        }
        return have;
    }

    IoResult<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override
    {
        std::vector<iovec> vectors;
        vectors.reserve(pieces.size());
        for (const auto piece : pieces)
            if (!piece.empty()) vectors.push_back({const_cast<char*>(piece.data()), piece.size()});
        std::span<iovec> rest{vectors};
        while (!rest.empty()) {
            const auto count = static_cast<int>(std::min<std::size_t>(rest.size(), IOV_MAX));
            const auto put = system_call::uninterrupted([&] {
                return ::pwritev(descriptor_, rest.data(), count, static_cast<off_t>(offset));
            });
            if (put == -1) return system_call::failure();
            offset += static_cast<std::uint64_t>(put);
            auto written = static_cast<std::size_t>(put);
            while (!rest.empty() && written >= rest.front().iov_len) {
                written -= rest.front().iov_len;
                rest = rest.subspan(1);
            }
            if (written > 0) {
                rest.front().iov_base = static_cast<char*>(rest.front().iov_base) + written;
                rest.front().iov_len -= written;
            }
        }
        return {};
    }

    IoResult<> sync_data() override
    {
        return system_call::done(
            system_call::uninterrupted([&] { return ::fdatasync(descriptor_); }));
    }

    IoResult<> sync() override
    {
        return system_call::done(system_call::uninterrupted([&] { return ::fsync(descriptor_); }));
    }

    IoResult<std::uint64_t> size() override
    {
        struct stat status{};
        if (::fstat(descriptor_, &status) == -1) return system_call::failure();
        return static_cast<std::uint64_t>(status.st_size);
    }

    IoResult<> truncate(std::uint64_t size) override
    {
        return system_call::done(system_call::uninterrupted(
            [&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); }));
    }

    IoResult<> set_mode(unsigned permissions) override
    {
        return system_call::done(::fchmod(descriptor_, permissions));
    }

    IoResult<> set_owner(unsigned owner, unsigned group) override
    {
        return system_call::done(::fchown(descriptor_, owner, group));
    }

    IoResult<> allocate(std::uint64_t octets) override
    {
        const auto reserved = system_call::uninterrupted(
            [&] { return ::fallocate(descriptor_, 0, 0, static_cast<off_t>(octets)); });
        if (reserved == -1 && errno == EOPNOTSUPP) return File::allocate(octets);
        return system_call::done(reserved);
    }

protected:
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

/// Gathers what is to be written where the disk can fetch it.
class DirectFile final : public RealFile {
public:
    using RealFile::RealFile;
    std::size_t alignment() const override { return block; }

    IoResult<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override
    {
        std::size_t filled = 0;
        for (auto piece : pieces)
            while (!piece.empty()) {
                if (!buffer_) {
                    buffer_.reset(static_cast<char*>(std::aligned_alloc(block, most)));
                    if (!buffer_) return code(ENOMEM);
                }
                const auto part = piece.substr(0, most - filled);
                part.copy(buffer_.get() + filled, part.size());
                filled += part.size();
                piece.remove_prefix(part.size());
                if (filled < most) continue;
                if (auto put = write_buffer(offset, filled); !put) return put;
                offset += std::exchange(filled, 0);
            }
        return write_buffer(offset, filled);
    }

private:
    struct Free {
        void operator()(char* memory) const { std::free(memory); }
    };

    static boost::system::error_code code(int error)
    {
        return {error, boost::system::system_category()};
    }

    IoResult<> write_buffer(std::uint64_t offset, std::size_t octets)
    {
        std::size_t have = 0;
        while (have < octets) {
            const auto put = system_call::uninterrupted([&] {
                return ::pwrite(descriptor(), buffer_.get() + have, octets - have,
                                static_cast<off_t>(offset + have));
            });
            if (put == -1) return system_call::failure();
            if (put == 0) return code(EIO);
            have += static_cast<std::size_t>(put);
        }
        return {};
    }

    static constexpr std::size_t block = 4096;
    static constexpr std::size_t most = 4 << 20;
    std::unique_ptr<char, Free> buffer_;
};

class RealFileSystem final : public FileSystem {
public:
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        int flags = O_CLOEXEC;
        switch (mode) {
        case OpenMode::read: flags |= O_RDONLY; break;
        case OpenMode::write: flags |= O_RDWR; break;
        case OpenMode::create_new: flags |= O_RDWR | O_CREAT | O_EXCL; break;
        case OpenMode::create: flags |= O_RDWR | O_CREAT; break;
        }
        const int descriptor =
            system_call::uninterrupted([&] { return ::open(path.c_str(), flags, permissions); });
        if (descriptor == -1) return system_call::failure();
        return std::make_unique<RealFile>(descriptor);
    }

    IoResult<std::unique_ptr<File>> open_direct(const std::string& path) override
    {
        const int descriptor = system_call::uninterrupted(
            [&] { return ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_DIRECT); });
        if (descriptor == -1) return system_call::failure();
        return std::make_unique<DirectFile>(descriptor);
    }

    IoResult<> rename(const std::string& from, const std::string& to) override
    {
        return system_call::done(::rename(from.c_str(), to.c_str()));
    }

    IoResult<> remove(const std::string& path) override
    {
        return system_call::done(::remove(path.c_str()));
    }

    IoResult<> make_folder(const std::string& path, unsigned permissions) override
    {
        return system_call::done(::mkdir(path.c_str(), permissions));
    }

    IoResult<> sync_folder(const std::string& path) override
    {
        const int descriptor = system_call::uninterrupted(
            [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
        if (descriptor == -1) return system_call::failure();
        const auto result =
            system_call::done(system_call::uninterrupted([&] { return ::fsync(descriptor); }));
        ::close(descriptor);
        return result;
    }

    IoResult<std::vector<std::string>> list(const std::string& folder) override
    {
        struct Close {
            void operator()(DIR* d) const { ::closedir(d); }
        };
        const std::unique_ptr<DIR, Close> dir{::opendir(folder.c_str())};
        if (!dir) return system_call::failure();
        std::vector<std::string> names;
        for (;;) {
            errno = 0;
            const dirent* const entry = ::readdir(dir.get());
            if (entry == nullptr) break;
            const std::string_view name{&entry->d_name[0]};
            if (name != "." && name != "..") names.emplace_back(name);
        }
        if (errno != 0) return system_call::failure();
        std::ranges::sort(names);
        return names;
    }

    IoResult<FileStatus> status(const std::string& path) override
    {
        struct stat found{};
        if (::stat(path.c_str(), &found) == -1) return system_call::failure();
        FileStatus status;
        status.is_folder = S_ISDIR(found.st_mode);
        status.size = static_cast<std::uint64_t>(found.st_size);
        status.mode = found.st_mode & 07777U;
        status.owner = found.st_uid;
        status.group = found.st_gid;
        status.modified_ns =
            found.st_mtim.tv_sec * std::int64_t{1'000'000'000} + found.st_mtim.tv_nsec;
        status.inode = found.st_ino;
        return status;
    }

    IoResult<std::uint64_t> free_octets(const std::string& path) override
    {
        struct statvfs status{};
        if (::statvfs(path.c_str(), &status) == -1) return system_call::failure();
        return std::uint64_t{status.f_bavail} * status.f_frsize;
    }
};

}  // namespace

FileSystem& real_files()
{
    static RealFileSystem files;
    return files;
}

}  // namespace imc
