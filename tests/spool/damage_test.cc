/// What is found of damage at rest, and when, now that a start reads no bodies:
/// docs/formats/spool.md.
#include "kit/through_files.h"
#include "spool/index_kit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <iterator>
#include <optional>

namespace imc::spool {
namespace {

using Damage = WithIndexes;

// The text is not read at a start, so it is found when somebody wants it.
TEST_F(Damage, OfATextIsSaidOnceWhenItIsReadAndHarmsNoOther)
{
    fill();
    bench.spool.reset();
    const auto bad = std::next(texts.begin(), 2)->first;
    const auto file = damage(texts[bad].substr(0, 40));
    EXPECT_EQ(restart().size(), texts.size());
    EXPECT_EQ(bench.times(EventId::spool_damaged), 0u);
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto text = bench.spool->body(bad);
        ASSERT_FALSE(text);
        EXPECT_EQ(text.error().event(), EventId::spool_damaged);
    }
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    for (const auto& [id, text] : texts) {
        if (id == bad) continue;
        const auto read = bench.spool->body(id);
        ASSERT_TRUE(read) << read.error().to_string();
        EXPECT_EQ(whole(*read), text);
    }
    // Its recipients wait until somebody decides; then what is left is kept for people.
    for (const auto& [id, text] : texts)
        bench.commit(done(id, 4)).value();
    bench.commit(done(bench.store(a_message("x")).value())).value();
    bench.spool.reset();
    EXPECT_FALSE(bench.disk.content(bench.path(file + ".damaged")).empty());
    EXPECT_TRUE(bench.disk.content(bench.path(file)).empty());
    // Nor does a later segment take that name.
    bench.open().value();
    EXPECT_FALSE(bench.disk.content(bench.path(file + ".damaged")).empty());
}

class NoRename final : public kit::ThroughFiles {
public:
    using ThroughFiles::ThroughFiles;
    IoResult<> rename(const std::string&, const std::string&) override
    {
        return boost::system::error_code{EIO, boost::system::system_category()};
    }
};

// Under its name it would be replayed without what younger segments, freed since, knew of it.
TEST_F(Damage, SegmentThatCannotBeSetAsideIsRemovedAndNothingOfItComesAgain)
{
    fill();
    bench.spool.reset();
    const auto bad = std::next(texts.begin(), 2)->first;
    const auto file = damage(texts[bad].substr(0, 40));
    {
        NoRename files{bench.disk};
        bench.spool = open_log_spool(bench.settings, files, bench.events).value();
        EXPECT_EQ(bench.spool->recover().size(), texts.size());
        EXPECT_FALSE(bench.spool->body(bad));
        for (const auto& [id, text] : texts)
            bench.commit(done(id, 4)).value();
        pass_mail_through(bench, 60);
        bench.spool.reset();
    }
    EXPECT_TRUE(bench.disk.content(bench.path(file)).empty());
    EXPECT_TRUE(restart().empty());
}

TEST_F(Damage, OfATextIsCopiedForwardAndNeverLooksSound)
{
    fill();
    bench.spool.reset();
    const auto bad = std::next(texts.begin(), 2)->first;
    const auto file = damage(texts[bad].substr(0, 40));
    EXPECT_EQ(restart().size(), texts.size());
    for (const auto& [id, text] : texts)
        if (id != bad) bench.commit(done(id, 4)).value();
    pass_mail_through(bench, 60);
    EXPECT_LE(bench.segments(), 12u) << "one damaged text must not stop the log from being freed";
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_FALSE(bench.disk.content(bench.path(file + ".damaged")).empty()) << "kept for people";
    for (int start = 0; start < 2; ++start) {
        const auto alive = restart();
        ASSERT_EQ(alive.size(), 1u);
        EXPECT_EQ(alive[0].id, bad);
        EXPECT_EQ(alive[0].states.size(), alive[0].envelope.recipients.size());
        EXPECT_EQ(bench.spool->body(bad).error().event(), EventId::spool_damaged);
    }
}

TEST_F(Damage, OfARecordIsMendedByTheIndexWhenItIsCopiedForward)
{
    const auto marked = [] {
        auto out = a_message("text of it");
        out.envelope.sender = "unmistakable@example.org";
        return out;
    }();
    const auto id = bench.store(marked).value();
    pass_mail_through(bench, 4);
    bench.spool.reset();
    damage("unmistakable");
    bench.open().value();
    (void)bench.spool->recover();
    pass_mail_through(bench, 60);
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_LE(bench.segments(), 12u);
    const auto alive = restart();
    ASSERT_EQ(alive.size(), 1u);
    EXPECT_EQ(alive[0].envelope, marked.envelope);
    EXPECT_EQ(whole(bench.spool->body(id).value()), "text of it");
}

TEST(DamageKept, HasANameThatNoLaterSegmentTakes)
{
    Bench bench;
    bench.disk.put(bench.path("00000007.seg.damaged"), "evidence");
    bench.open().value();
    EXPECT_EQ(bench.disk.names(bench.folder.path(), ".seg").at(0), "00000008.seg");
}

// So much of it that neither its index nor its first group tells whose it is.
TEST_F(Damage, OfAHeaderInTheMiddleIsSaidAndItsFileIsKept)
{
    fill();
    bench.spool.reset();
    bench.remove_indexes();
    const auto name = bench.disk.names(bench.folder.path(), ".seg").at(1);
    auto octets = bench.disk.content(bench.path(name));
    octets[20] ^= 1;
    octets[100] ^= 1;
    bench.disk.put(bench.path(name), octets);
    EXPECT_LT(restart().size(), texts.size());
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_EQ(bench.disk.content(bench.path(name + ".damaged")), octets);
    EXPECT_FALSE(restart().empty());
    EXPECT_EQ(bench.disk.content(bench.path(name + ".damaged")), octets);
}

/// One sector of one file that the disk does not give any more.
class BadSector final : public kit::ThroughFiles {
public:
    BadSector(FileSystem& below, std::string path, std::uint64_t at)
        : ThroughFiles{below}, path_{std::move(path)}, at_{at - at % 512}
    {}
    std::atomic<std::size_t> asked{0};
    bool refuses_parts = false;  ///< as a system that must read a page to change a part of it

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode,
                                         unsigned permissions) override
    {
        auto file = ThroughFiles::open(path, mode, permissions);
        if (!file || path != path_) return file;
        return std::unique_ptr<File>{std::make_unique<Holed>(std::move(*file), *this)};
    }

private:
    class Holed final : public kit::ThroughFile {
    public:
        Holed(std::unique_ptr<File> below, BadSector& of) : ThroughFile{std::move(below)}, of_{of}
        {}
        IoResult<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override
        {
            if (offset >= of_.at_ + 512 || offset + into.size() <= of_.at_)
                return ThroughFile::read_at(offset, into);
            ++of_.asked;
            return boost::system::error_code{EIO, boost::system::system_category()};
        }
        IoResult<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override
        {
            constexpr std::uint64_t page = 4096;
            const auto begin = of_.at_ - of_.at_ % page;
            std::uint64_t end = offset;
            for (const auto piece : pieces)
                end += piece.size();
            const bool touches = offset < begin + page && end > begin;
            if (of_.refuses_parts && touches && (offset > begin || end < begin + page))
                return boost::system::error_code{EIO, boost::system::system_category()};
            return ThroughFile::write_at(offset, pieces);
        }

