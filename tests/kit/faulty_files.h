#pragma once
/// @file tests/kit/faulty_files.h  A disk in memory that forgets, tears and fails.
///
/// What is written is seen at once, as through a page cache, but is durable only after sync() or
/// sync_data(); a name is durable only after sync_folder(). crash() is the power cut: of each
/// sector written since the last sync some version stays, perhaps torn; of each new, renamed or
/// removed name it is open whether that was kept. A failed sync loses at random what it should have
/// saved, and the next one does not make up for it, as on Linux.
///
/// Calls that change something (write, truncate, sync, sync_data, an open that makes a file,
/// rename, remove, sync_folder) are counted from 1; fail_at() and cut_power_at() choose one by its
/// number. Folders are durable at once. Threads: any.
#include "base/files.h"
#include "kit/forgetful_disk.h"

#include <cerrno>
#include <limits>
#include <map>
#include <mutex>
#include <random>

namespace imc::kit {

class FaultyFiles final : public FileSystem {
public:
    enum class Lasting : std::uint8_t { once, for_a_while, for_ever };  ///< 1 call, 6, all

    explicit FaultyFiles(std::string folder, std::uint64_t seed = 1) : random_{seed}
    {
        folders_[std::move(folder)];
    }

    /// The power cut. Files opened before it fail with EIO from now on; faults are gone.
    void crash(std::uint64_t seed)
    {
        const std::lock_guard lock{mutex_};
        random_.seed(seed);
        ++power_;
        for (auto& [path, folder] : folders_)
            folder.lose_power(random_);
        forget_faults();
    }

    /// The `nth` changing call from now (1: the next) fails, once or with those that follow it.
    void fail_at(std::uint64_t nth, int error, Lasting lasting = Lasting::once)
    {
        const std::lock_guard lock{mutex_};
        fault_at_ = calls_ + nth;
        error_ = error;
        lasting_ = lasting;
    }
    /// The `nth` changing call from now is half done when the power goes; nothing after it has any
    /// effect.
    void cut_power_at(std::uint64_t nth)
    {
        const std::lock_guard lock{mutex_};
        cut_at_ = calls_ + nth;
    }
    void mend()
    {
        const std::lock_guard lock{mutex_};
        forget_faults();
    }
    /// No file can be made or grow (ENOSPC); what has its room can still be written.
    void set_full(bool full)
    {
        const std::lock_guard lock{mutex_};
        full_ = full;
    }
    void set_free_octets(std::uint64_t octets)
    {
        const std::lock_guard lock{mutex_};
        free_ = octets;
    }
    /// It can write past the cache, in multiples of `octets`.
    void set_alignment(std::size_t octets)
    {
        const std::lock_guard lock{mutex_};
        alignment_ = octets;
    }
    std::uint64_t calls() const
    {
        const std::lock_guard lock{mutex_};
        return calls_;
    }
    bool power_is_cut() const
    {
        const std::lock_guard lock{mutex_};
        return calls_ >= cut_at_;
    }

    /// Behind the backs of all: puts a file there, durable.
    void put(const std::string& path, std::string content)
    {
        const std::lock_guard lock{mutex_};
        folders_[folder_of(path)].put(name_of(path), std::move(content));
    }
    std::string content(const std::string& path) const
    {
        const std::lock_guard lock{mutex_};
        const auto node = find(path);
        return node ? node->current : std::string{};
    }
    /// Names in `folder` that end so; sorted.
    std::vector<std::string> names(const std::string& folder, std::string_view ending) const
    {
        const std::lock_guard lock{mutex_};
        std::vector<std::string> out;
        for (const auto& [name, node] : folders_.at(folder).current)
            if (name.ends_with(ending)) out.push_back(name);
        return out;
    }

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode, unsigned) override
    {
        const std::lock_guard lock{mutex_};
        const auto folder = folders_.find(folder_of(path));
        if (folder == folders_.end()) return code(ENOENT);
        auto node = find(path);
        if (node && mode == OpenMode::create_new) return code(EEXIST);
        if (!node) {
            if (mode == OpenMode::read || mode == OpenMode::write) return code(ENOENT);
            const auto failure = next_call();
            if (failure.error == 0 && full_) return code(ENOSPC);
            if (failure.error != 0 && !failure.half_done) return code(failure.error);
            node = std::make_shared<Node>();
            folder->second.change({"", name_of(path), node});
            if (failure.error != 0) return code(failure.error);
        }
        return std::make_unique<OpenFile>(*this, std::move(node), power_);
    }

