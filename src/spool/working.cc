#include "spool/working.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace imc::spool {
namespace {

constexpr std::size_t file_octets = WorkingFile::slots * 8;

Error failed(const std::string& path, int error)
{
    return {EventId::spool_write_failed, path + ": " + std::strerror(error),
            static_cast<unsigned>(error)};
}

}  // namespace

Result<std::unique_ptr<WorkingFile>> WorkingFile::open(const std::string& path)
{
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor == -1) return failed(path, errno);
    // With its room: a page that cannot be had later would be SIGBUS.
    const int reserved = ::posix_fallocate(descriptor, 0, static_cast<off_t>(file_octets));
    if (reserved != 0) {
        ::close(descriptor);
        return failed(path, reserved);
    }
    void* const mapped =
        ::mmap(nullptr, file_octets, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    const int error = errno;
    ::close(descriptor);
    if (mapped == MAP_FAILED) return failed(path, error);
    std::unique_ptr<WorkingFile> out{new WorkingFile};
    out->slots_ = static_cast<Slot*>(mapped);
    return out;
}

WorkingFile::~WorkingFile() { ::munmap(slots_, file_octets); }

std::vector<MessageId> WorkingFile::left()
{
    std::vector<MessageId> out;
    for (std::size_t i = 0; i < slots; ++i)
        if (const auto id = slots_[i].load(); id != 0) {
            out.push_back(MessageId{id});
            taken_[i] = true;
            left_.push_back(i);
        }
    std::ranges::sort(out);
    const auto same = std::ranges::unique(out);
    out.erase(same.begin(), same.end());
    return out;
}

void WorkingFile::clear_left()
{
    for (const auto slot : std::exchange(left_, {})) {
        slots_[slot].store(0);
        taken_[slot].store(false);
    }
}

WorkingOn::WorkingOn(WorkingFile* file, MessageId id) : file_{file}
{
    if (file_ == nullptr) return;
    // Where this thread found one before is mostly free.
    thread_local std::size_t mine = file_->next_++;
    for (std::size_t i = 0; i < WorkingFile::slots; ++i) {
        const auto slot = (mine + i) % WorkingFile::slots;
        if (file_->taken_[slot].exchange(true)) continue;
        slot_ = mine = slot;
        file_->slots_[slot].store(id.number);
        return;
    }
}

WorkingOn::~WorkingOn()
{
    if (slot_ == WorkingFile::slots) return;
    file_->slots_[slot_].store(0);
    file_->taken_[slot_].store(false);
}

}  // namespace imc::spool