    private:
        BadSector& of_;
    };
    const std::string path_;
    const std::uint64_t at_;
};

struct DamageOfASector : WithIndexes {
    /// Where `text` stands.
    std::pair<std::string, std::uint64_t> place(std::string_view text) const
    {
        for (const auto& name : bench.disk.names(bench.folder.path(), ".seg"))
            if (const auto at = bench.disk.content(bench.path(name)).find(text);
                at != std::string::npos)
                return {name, at};
        ADD_FAILURE() << text << " is not there";
        return {};
    }
    /// A message of a sender that no other has, in a segment that is full.
    MessageId unmistakable()
    {
        pass_mail_through(bench, 1);  // it is not the segment's first
        auto message = a_message("text of it");
        message.envelope.sender = "unmistakable@example.org";
        const auto id = bench.store(message).value();
        pass_mail_through(bench, 4);
        return id;
    }
};

// It would keep its segment, and all dead ones behind that, as long as its message lives.
TEST_F(DamageOfASector, HarmsItsMessageAloneAndTheLogIsFreed)
{
    fill();
    bench.spool.reset();
    const auto bad = std::next(texts.begin(), 2)->first;
    const auto [file, at] = place(texts[bad].substr(0, 40));
    BadSector files{bench.disk, bench.path(file), at + 2000};
    bench.spool = open_log_spool(bench.settings, files, bench.events).value();
    const auto before = bench.spool->recover();
    EXPECT_EQ(before.size(), texts.size());
    const auto other = std::next(texts.begin(), 3)->first;
    for (const auto& [id, text] : texts)
        if (id != bad && id != other) bench.commit(done(id, 4)).value();
    pass_mail_through(bench, 60);
    EXPECT_LE(bench.segments(), 12u);
    EXPECT_GT(files.asked, 0u);
    ASSERT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_EQ(whole(bench.spool->body(other).value()), texts[other]);
    bench.spool.reset();
    EXPECT_FALSE(bench.disk.content(bench.path(file + ".damaged")).empty()) << "kept for people";
    const auto alive = restart();
    ASSERT_EQ(alive.size(), 2u);
    for (const auto& message : before)
        if (message.id == bad) {
            EXPECT_EQ(alive[0].envelope, message.envelope);
        }
    EXPECT_EQ(bench.spool->body(bad).error().event(), EventId::spool_damaged);
    EXPECT_EQ(whole(bench.spool->body(other).value()), texts[other]);
}