    IoResult<std::unique_ptr<File>> open_direct(const std::string& path) override
    {
        const std::lock_guard lock{mutex_};
        if (alignment_ == 1) return code(EINVAL);
        auto node = find(path);
        if (!node) return code(ENOENT);
        return std::make_unique<OpenFile>(*this, std::move(node), power_, alignment_);
    }

    IoResult<> rename(const std::string& from, const std::string& to) override
    {
        const std::lock_guard lock{mutex_};
        const auto node = find(from);
        const auto folder = folders_.find(folder_of(to));
        if (!node || folder == folders_.end()) return code(ENOENT);
        if (folder_of(from) != folder_of(to)) return code(EXDEV);  // nobody needs it
        const auto failure = next_call();
        if (failure.error == 0 || failure.half_done)
            folder->second.change({name_of(from), name_of(to), node});
        return result(failure);
    }

    IoResult<> remove(const std::string& path) override
    {
        const std::lock_guard lock{mutex_};
        if (!find(path)) return code(ENOENT);
        const auto failure = next_call();
        if (failure.error == 0 || failure.half_done)
            folders_.at(folder_of(path)).change({name_of(path), "", nullptr});
        return result(failure);
    }

    IoResult<> make_folder(const std::string& path, unsigned) override
    {
        const std::lock_guard lock{mutex_};
        if (!folders_.try_emplace(path).second) return code(EEXIST);
        return {};
    }

    IoResult<> sync_folder(const std::string& path) override
    {
        const std::lock_guard lock{mutex_};
        const auto folder = folders_.find(path);
        if (folder == folders_.end()) return code(ENOENT);
        const auto failure = next_call();
        if (failure.error != 0) return code(failure.error);
        folder->second.sync();
        return {};
    }

    IoResult<std::vector<std::string>> list(const std::string& folder) override
    {
        const std::lock_guard lock{mutex_};
        const auto found = folders_.find(folder);
        if (found == folders_.end()) return code(ENOENT);
        std::vector<std::string> out;
        for (const auto& [name, node] : found->second.current)
            out.push_back(name);
        return out;
    }

    IoResult<FileStatus> status(const std::string& path) override
    {
        const std::lock_guard lock{mutex_};
        FileStatus status;
        status.is_folder = folders_.contains(path);
        const auto node = find(path);
        if (!status.is_folder && !node) return code(ENOENT);
        if (node) status.size = node->current.size();
        status.mode = status.is_folder ? 0700 : 0600;
        return status;
    }

    IoResult<std::uint64_t> free_octets(const std::string&) override
    {
        const std::lock_guard lock{mutex_};
        ++asked_for_room_;
        return free_;
    }
    /// How often it was asked how much is free.
    std::uint64_t asked_for_room() const
    {
        const std::lock_guard lock{mutex_};
        return asked_for_room_;
    }

private:
    using Node = ForgetfulFile;

    struct Failure {
        int error = 0;
        bool half_done = false;
    };

    class OpenFile final : public File {
    public:
        OpenFile(FaultyFiles& disk, std::shared_ptr<Node> node, unsigned power,
                 std::size_t alignment = 1)
            : disk_{disk}, node_{std::move(node)}, power_{power}, alignment_{alignment}
        {}
        std::size_t alignment() const override { return alignment_; }

