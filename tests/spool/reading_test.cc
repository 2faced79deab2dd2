#include "kit/through_files.h"
#include "spool/kit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>

namespace imc::spool {
namespace {

using namespace std::chrono_literals;

/// A disk on which something happens in the middle of a read.
class InterruptedFiles final : public kit::ThroughFiles {
public:
    using ThroughFiles::ThroughFiles;
    std::function<void()> meanwhile;
    /// In the third read of something large: two are of the youngest segment, at start.
    std::function<void()> at_text;
    std::atomic<int> reads_of_texts{0};

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        auto file = ThroughFiles::open(path, mode, permissions);
        if (!file) return file.error();
        return std::make_unique<Interrupted>(*this, std::move(*file));
    }

private:
    class Interrupted final : public kit::ThroughFile {
    public:
        Interrupted(InterruptedFiles& disk, std::unique_ptr<File> below)
            : ThroughFile{std::move(below)}, disk_{disk}
        {}
        IoResult<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override
        {
            if (disk_.meanwhile) std::exchange(disk_.meanwhile, nullptr)();
            if (into.size() > 9000 && disk_.reads_of_texts++ == 2 && disk_.at_text) disk_.at_text();
            return ThroughFile::read_at(offset, into);
        }

    private:
        InterruptedFiles& disk_;
    };
};

struct Reading : testing::Test {
    Reading() : files{bench.disk}
    {
        auto opened = open_log_spool(bench.settings, files, bench.events);
        spool = std::move(*opened);
        id = *one_of(spool->store(a_message(text)));
        spool->forget_body(id);
    }
    Bench bench{16 << 10};
    InterruptedFiles files;
    std::string text = "Subject: x\r\n\r\n" + std::string(9000, 'x') + "\r\n";
    std::unique_ptr<Spool> spool;
    MessageId id;
};

// One text read from a slow disk must not keep every other message from being acknowledged.
TEST_F(Reading, OthersAreStoredWhileATextIsRead)
{
    std::future<Result<MessageId>> other;
    auto state = std::future_status::deferred;
    files.meanwhile = [&] {
        other = std::async(std::launch::async,
                           [&] { return one_of(spool->store(a_message("Subject: y\r\n\r\n"))); });
        state = other.wait_for(5s);
    };

    const auto body = spool->body(id);

    EXPECT_EQ(state, std::future_status::ready);
    EXPECT_TRUE(other.get());
    ASSERT_TRUE(body);
    EXPECT_EQ(whole(*body), text);
}

// What is being read stays where it is, though its message has ended and its segment is due to be
// used again.
TEST_F(Reading, SegmentIsNotUsedAgainBeforeAReaderHasEnded)
{
    files.meanwhile = [&] {
        ASSERT_TRUE(one_of(spool->commit(done(id))));
        for (int i = 0; i < 20; ++i) {
            const auto next = one_of(spool->store(a_message(std::string(9000, 'y'))));
            ASSERT_TRUE(next);
            ASSERT_TRUE(one_of(spool->commit(done(*next))));
        }
    };

    const auto body = spool->body(id);

    ASSERT_TRUE(body) << body.error().to_string();
    EXPECT_EQ(whole(*body), text);
}

/// A start whose log is read only when the test allows it.
struct Starting : Reading {
    Starting()
    {
        // Fills more than one segment: the youngest is read at once.
        for (int i = 0; i < 4; ++i)
            others.push_back(*one_of(spool->store(a_message(std::string(9000, 'y')))));
        spool.reset();
        files.meanwhile = nullptr;
    }
    void open_slowly()
    {
        files.reads_of_texts = 0;
        files.at_text = [this] { go.get_future().wait(); };
        auto opened = open_log_spool(bench.settings, files, bench.events);
        ASSERT_TRUE(opened);
        spool = std::move(*opened);
    }
    std::vector<MessageId> others;
    std::promise<void> go;
};

TEST_F(Starting, MailIsTakenBeforeTheOldHasBeenRead)
{
    open_slowly();
    EXPECT_TRUE(spool->health().loading);
    const auto fresh = one_of(spool->store(a_message("new")));
    ASSERT_TRUE(fresh);
    EXPECT_GT(*fresh, others.back());
    EXPECT_EQ(whole(spool->body(*fresh).value()), "new");
    EXPECT_TRUE(one_of(spool->commit(done(*fresh))));
    EXPECT_TRUE(spool->health().loading);
    go.set_value();
    EXPECT_EQ(spool->recover(3).size(), 3u);
    EXPECT_EQ(spool->recover(3).size(), 2u);
    EXPECT_TRUE(spool->recover(3).empty());
    EXPECT_FALSE(spool->health().loading);
}

TEST_F(Starting, ChangesOfOldMessagesWaitForThem)
{
    open_slowly();
    auto change =
        std::async(std::launch::async, [&] { return one_of(spool->commit(done(others[0]))); });
    ASSERT_TRUE(one_of(spool->store(a_message("behind it")))) << "others need not wait";
    go.set_value();
    EXPECT_TRUE(change.get());
    EXPECT_FALSE(spool->body(others[0]));
    EXPECT_TRUE(spool->body(others[1]));
}

TEST_F(Starting, SpoolThatIsClosedMeanwhileSaysSo)
{
    open_slowly();
    auto change =
        std::async(std::launch::async, [&] { return one_of(spool->commit(done(others[0]))); });
    spool->close();
    EXPECT_FALSE(change.get());
    go.set_value();
}

}  // namespace
}  // namespace imc::spool
