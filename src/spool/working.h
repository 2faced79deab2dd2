#pragma once
/// @file spool/working.h  Which messages were being worked on when the process died.
///
/// `spool/working` is a small file mapped into memory, a slot of 8 octets per thread. While CPU
/// work on a message's content runs (parsing, conversion), its id stands there: no system call, and
/// the kernel keeps the page though the process is killed. After a power cut it tells nothing
/// certain, which is no harm: a power cut is nobody's poison. The next start counts what it finds
/// as evidence "crashes" of the message (Recovered::crashes).
///
/// Threads: a guard belongs to the thread that made it; guards nest.
#include "base/error.h"
#include "spool/spool.h"

#include <array>
#include <atomic>

namespace imc::spool {

/// The file. One per process and spool, made by who opens the spool.
class WorkingFile {
public:
    static constexpr std::size_t slots = 512;

    /// Makes it when missing. Without one (40150) everything works but the count.
    static Result<std::unique_ptr<WorkingFile>> open(const std::string& path);
    WorkingFile(const WorkingFile&) = delete;
    WorkingFile& operator=(const WorkingFile&) = delete;
    ~WorkingFile();

    /// Ids that an earlier process left, each once. They stay until clear_left(), so that a process
    /// that ends before they were counted leaves them to the next one.
    std::vector<MessageId> left();
    void clear_left();

private:
    friend class WorkingOn;
    using Slot = std::atomic<std::uint64_t>;
    static_assert(Slot::is_always_lock_free && sizeof(Slot) == 8);

    WorkingFile() = default;
    Slot* slots_ = nullptr;  ///< into the mapped file
    std::atomic<std::size_t> next_{0};
    std::array<std::atomic<bool>, slots> taken_{};
    std::vector<std::size_t> left_;  ///< slots
};

/// Says that this thread works on a message's content. More than 512 at once are not noted.
class WorkingOn {
public:
    WorkingOn(Spool& spool, MessageId id) : WorkingOn{spool.working(), id} {}
    WorkingOn(WorkingFile* file, MessageId id);
    WorkingOn(const WorkingOn&) = delete;
    WorkingOn& operator=(const WorkingOn&) = delete;
    ~WorkingOn();

private:
    WorkingFile* file_;
    std::size_t slot_ = WorkingFile::slots;
};

}  // namespace imc::spool