TEST_F(DamageOfASector, UnderARecordIsMendedByTheIndex)
{
    const auto id = unmistakable();
    bench.spool.reset();
    const auto [file, at] = place("unmistakable");
    BadSector files{bench.disk, bench.path(file), at};
    bench.spool = open_log_spool(bench.settings, files, bench.events).value();
    ASSERT_EQ(bench.spool->recover().size(), 1u);
    pass_mail_through(bench, 60);
    EXPECT_LE(bench.segments(), 12u);
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    const auto alive = restart();
    ASSERT_EQ(alive.size(), 1u);
    EXPECT_EQ(alive[0].id, id);
    EXPECT_EQ(alive[0].envelope.sender, "unmistakable@example.org");
    EXPECT_EQ(bench.spool->body(id).error().event(), EventId::spool_damaged)
        << "its text was in that sector, too";
}

TEST_F(DamageOfASector, UnderARecordWithoutAnIndexIsSaidOnceAndNothingIsDropped)
{
    const auto id = unmistakable();
    bench.spool.reset();
    const auto [file, at] = place("unmistakable");
    BadSector files{bench.disk, bench.path(file), at};
    bench.spool = open_log_spool(bench.settings, files, bench.events).value();
    ASSERT_EQ(bench.spool->recover().size(), 1u);
    bench.remove_indexes();
    pass_mail_through(bench, 60);
    const auto asked = files.asked.load();
    EXPECT_GT(asked, 0u);
    pass_mail_through(bench, 20);
    EXPECT_EQ(files.asked, asked) << "a disk takes seconds to say so";
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    bench.remove_indexes();
    const auto alive = restart();  // the disk gives it again
    ASSERT_EQ(alive.size(), 1u);
    EXPECT_EQ(alive[0].id, id);
    EXPECT_EQ(whole(bench.spool->body(id).value()), "text of it");
    bench.commit(done(id)).value();
    pass_mail_through(bench, 20);
    EXPECT_LE(bench.segments(), 12u) << "with its end the log is freed";
}

/// Messages of 12,000 octets, more than two blocks, of which a start reads every octet.
struct BadSectorAtStart : testing::Test {
    BadSectorAtStart() { bench.open().value(); }

    void mail(int count)
    {
        for (int i = 0; i < count; ++i) {
            const auto text = "message " + std::to_string(ids.size()) + " " +
                              std::string(12'000, static_cast<char>('a' + ids.size() % 26));
            auto message = a_message(text);
            message.envelope.sender = "sender" + std::to_string(ids.size()) + "@example.org";
            ids.push_back(bench.store(std::move(message)).value());
        }
    }
    /// The file and place of a text.
    std::pair<std::string, std::uint64_t> place(const std::string& text) const
    {
        for (const auto& name : bench.disk.names(bench.folder.path(), ".seg"))
            if (const auto at = bench.disk.content(bench.path(name)).find(text);
                at != std::string::npos)
                return {bench.path(name), at};
        ADD_FAILURE() << text << " is not there";
        return {};
    }
    /// What is alive when the disk does not give that.
    std::vector<MessageId> start_without(const std::string& path, std::uint64_t at)
    {
        bench.spool.reset();
        bench.remove_indexes();
        files.emplace(bench.disk, path, at);
        files->refuses_parts = refuses_parts;
        auto opened = open_log_spool(bench.settings, *files, bench.events);
        if (!opened) {
            ADD_FAILURE() << opened.error().to_string();
            return {};
        }
        bench.spool = std::move(*opened);
        std::vector<MessageId> out;
        for (const auto& message : bench.spool->recover())
            out.push_back(message.id);
        return out;
    }
    std::vector<MessageId> all_but(std::size_t one) const
    {
        auto out = ids;
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(one));
        return out;
    }

