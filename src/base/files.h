#pragma once
/// @file base/files.h  The operating system's files, behind an interface.
///
/// Whatever must survive a crash goes through here, so that a test can put a disk beneath it that
/// forgets, tears and fails (tests/kit/faulty_files.h). Calls block; EINTR is retried within.
///
/// Errors:  what the system said (errno), as boost::system::error_code.
/// Threads: any thread; one File is not written by two at once unless its user says so.
#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imc {

template <class T = void>
using IoResult = boost::system::result<T>;

class File {
public:
    virtual ~File() = default;

    /// Reads up to `into.size()` octets at `offset`; fewer only at the end of the file.
    virtual IoResult<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
    /// Writes all, or fails with an unknown part written.
    virtual IoResult<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) = 0;
    virtual IoResult<> sync_data() = 0;  ///< fdatasync: contents and size on stable storage
    virtual IoResult<> sync() = 0;       ///< fsync
    virtual IoResult<std::uint64_t> size() = 0;
    virtual IoResult<> truncate(std::uint64_t size) = 0;
    /// Of the open file, whatever stands under its name by now. A disk without rights has nothing
    /// to do.
    virtual IoResult<> set_mode(unsigned permissions);
    virtual IoResult<> set_owner(unsigned owner, unsigned group);
    /// Makes it `octets` long; what was not written reads as zeros, and has its room on the disk.
    /// Durable after sync(). A disk that cannot reserve writes zeros.
    virtual IoResult<> allocate(std::uint64_t octets);
    /// What offset and size of each write must be a multiple of.
    virtual std::size_t alignment() const { return 1; }

    IoResult<> write_at(std::uint64_t offset, std::string_view octets)
    {
        return write_at(offset, std::span{&octets, 1});
    }
};

enum class OpenMode : std::uint8_t {
    read,        ///< must exist
    write,       ///< read and write; must exist
    create_new,  ///< read and write; must not exist
    create,      ///< read and write; made when missing
};

struct FileStatus {
    bool is_folder = false;
    std::uint64_t size = 0;
    unsigned mode = 0;  ///< permission bits
    unsigned owner = 0;
    unsigned group = 0;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
};

class FileSystem {
public:
    virtual ~FileSystem() = default;

    virtual IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                                 unsigned permissions = 0600) = 0;
    /// For writing past the system's cache: only write_at() and the syncs may be called. Fails
    /// with EINVAL or EOPNOTSUPP where the disk cannot.
    virtual IoResult<std::unique_ptr<File>> open_direct(const std::string& path);
    virtual IoResult<> rename(const std::string& from, const std::string& to) = 0;
    virtual IoResult<> remove(const std::string& path) = 0;
    virtual IoResult<> make_folder(const std::string& path, unsigned permissions = 0700) = 0;
    virtual IoResult<> sync_folder(const std::string& path) = 0;
    virtual IoResult<std::vector<std::string>>
    list(const std::string& folder) = 0;  ///< sorted names
    virtual IoResult<FileStatus> status(const std::string& path) = 0;
    virtual IoResult<std::uint64_t>
    free_octets(const std::string& path) = 0;  ///< for unprivileged users
};

/// The real one; never destroyed.
FileSystem& real_files();

IoResult<std::string> read_file(FileSystem& files, const std::string& path);

/// Replaces `path` in one step: temporary file beside it, fsync, rename, fsync of the folder.
/// After a crash the old or the new content is there, whole.
IoResult<> write_file_atomically(FileSystem& files, const std::string& path,
                                 std::string_view content, unsigned permissions = 0600);

/// Like `mkdir -p`; existing folders are left alone.
IoResult<> make_folders(FileSystem& files, const std::string& path, unsigned permissions = 0700);

/// An exclusive lock on a file (made when missing), held until destruction or the process ends.
class FileLock {
public:
    /// @return  error EWOULDBLOCK when another process holds it. `holder` of the content: its pid.
    static IoResult<FileLock> try_lock(const std::string& path);
    /// Of a folder that is there: nothing is written, and there is no file that somebody would own.
    static IoResult<FileLock> try_folder(const std::string& path);
    /// The pid written by whoever holds `path`, 0 when unknown.
    static int holder(const std::string& path);

    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

private:
    explicit FileLock(int descriptor) : descriptor_{descriptor} {}
    int descriptor_;
};

}  // namespace imc