        IoResult<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override
        {
            const std::lock_guard lock{disk_.mutex_};
            if (stale()) return code(EIO);
            const auto& all = node_->current;
            if (offset >= all.size()) return std::size_t{0};
            return all.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
        }

        IoResult<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override
        {
            const std::lock_guard lock{disk_.mutex_};
            if (stale()) return code(EIO);
            std::string octets;
            for (const auto piece : pieces)
                octets += piece;
            if (offset % alignment_ != 0 || octets.size() % alignment_ != 0) return code(EINVAL);
            auto failure = disk_.next_call();
            if (failure.error == 0 && disk_.full_ && offset + octets.size() > node_->current.size())
                failure = {ENOSPC, true};
            if (failure.error != 0) {
                if (!failure.half_done) return code(failure.error);
                octets.resize(static_cast<std::size_t>(disk_.below(octets.size() + 1)));
                if (disk_.full_ && offset + octets.size() > node_->current.size()) octets.clear();
            }
            node_->write(offset, std::move(octets));
            return result(failure);
        }

        IoResult<> sync_data() override { return sync(); }

        IoResult<> sync() override
        {
            const std::lock_guard lock{disk_.mutex_};
            if (stale()) return code(EIO);
            const auto failure = disk_.next_call();
            if (failure.error != 0) {
                if (failure.half_done) node_->settle(disk_.random_);
                return code(failure.error);
            }
            node_->sync();
            return {};
        }

        IoResult<std::uint64_t> size() override
        {
            const std::lock_guard lock{disk_.mutex_};
            if (stale()) return code(EIO);
            return node_->current.size();
        }

        IoResult<> truncate(std::uint64_t size) override
        {
            const std::lock_guard lock{disk_.mutex_};
            if (stale()) return code(EIO);
            const auto failure = disk_.next_call();
            if (failure.error != 0) return code(failure.error);
            // Durable at once: the spool never truncates, and nobody else is tested on this disk.
            node_->truncate(size);
            return {};
        }

    private:
        bool stale() const { return power_ != disk_.power_; }
        FaultyFiles& disk_;
        std::shared_ptr<Node> node_;
        unsigned power_;
        std::size_t alignment_;
    };

    static boost::system::error_code code(int error)
    {
        return {error, boost::system::system_category()};
    }
    static IoResult<> result(const Failure& failure)
    {
        if (failure.error != 0) return code(failure.error);
        return {};
    }
    static std::string folder_of(const std::string& path)
    {
        return path.substr(0, path.rfind('/'));
    }
    static std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    Failure next_call()
    {
        ++calls_;
        if (calls_ >= cut_at_) return {EIO, calls_ == cut_at_};
        if (calls_ < fault_at_) return {};
        const auto since = calls_ - fault_at_;
        const bool over = (lasting_ == Lasting::once && since >= 1) ||
                          (lasting_ == Lasting::for_a_while && since >= 6);
        return over ? Failure{} : Failure{error_, true};
    }
    void forget_faults() { fault_at_ = cut_at_ = never; }

    std::shared_ptr<Node> find(const std::string& path) const
    {
        const auto folder = folders_.find(folder_of(path));
        if (folder == folders_.end()) return nullptr;
        const auto found = folder->second.current.find(name_of(path));
        return found == folder->second.current.end() ? nullptr : found->second;
    }

    static constexpr auto never = std::numeric_limits<std::uint64_t>::max();

    mutable std::mutex mutex_;
    std::map<std::string, ForgetfulFolder> folders_;
    std::mt19937_64 random_;
    unsigned power_ = 0;
    std::uint64_t calls_ = 0;
    std::uint64_t fault_at_ = never;
    std::uint64_t cut_at_ = never;
    int error_ = 0;
    Lasting lasting_ = Lasting::once;
    bool full_ = false;
    std::size_t alignment_ = 1;
    std::uint64_t free_ = std::uint64_t{1} << 40U;
    std::uint64_t asked_for_room_ = 0;
};

}  // namespace imc::kit
