#include "spool/crc32c.h"
#include "spool/kit.h"

#include <gtest/gtest.h>

#include <thread>

namespace imc::spool {
namespace {

std::string large_text(std::size_t octets = 600'000)
{
    std::string text = "Subject: large\r\n\r\n";
    for (std::size_t line = 0; text.size() < octets; ++line)
        text += "line " + std::to_string(line) + " of a large message\r\n";
    return text;
}

struct LargeTexts : testing::Test {
    LargeTexts() { open(); }
    void open()
    {
        const auto opened = bench.open();
        ASSERT_TRUE(opened) << opened.error().to_string();
    }
    Result<MessageId> store(const std::string& all)
    {
        auto message = a_message(all);
        if (auto kept = keep_rest_on_disk(*bench.spool, message); !kept) return kept.error();
        EXPECT_TRUE(message.body.blocks());
        return bench.store(std::move(message));
    }
    std::vector<std::string> files() const
    {
        return bench.disk.names(bench.folder.path() + "/large", "");
    }
    std::string file() const { return bench.folder.path() + "/large/" + files().at(0); }

    Bench bench;
    const std::string text = large_text();
};

TEST_F(LargeTexts, AreThereAfterAPowerCut)
{
    const auto id = store(text).value();
    EXPECT_EQ(whole(bench.spool->body(id).value()), text);
    bench.crash(7);
    open();
    const auto found = bench.spool->recover();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].id, id);
    EXPECT_EQ(found[0].body_octets, text.size());
    EXPECT_EQ(whole(bench.spool->body(id).value()), text);
}

TEST_F(LargeTexts, AreGoneWithTheirMessage)
{
    const auto id = store(text).value();
    EXPECT_EQ(files().size(), 1u);
    ASSERT_TRUE(bench.commit(done(id)));
    open();
    EXPECT_TRUE(files().empty());
}

TEST_F(LargeTexts, WhoseMessageWasNeverStoredAreGone)
{
    {
        auto message = a_message(text);
        ASSERT_TRUE(keep_rest_on_disk(*bench.spool, message));
        EXPECT_EQ(files().size(), 1u);
    }
    EXPECT_TRUE(files().empty()) << "the client went away";

    auto message = a_message(text);
    ASSERT_TRUE(keep_rest_on_disk(*bench.spool, message));
    bench.crash(3);
    message.rest.reset();
    open();
    EXPECT_TRUE(files().empty()) << "the power went away";
    EXPECT_EQ(bench.spool->recover().size(), 0u);
}

TEST_F(LargeTexts, OfAnIdThatWasNeverStoredDoNotGetInTheWayOfTheNext)
{
    const auto name = MessageId{1}.to_string();
    bench.disk.put(bench.folder.path() + "/large/" + name, "left behind");
    open();
    EXPECT_TRUE(store(text));
}

TEST_F(LargeTexts, OfWhichAPieceIsDamagedAreNotPassedOn)
{
    const auto id = store(text).value();
    auto octets = bench.disk.content(file());
    octets.at(300'000) ^= 1;
    bench.disk.put(file(), octets);
    OctetsReader reader{bench.spool->body(id).value()};
    EXPECT_EQ(reader.next().value(), text.substr(0, large_octets)) << "from the log";
    EXPECT_EQ(reader.next().value().size(), large_octets) << "the first piece is sound";
    const auto damaged = reader.next();
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().event(), EventId::spool_damaged);
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
}

TEST_F(LargeTexts, WhoseFileIsMissingAreToldAtTheStart)
{
    (void)store(text).value();
    ASSERT_TRUE(bench.disk.remove(file()));
    ASSERT_TRUE(bench.disk.sync_folder(bench.folder.path() + "/large"));
    open();
    EXPECT_EQ(bench.spool->recover().size(), 1u) << "nothing is dropped silently";
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
}

TEST_F(LargeTexts, OnAFullDiskAreRefusedAsSuch)
{
    bench.disk.set_full(true);
    EXPECT_EQ(store(text).error().event(), EventId::flush_mode_entered);
    EXPECT_TRUE(files().empty());
    bench.disk.set_full(false);
    EXPECT_TRUE(store(text));
}

TEST_F(LargeTexts, OfAMessageWhoseRecordFailedGoWhenTheLogSaysThatItDoesNotCount)
{
    auto message = a_message("");
    message.rest = bench.spool->begin_text().value();
    ASSERT_TRUE(message.rest->append(text));
    ASSERT_TRUE(message.rest->finish());
    message.body = Body{std::make_shared<const std::string>("trace"), message.rest->read_back()};
    bench.disk.fail_at(1, EIO);
    ASSERT_FALSE(bench.store(std::move(message)));
    EXPECT_EQ(files().size(), 1u) << "its record may stand in the log";
    const auto until = after(std::chrono::seconds{5});
    while (!bench.store(a_message("small")) && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();  // the spool tries again a second after a failure
    bench.spool.reset();
    EXPECT_TRUE(files().empty());
}

TEST_F(LargeTexts, OfMessagesThatCannotBeReadAnyMoreAreSetAsideForPeople)
{
    const auto id = store(text).value();
    (void)bench.store(a_message(std::string(5000, 'n'))).value();  // in the next segment
    bench.spool.reset();
    for (const auto& name : bench.disk.names(bench.folder.path(), ".seg")) {
        const auto path = bench.folder.path() + "/" + name;
        auto octets = bench.disk.content(path);
        const auto at = octets.find("Subject: large");
        if (at == octets.npos) continue;
        octets[at] = 'X';
        bench.disk.put(path, octets);
    }
    bench.remove_indexes();  // they know the message
    open();
    (void)bench.spool->recover();
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1u);
    EXPECT_EQ(files(), std::vector<std::string>{id.to_string() + ".damaged"});
}

TEST_F(LargeTexts, AreNotBegunNorGoneOnWithWhenTheDiskIsLow)
{
    auto writer = bench.spool->begin_text().value();
    ASSERT_TRUE(writer->append("x"));
    bench.disk.set_free_octets(1);
    const auto until = after(std::chrono::seconds{5});
    while (bench.spool->begin_text() && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
    EXPECT_EQ(writer->append("y").error().event(), EventId::flush_mode_entered);
}

TEST_F(LargeTexts, AreStillTheirsWhenTheLogIsCopiedForward)
{
    const auto id = store(text).value();
    for (int i = 0; i < 200; ++i) {
        const auto small = bench.store(a_message(std::string(4000, 's'))).value();
        ASSERT_TRUE(bench.commit(done(small)));
    }
    bench.spool->forget_body(id);
    EXPECT_EQ(whole(bench.spool->body(id).value()), text);
    open();
    EXPECT_EQ(whole(bench.spool->body(id).value()), text);
}

TEST_F(LargeTexts, AreNeverWrittenIntoASegmentOfTheOldVersion)
{
    // A program of that time would read what we write wrongly.
    const auto small = bench.store(a_message("of old")).value();
    bench.spool.reset();
    const auto path = bench.folder.path() + "/00000001.seg";
    auto octets = bench.disk.content(path);
    octets.at(8) = 2;
    const auto crc = crc32c(0, std::string_view{octets}.substr(0, 48));
    for (std::size_t i = 0; i < 4; ++i)
        octets.at(48 + i) = static_cast<char>(crc >> (8 * i) & 0xffU);
    bench.disk.put(path, octets);
    open();
    EXPECT_EQ(whole(bench.spool->body(small).value()), "of old");
    (void)store(text).value();
    EXPECT_EQ(bench.disk.content(path), octets);
}

}  // namespace
}  // namespace imc::spool
