// The writer tidies up between commits, not before them.
#include "kit/through_files.h"
#include "spool/kit.h"

#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>

#include <condition_variable>

namespace imc::spool {
namespace {

using namespace std::chrono_literals;

/// A disk on which, once it is told to, the second sync waits until it is let through. All later
/// ones are counted.
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

    void arm()
    {
        const std::lock_guard lock{mutex_};
        armed_ = true;
    }
    bool wait_until_somebody_stands_there()
    {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 30s, [this] { return syncs_ == 2; });
    }
    void let_through()
    {
        const std::lock_guard lock{mutex_};
        is_open_ = true;
        changed_.notify_all();
    }
    int syncs()
    {
        const std::lock_guard lock{mutex_};
        return syncs_;
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
        if (!armed_) return;
        ++syncs_;
        changed_.notify_all();
        if (syncs_ == 2) changed_.wait_for(lock, 30s, [this] { return is_open_; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool armed_ = false;
    bool is_open_ = false;
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
    disk.arm();
    auto settled =
        net::co_spawn(io, spool->commit_all(std::move(all_but_a_tenth)), net::use_future);
    while (settled.wait_for(0s) != std::future_status::ready)
        io.run_one_for(10ms);
    ASSERT_TRUE(settled.get());
    ASSERT_TRUE(disk.wait_until_somebody_stands_there()) << "nothing is copied forward";
    io.restart();
    auto stored = net::co_spawn(io, spool->store(a_message("urgent")), net::use_future);
    io.poll();
    const auto before = disk.syncs();
    disk.let_through();
    while (stored.wait_for(0s) != std::future_status::ready)
        io.run_one_for(10ms);
    EXPECT_TRUE(stored.get());
    EXPECT_LE(disk.syncs() - before, 3) << "the store came after more than the piece at work";
    spool.reset();
}

}  // namespace
}  // namespace imc::spool
