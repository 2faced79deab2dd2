#include "base/files.h"
#include "base/system_call.h"

#include <charconv>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace imc {

IoResult<FileLock> FileLock::try_lock(const std::string& path)
{
    const int descriptor = system_call::uninterrupted(
        [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); });
    if (descriptor == -1) return system_call::failure();
    if (system_call::uninterrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) == -1) {
        const auto failure = system_call::failure();
        ::close(descriptor);
        return failure;
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(descriptor, 0) == -1 ||
        ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        // The pid is only told to people; the lock itself is held.
    }
    return FileLock{descriptor};
}

IoResult<FileLock> FileLock::try_folder(const std::string& path)
{
    const int descriptor = system_call::uninterrupted(
        [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (descriptor == -1) return system_call::failure();
    FileLock lock{descriptor};
    if (system_call::uninterrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) == -1)
        return system_call::failure();
    return lock;
}

int FileLock::holder(const std::string& path)
{
    const auto content = read_file(real_files(), path);
    int pid = 0;
    if (content) std::from_chars(content->data(), content->data() + content->size(), pid);
    return pid;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

FileLock& FileLock::operator=(FileLock&& other) noexcept
{
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

FileLock::~FileLock()
{
    if (descriptor_ != -1) ::close(descriptor_);
}

}  // namespace imc