    std::optional<BadSector> files;  // the spool writes by it until it is gone
    Bench bench{256 << 10};
    std::vector<MessageId> ids;
    bool refuses_parts = false;
};

TEST_F(BadSectorAtStart, UnderATextOfTheYoungestSegmentHarmsThatTextAlone)
{
    mail(6);
    const auto [path, at] = place("message 2 ");
    EXPECT_EQ(start_without(path, at + 4096), ids);
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_FALSE(bench.spool->body(ids[2]));
    EXPECT_TRUE(bench.spool->body(ids[3]));
    EXPECT_GT(bench.store(a_message("new")).value(), ids.back());
}

TEST_F(BadSectorAtStart, UnderARecordOfTheYoungestSegmentLosesThatRecordAlone)
{
    mail(6);
    const auto [path, at] = place("sender3@example.org");
    EXPECT_EQ(start_without(path, at), all_but(3));
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_TRUE(bench.spool->body(ids[5]));
    const auto next = bench.store(a_message("new")).value();
    EXPECT_GT(next, ids.back()) << "an id that cannot be read is not given again";
    EXPECT_FALSE(bench.disk.content(path).empty()) << "the file is kept";
}

// What is torn behind the end was to be cut off there.
TEST_F(BadSectorAtStart, UnderTheEndOfTheYoungestSegmentStopsNoStart)
{
    mail(6);
    const auto path = place("message 5 ").first;
    const auto end = bench.disk.content(path).find_last_not_of('\0') + 1;
    refuses_parts = true;
    EXPECT_GE(start_without(path, end).size(), 5u);
    EXPECT_GE(bench.times(EventId::spool_damaged), 1u);
    EXPECT_TRUE(bench.spool->body(ids[4]));
    EXPECT_GT(bench.store(a_message("new")).value(), ids.back());
}

// Neither its header nor its first group can be read: it is kept, and no id of it comes again.
TEST_F(BadSectorAtStart, UnderTheHeaderOfTheYoungestSegmentGivesNoIdTwice)
{
    mail(40);
    const auto path = place("message 39 ").first;
    ASSERT_NE(path, place("message 0 ").first);
    bench.spool.reset();
    auto octets = bench.disk.content(path);
    octets.replace(0, 512, 512, '#');
    bench.disk.put(path, octets);
    const auto alive = start_without(path, 20'000);
    EXPECT_LT(alive.size(), ids.size());
    EXPECT_GE(bench.times(EventId::spool_damaged), 1u);
    EXPECT_GT(bench.store(a_message("new")).value(), ids.back());
}

TEST_F(BadSectorAtStart, OfAnOlderSegmentWithoutAnIndexHarmsNothingElse)
{
    mail(40);
    const auto [path, at] = place("sender3@example.org");
    ASSERT_NE(path, place("message 39 ").first);
    EXPECT_EQ(start_without(path, at), all_but(3));
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    for (const auto id : {ids[0], ids[5], ids[39]})
        EXPECT_TRUE(bench.spool->body(id));
}

// Nothing but a length tells where the next record begins, and it is in the same sector.
TEST_F(BadSectorAtStart, UnderARecordOfACommitLosesTheRestOfThatCommit)
{
    mail(2);
    Commit change = done(ids[0]);
    for (int i = 0; i < 3; ++i) {
        change.caused.push_back(
            a_message("caused " + std::to_string(i) + std::string(12'000, 'c')));
        change.caused.back().envelope.sender = "cause" + std::to_string(i) + "@example.org";
    }
    const auto caused = bench.commit(std::move(change)).value();
    const auto later = bench.store(a_message("later")).value();
    const auto [path, at] = place("cause1@example.org");
    EXPECT_EQ(start_without(path, at), (std::vector<MessageId>{ids[1], caused[0], later}));
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
}

TEST_F(Damage, OfASegmentThatHasLostItsEndIsNotHiddenByItsIndex)
{
    fill();
    bench.spool.reset();
    const auto name = names().at(1).substr(0, 9) + "seg";
    auto octets = bench.disk.content(bench.path(name));
    bench.disk.put(bench.path(name), octets.substr(0, 9000));
    EXPECT_LT(restart().size(), texts.size());
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
}

}  // namespace
}  // namespace imc::spool
