// The writer tidies up between commits, not before them.
#include "kit/through_files.h"
#include "spool/kit.h"

#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>

#include <condition_variable>
#include <optional>

namespace imc::spool {
namespace {

using namespace std::chrono_literals;

/// A disk on which, once it is told to, only so many syncs are let through; the next one waits.
class GatedDisk final : public kit::ThroughFiles {
public:
    using ThroughFiles::ThroughFiles;

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        auto file = ThroughFiles::open(path, mode, permissions);
        if (!file || !path.ends_with(".seg")) return file;
        return std::unique_ptr<File>{std::make_unique<Gated>(std::move(*file), *this)};
    }

    /// @param most  from now on, of all since the first call
    void let_through(int most)
    {
        const std::lock_guard lock{mutex_};
        most_ = most;
        changed_.notify_all();
    }
    bool wait_until_somebody_stands_there()
    {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 30s, [this] { return most_ && syncs_ > *most_; });
    }

private:
    class Gated final : public kit::ThroughFile {
    public:
        Gated(std::unique_ptr<File> below, GatedDisk& disk)
            : ThroughFile{std::move(below)}, disk_{disk}
        {}
        IoResult<> sync_data() override
        {
            disk_.pass();
            return ThroughFile::sync_data();
        }

    private:
        GatedDisk& disk_;
    };

    void pass()
    {
        std::unique_lock lock{mutex_};
        if (!most_) return;
        ++syncs_;
        changed_.notify_all();
        changed_.wait_for(lock, 60s, [this] { return syncs_ <= *most_; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<int> most_;
    int syncs_ = 0;
};

TEST(Spool, NobodyWaitsUntilAllOldSegmentsAreTidiedUp)
{
    Bench bench{16 << 10};
    GatedDisk disk{bench.disk};
    auto spool = open_log_spool(bench.settings, disk, bench.events).value();
    std::vector<net::awaitable<Result<MessageId>>> stores;
    for (int i = 0; i < 300; ++i)
        stores.push_back(spool->store(a_message(std::string(1000, 'x'))));
    std::vector<Commit> all_but_a_tenth;
    int at = 0;
    for (auto& id : all_of(std::move(stores)))
        if (++at % 10 != 0) all_but_a_tenth.push_back(done(id.value()));

    net::io_context io;
    disk.let_through(1);
    auto settled =
        net::co_spawn(io, spool->commit_all(std::move(all_but_a_tenth)), net::use_future);
    while (settled.wait_for(0s) != std::future_status::ready)
        io.run_one_for(10ms);
    ASSERT_TRUE(settled.get());
    ASSERT_TRUE(disk.wait_until_somebody_stands_there()) << "nothing is copied forward";
    io.restart();
    auto stored = net::co_spawn(io, spool->store(a_message("urgent")), net::use_future);
    io.poll();
    disk.let_through(5);  // the piece at work, and its own
    for (int i = 0; i < 1000 && stored.wait_for(0s) != std::future_status::ready; ++i)
        io.run_one_for(10ms);
    EXPECT_EQ(stored.wait_for(0s), std::future_status::ready)
        << "the store must wait for more than the piece at work";
    disk.let_through(1'000'000);
    while (stored.wait_for(0s) != std::future_status::ready)
        io.run_one_for(10ms);
    EXPECT_TRUE(stored.get());
    spool.reset();
}

}  // namespace
}  // namespace imc::spool
