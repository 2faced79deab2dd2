/// The index beside a segment: docs/formats/spool.md.
#include "kit/through_files.h"
#include "spool/crc32c.h"
#include "spool/encoding.h"
#include "spool/index_kit.h"
#include "spool/segment_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

namespace imc::spool {
namespace {

/// Counts what is read of segments.
class CountingFiles final : public kit::ThroughFiles {
public:
    using ThroughFiles::ThroughFiles;
    std::atomic<std::uint64_t> octets{0};

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        auto file = ThroughFiles::open(path, mode, permissions);
        if (!file || !path.ends_with(".seg")) return file;
        return std::make_unique<Counting>(*this, std::move(*file));
    }

private:
    class Counting final : public kit::ThroughFile {
    public:
        Counting(CountingFiles& disk, std::unique_ptr<File> below)
            : ThroughFile{std::move(below)}, disk_{disk}
        {}
        IoResult<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override
        {
            disk_.octets += into.size();
            return ThroughFile::read_at(offset, into);
        }

    private:
        CountingFiles& disk_;
    };
};

using Index = WithIndexes;

TEST_F(Index, StartReadsNoBodyButThoseOfTheYoungestSegment)
{
    fill();
    const auto before = found();
    EXPECT_GE(names().size(), 4u);
    bench.spool.reset();
    CountingFiles counting{bench.disk};
    const auto start = [&] {
        counting.octets = 0;
        const auto spool = open_log_spool(bench.settings, counting, bench.events).value();
        EXPECT_EQ(spool->recover().size(), texts.size());
        return counting.octets.load();
    };
    const auto with = start();
    bench.remove_indexes();
    const auto without = start();
    EXPECT_LT(with, 3 * segment_octets + 4096) << "the youngest is read, written back and replayed";
    EXPECT_GT(without, with + 3 * segment_octets);
    EXPECT_EQ(found(), before);
    EXPECT_EQ(before.size(), texts.size());
    EXPECT_NE(before[0].find("changed@example.org"), std::string::npos) << before[0];
    EXPECT_NE(before[0].find("451 later"), std::string::npos) << before[0];
    EXPECT_NE(before[0].find("more@example.net"), std::string::npos) << before[0];
    EXPECT_NE(before[0].find("rule=7"), std::string::npos) << before[0];
}

TEST_F(Index, ThatIsDamagedAnywhereIsNotBelievedAndMadeAnewWithoutAWord)
{
    fill();
    const auto before = found();
    bench.spool.reset();
    const auto sound = contents();
    for (std::size_t at = 0; at < 1200; at += at < 120 ? 1 : 37) {
        auto damaged = sound;
        for (auto& [name, octets] : damaged)
            octets[at % octets.size()] = static_cast<char>(octets[at % octets.size()] ^ 4);
        put_back(damaged);
        ASSERT_EQ(found(), before) << "octet " << at;
        bench.spool.reset();
        for (const auto& [name, octets] : sound)
            ASSERT_EQ(bench.disk.content(bench.path(name)), octets) << name << ", octet " << at;
    }
    EXPECT_EQ(bench.times(EventId::spool_damaged), 0u);
}

TEST_F(Index, ThatIsTornIsNotBelieved)
{
    fill();
    const auto before = found();
    bench.spool.reset();
    const auto sound = contents();
    for (std::size_t size = 0; size < 700; size += 23) {
        auto torn = sound;
        for (auto& [name, octets] : torn)
            octets.resize(std::min(size, octets.size() - 1));
        put_back(torn);
        ASSERT_EQ(found(), before) << size;
        auto longer = sound;
        for (auto& [name, octets] : longer)
            octets += std::string(size + 1, '\0');
        put_back(longer);
        ASSERT_EQ(found(), before) << size;
    }
    EXPECT_EQ(bench.times(EventId::spool_damaged), 0u);
}

TEST_F(Index, OfAFormerLifeIsNotBelieved)
{
    // Equal messages make equal places.
    std::map<std::string, std::string> former;
    std::vector<MessageId> ids;
    std::size_t seen = 0;
    for (int life = 0; life < 12; ++life) {
        for (int i = 0; i < 6; ++i)
            ids.push_back(bench.store(a_message(std::string(5000, 'x'))).value());
        const std::vector<MessageId> young{ids.end() - 6, ids.end()};
        bench.spool.reset();
        auto now = contents();
        auto old = now;
        for (auto& [name, octets] : old)
            if (former.contains(name) && former[name] != octets) {
                octets = former[name];
                ++seen;
            }
        put_back(old);
        former.insert(now.begin(), now.end());
        bench.open().value();
        std::vector<MessageId> alive;
        for (const auto& message : bench.spool->recover())
            alive.push_back(message.id);
        ASSERT_EQ(alive, young) << life;
        for (const auto id : ids)
            bench.commit(done(id)).value();
        ids.clear();
    }
    EXPECT_GT(seen, 3u) << "no segment was used twice";
    EXPECT_EQ(bench.times(EventId::spool_damaged), 0u);
}

/// With its CRC right again.
std::string remade(std::string index, std::size_t at, char octet)
{
    index[at] = octet;
    const auto crc = crc32c(crc32c(0, std::string_view{index}.substr(0, 84)),
                            std::string_view{index}.substr(88));
    Writer out;
    out.u32(crc);
    return index.replace(84, 4, out.take());
}

TEST_F(Index, OfANewerVersionIsOneThatIsNotThere)
{
    fill();
    const auto before = found();
    bench.spool.reset();
    auto newer = contents();
    for (auto& [name, octets] : newer)
        octets = remade(octets, 8, 2);
    put_back(newer);
    EXPECT_EQ(found(), before);
    bench.spool.reset();
    for (const auto& [name, octets] : contents())
        EXPECT_EQ(octets[8], 1) << name;
}

TEST_F(Index, WhoseLengthsDoNotAddUpIsNotBelieved)
{
    fill();
    const auto before = found();
    bench.spool.reset();
    const auto sound = contents();
    const auto flip = [&](std::size_t at) {
        auto wrong = sound;
        for (auto& [name, octets] : wrong)
            if (at < octets.size())
                octets = remade(octets, at, static_cast<char>(octets[at] ^ 0x40));
        put_back(wrong);
    };
    // `used`, `octets`, and the length of the first group
    for (const std::size_t at : {68U, 69U, 70U, 75U, 76U, 77U, 78U, 83U, 88U, 89U, 90U, 91U}) {
        flip(at);
        EXPECT_EQ(found(), before) << at;
        bench.spool.reset();
    }
    for (std::size_t at = 92; at < 400; ++at) {
        flip(at);
        (void)restart();  // what it holds may be wrong, but nobody dies or hangs
    }
    put_back(sound);
    EXPECT_EQ(found(), before);
}

TEST_F(Index, OfASegmentThatIsGoneGoes)
{
    fill();
    bench.spool.reset();
    bench.disk.put(bench.path("00000099.idx"), "left by a crash");
    bench.open().value();
    for (const auto& [id, text] : texts)
        bench.commit(done(id, 4)).value();
    bench.commit(done(bench.store(a_message("x")).value())).value();
    bench.spool.reset();
    EXPECT_LE(names().size(), 1u);
    EXPECT_TRUE(bench.disk.content(bench.path("00000099.idx")).empty());
}

// Made from what the writer has in its hand, messages that it copies forward, too, or read back.
TEST_F(Index, IsTheSameWhetherTheWriterMadeItOrAStart)
{
    fill();
    for (auto place = std::next(texts.begin()); place != texts.end();
         place = texts.erase(place, std::next(place)))
        bench.commit(done(place->first, 4)).value();
    pass_mail_through(bench, 20);
    for (int i = 0; i < 12; ++i)
        (void)bench.store(a_message(std::string(5000, 'e'))).value();
    bench.spool.reset();
    const auto written = contents();
    EXPECT_TRUE(std::ranges::any_of(written, [](const auto& each) {
        return each.second.find("changed@example.org") != std::string::npos;
    })) << "nothing that was copied forward";
    bench.remove_indexes();
    EXPECT_EQ(restart().size(), 13u);
    bench.spool.reset();
    auto made = contents();
    EXPECT_EQ(made.size(), written.size() + 1) << "the youngest has one now";
    for (const auto& [name, octets] : written)
        EXPECT_EQ(made[name], octets) << name;
}

TEST(IndexAfterPowerCut, MessageThatIsBeingCopiedForwardIsHandedOverOnce)
{
    unsigned copied = 0;
    for (std::uint64_t n = 1; n <= 90; ++n) {
        Bench bench{segment_octets, n};
        bench.open().value();
        const auto stays = bench.store(a_message("stays")).value();
        bench.disk.cut_power_at(n);
        for (int i = 0; i < 12 && !bench.disk.power_is_cut(); ++i)
            if (const auto id = bench.store(a_message(std::string(12'000, 'm'))))
                (void)bench.commit(done(*id));
        bench.crash(n);
        std::size_t places = 0;
        for (const auto& name : bench.disk.names(bench.folder.path(), ".seg"))
            places +=
                bench.disk.content(bench.path(name)).find("stays") != std::string::npos ? 1 : 0;
        copied += places > 1 ? 1 : 0;
        bench.open().value();
        EXPECT_EQ(std::ranges::count(bench.spool->recover(), stays, &Recovered::id), 1) << n;
    }
    EXPECT_GT(copied, 0u);
}

TEST_F(Index, MessagesAreHandedOverInPortionsAndThoseThatEndedMeanwhileAreNot)
{
    fill();
    bench.open().value();
    const auto last = bench.spool->recover(2);
    ASSERT_EQ(last.size(), 2u);
    EXPECT_EQ(last[1].id, texts.rbegin()->first) << "the youngest first, by id";
    const auto first = texts.begin()->first;
    bench.commit(done(first, 4)).value();
    std::size_t others = 0;
    for (auto more = bench.spool->recover(3); !more.empty(); more = bench.spool->recover(3)) {
        others += more.size();
        for (const auto& message : more)
            EXPECT_NE(message.id, first);
    }
    EXPECT_EQ(others, texts.size() - 3);
}

/// Dies in the middle of writing an index.
class DyingFiles final : public kit::ThroughFiles {
public:
    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        auto file = ThroughFiles::open(path, mode, permissions);
        if (!file || !path.ends_with(".idx") || mode == OpenMode::read) return file;
        return std::make_unique<Dying>(std::move(*file));
    }

private:
    class Dying final : public kit::ThroughFile {
    public:
        using ThroughFile::ThroughFile;
        IoResult<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override
        {
            std::string all;
            for (const auto piece : pieces)
                all += piece;
            all.resize(all.size() * 2 / 3);
            const std::string_view part = all;
            (void)ThroughFile::write_at(offset, std::span{&part, 1});
            (void)::raise(SIGKILL);
            return {};
        }
    };
};

TEST(IndexKilled, WhileItIsBeingWrittenCostsNothingButTime)
{
    const RealFolder folder;
    const LogSpoolSettings settings{folder.path(), segment_octets, 1 << 20, 1 << 20,
                                    std::chrono::hours{1}};
    int stored[2];
    ASSERT_EQ(::pipe(stored), 0);
    const auto child = ::fork();
    if (child == 0) {
        DyingFiles files;
        EventLog events;
        const auto spool = open_log_spool(settings, files, events).value();
        for (;;) {
            const auto id = one_of(spool->store(a_message(std::string(5000, 'k')))).value().number;
            if (::write(stored[1], &id, sizeof id) != sizeof id) std::_Exit(1);
        }
    }
    (void)::close(stored[1]);
    std::vector<MessageId> acknowledged;
    for (std::uint64_t id = 0; ::read(stored[0], &id, sizeof id) == sizeof id;)
        acknowledged.push_back({id});
    (void)::close(stored[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ASSERT_GE(acknowledged.size(), 3u);
    const auto index = folder.path() + "/00000001.idx";
    const auto torn = std::filesystem::file_size(index);
    EventLog events;
    for (int start = 0; start < 2; ++start) {
        const auto spool = open_log_spool(settings, real_files(), events).value();
        std::vector<MessageId> found;
        for (const auto& message : spool->recover()) {
            found.push_back(message.id);
            EXPECT_EQ(whole(spool->body(message.id).value()), std::string(5000, 'k'));
        }
        // The one that was on its way when it died may be there, too.
        if (found.size() == acknowledged.size() + 1) found.pop_back();
        EXPECT_EQ(found, acknowledged);
    }
    EXPECT_GT(std::filesystem::file_size(index), torn) << "made anew, whole";
}

}  // namespace
}  // namespace imc::spool
