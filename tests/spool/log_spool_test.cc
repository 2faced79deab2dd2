#include "spool/crc32c.h"
#include "spool/encoding.h"
#include "spool/kit.h"
#include "spool/segment.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include <numeric>

namespace imc::spool {
namespace {

std::vector<std::uint64_t> ids_of(const std::vector<Recovered>& messages)
{
    std::vector<std::uint64_t> out;
    for (const auto& message : messages)
        out.push_back(message.id.number);
    std::ranges::sort(out);
    return out;
}

std::vector<MessageId> store_many(Spool& spool, std::size_t count, const std::string& text)
{
    std::vector<net::awaitable<Result<MessageId>>> work;
    for (std::size_t i = 0; i < count; ++i)
        work.push_back(spool.store(a_message(text)));
    std::vector<MessageId> ids;
    for (auto& result : all_of(std::move(work)))
        ids.push_back(result.value());
    return ids;
}

void settle_all(Spool& spool, const std::vector<MessageId>& ids)
{
    std::vector<net::awaitable<Result<std::vector<MessageId>>>> work;
    for (const auto id : ids)
        work.push_back(spool.commit(done(id)));
    for (auto& result : all_of(std::move(work)))
        ASSERT_TRUE(result) << result.error().to_string();
}

TEST(Spool, StoredMessageComesBackAsItWas)
{
    Bench bench;
    bench.open().value();
    auto message = a_message(std::string{"Received: x\r\n\0\xff binary", 22}, 2);
    auto& e = message.envelope;
    e.recipients[1].original = "rfc822;b@example.net";
    e.recipients[1].notify = 12;
    e.envid = "QQ314159";
    e.ret = "HDRS";
    e.eight_bit = e.smtp_utf8 = true;
    e.priority = Priority::urgent;
    e.peer = "[192.0.2.1]:4711 (client.example)";
    e.account = "alice";
    const auto id = bench.store(message).value();
    bench.crash(7);
    bench.open().value();
    const auto found = bench.spool->recover();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].id, id);
    EXPECT_EQ(found[0].envelope, message.envelope);
    EXPECT_EQ(found[0].states, std::vector<RecipientState>(2));
    EXPECT_EQ(found[0].body_octets, message.body.size());
    EXPECT_EQ(whole(bench.spool->body(id).value()), whole(message.body));
    EXPECT_EQ(bench.spool->health().live_messages, 1u);
}

TEST(Spool, BodyIsReadBackWhenForgotten)
{
    Bench bench;
    bench.open().value();
    const auto id = bench.store(a_message("text")).value();
    bench.spool->forget_body(id);
    EXPECT_EQ(whole(bench.spool->body(id).value()), "text");
    EXPECT_EQ(bench.spool->body({id.number + 1}).error().event(), EventId::spool_no_such_message);
}

TEST(Spool, ResultsInLaterSegmentsCount)
{
    Bench bench{16 << 10};
    bench.open().value();
    const auto kept = bench.store(a_message("kept", 3)).value();
    const auto gone = bench.store(a_message("gone")).value();
    for (int i = 0; i < 3; ++i)  // pushes the results into another segment
        settle_all(*bench.spool, store_many(*bench.spool, 1, std::string(10 << 10, 'x')));
    auto waiting = state_of(Outcome::waiting, "451 later");
    waiting.next_attempt = WallTime{std::chrono::milliseconds{2'000'000'000'000}};
    bench.commit({kept, {{1, state_of(Outcome::delivered)}, {2, waiting}}, {}}).value();
    bench.commit(done(gone)).value();
    bench.crash(1);
    bench.open().value();
    const auto found = bench.spool->recover();
    ASSERT_EQ(ids_of(found), std::vector{kept.number});
    EXPECT_EQ(found[0].states,
              (std::vector{RecipientState{}, state_of(Outcome::delivered), waiting}));
}

TEST(Spool, ReportIsStoredWithTheResultThatCausesItOrNotAtAll)
{
    unsigned both = 0;
    unsigned neither = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Bench bench{64 << 10, seed};
        bench.open().value();
        const auto id = bench.store(a_message("text")).value();
        bench.disk.cut_power_at(1 + seed % 2);
        Commit change{id,
                      {{0, state_of(Outcome::failed)}},
                      {a_message(std::string(3000, 'd')), a_message("copy")}};
        EXPECT_FALSE(bench.commit(std::move(change)));
        bench.crash(seed);
        bench.open().value();
        const auto found = bench.spool->recover();
        if (ids_of(found) == std::vector{id.number}) {
            ++neither;
            continue;
        }
        ++both;
        ASSERT_EQ(found.size(), 2u) << "seed " << seed;
        EXPECT_EQ(bench.spool->body(found[0].id).value().size(), 3000u);
        EXPECT_EQ(whole(bench.spool->body(found[1].id).value()), "copy");
    }
    EXPECT_GT(both, 0u);
    EXPECT_GT(neither, 0u);
}

TEST(Spool, MessageMayBeLargerThanASegment)
{
    Bench bench{16 << 10};
    bench.open().value();
    std::string text(100 << 10, '\0');
    std::iota(text.begin(), text.end(), '\0');
    const auto id = bench.store(a_message(text)).value();
    const auto small = bench.store(a_message("small")).value();
    bench.crash(3);
    bench.open().value();
    EXPECT_EQ(ids_of(bench.spool->recover()), (std::vector{id.number, small.number}));
    EXPECT_EQ(whole(bench.spool->body(id).value()), text);
    settle_all(*bench.spool, {id, small});
    settle_all(*bench.spool, store_many(*bench.spool, 40, std::string(1 << 10, 'x')));
    EXPECT_LE(bench.segments(), 8u);
    bench.spool.reset();  // one may be in the making
    for (const auto& name : bench.disk.names(bench.folder.path(), ".seg"))
        EXPECT_EQ(bench.disk.content(bench.folder.path() + "/" + name).size(), 16u << 10U) << name;
}

TEST(Spool, HundredThousandMessagesLeaveAFewSegments)
{
    Bench bench;
    bench.open().value();
    std::size_t most = 0;
    const auto stays = bench.store(a_message("stays")).value();  // what must be copied forward
    for (int i = 0; i < 200; ++i) {
        settle_all(*bench.spool, store_many(*bench.spool, 500, "a small message"));
        most = std::max(most, bench.segments());
    }
    // One more commit, for the last of the others may still be reclaimed behind it.
    settle_all(*bench.spool, store_many(*bench.spool, 1, "x"));
    EXPECT_LT(bench.segments(), 12u);
    EXPECT_LT(most, 20u);
    EXPECT_EQ(whole(bench.spool->body(stays).value()), "stays");
    bench.crash(5);
    bench.open().value();
    EXPECT_EQ(ids_of(bench.spool->recover()), std::vector{stays.number});
    EXPECT_EQ(whole(bench.spool->body(stays).value()), "stays");
}

TEST(Spool, ManyLivingMessagesAmongDeadOnesStayWithinTwiceTheirSize)
{
    Bench bench{16 << 10};
    bench.open().value();
    std::vector<MessageId> alive;
    for (int i = 0; i < 300; ++i) {
        const auto ids = store_many(*bench.spool, 10, std::string(1000, 'x'));
        settle_all(*bench.spool, {ids.begin() + 1, ids.end()});
        if (i % 3 == 0)
            alive.push_back(ids[0]);
        else
            settle_all(*bench.spool, {ids[0]});
    }
    // 100 of about 1,150 octets: 8 segments.
    EXPECT_LE(bench.segments(), 2 * 8u + 4 + 4);
    bench.crash(2);
    bench.open().value();
    EXPECT_EQ(bench.spool->recover().size(), alive.size());
    for (const auto id : alive)
        EXPECT_EQ(bench.spool->body(id).value().size(), 1000u);
}

TEST(Spool, BelowLowWaterNewMailIsRefusedAndResultsAreRecorded)
{
    Bench bench;
    bench.open().value();
    const auto id = bench.store(a_message("text")).value();
    bench.open().value();  // looks at the disk anew
    bench.disk.set_free_octets(bench.settings.low_water_octets - 1);
    // Segments are made ahead meanwhile; that comes to an end, and then a refusal writes nothing.
    bool undisturbed = false;
    for (int i = 0; i < 1000 && !undisturbed; ++i) {
        const auto calls = bench.disk.calls();
        const auto refused = bench.store(a_message("text"));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().event(), EventId::flush_mode_entered);
        undisturbed = bench.disk.calls() == calls;
    }
    EXPECT_TRUE(undisturbed) << "something was written";
    EXPECT_FALSE(bench.spool->health().accepts);
    EXPECT_EQ(bench.times(EventId::flush_mode_entered), 1u);
    EXPECT_TRUE(bench.commit(done(id)));
    bench.open().value();
    EXPECT_TRUE(bench.spool->recover().empty());
}

// disk-low-flush: a tenth more room than the mark before it is left, and nobody need send for that.
TEST(Spool, RoomThatIsThereAgainIsSeenWithoutNewMailAndNotAtTheMarkItself)
{
    Bench bench;
    bench.open().value();
    const auto mark = bench.settings.low_water_octets;
    // What it says once it has looked at the disk again, which it does a few times a second.
    const auto accepts = [&] {
        const auto before = bench.disk.asked_for_room();
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (bench.disk.asked_for_room() == before && std::chrono::steady_clock::now() < end)
            (void)bench.spool->health();
        EXPECT_GT(bench.disk.asked_for_room(), before) << "nobody looks at the disk";
        return bench.spool->health().accepts;
    };
    bench.disk.set_free_octets(mark - 1);
    EXPECT_FALSE(accepts()) << "an outbound night says so, too";
    EXPECT_EQ(bench.times(EventId::flush_mode_entered), 1u);
    bench.disk.set_free_octets(mark + 1);
    EXPECT_FALSE(accepts());
    EXPECT_EQ(bench.times(EventId::flush_mode_left), 0u);
    bench.disk.set_free_octets(mark + mark / 10);
    EXPECT_TRUE(accepts());
    EXPECT_EQ(bench.times(EventId::flush_mode_entered), 1u);
    EXPECT_EQ(bench.times(EventId::flush_mode_left), 1u);
    EXPECT_TRUE(bench.store(a_message("text")));
}

// huge-file-in-out (Q272506): one file of 16 GB in the folder, and the service did not start.
TEST(Spool, RegressionHugeFileInOutStopsNoStart)
{
    const RealFolder folder;
    const auto huge = folder.path() + "/huge.eml";
    std::ofstream{huge} << "Subject: x\r\n";
    std::filesystem::resize_file(huge, 16ULL << 30U);  // with a hole: it takes no room
    const LogSpoolSettings settings{folder.path(), 64 << 10, 1 << 20, 1 << 20,
                                    std::chrono::hours{1}};
    EventLog events;
    const auto begun = std::chrono::steady_clock::now();
    for (int start = 0; start < 2; ++start) {
        const auto spool = open_log_spool(settings, real_files(), events).value();
        EXPECT_EQ(spool->recover().size(), static_cast<std::size_t>(start));
        EXPECT_TRUE(spool->health().accepts);
        EXPECT_TRUE(one_of(spool->store(a_message("text"))));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{20})
        << "it is not read";
    EXPECT_EQ(std::filesystem::file_size(huge), 16ULL << 30U) << "nor is it ours to remove";
}

TEST(Spool, FullDiskRefusesMailAndRecordsResults)
{
    Bench bench{16 << 10};
    bench.open().value();
    bench.disk.set_full(true);
    std::vector<MessageId> ids;
    std::optional<Error> refusal;
    while (!refusal && ids.size() < 1000) {
        if (auto id = bench.store(a_message(std::string(1 << 10, 'x'))))
            ids.push_back(*id);
        else
            refusal = id.error();
    }
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->event(), EventId::flush_mode_entered) << refusal->to_string();
    EXPECT_FALSE(bench.spool->health().trouble.empty());
    for (const auto id : ids) {
        const auto settled = bench.commit(done(id));
        ASSERT_TRUE(settled) << settled.error().to_string();
    }
    bench.crash(1);
    bench.open().value();
    EXPECT_TRUE(bench.spool->recover().empty());
    EXPECT_TRUE(bench.store(a_message("again"))) << "a settled spool has room of its own";
}

TEST(Spool, PoolGrowsWithLoadAndShrinksAgain)
{
    Bench bench{16 << 10};
    bench.settings.spare_idle = std::chrono::milliseconds{1};
    bench.open().value();
    std::vector<MessageId> ids;
    for (int i = 0; i < 20; ++i)
        ids.push_back(bench.store(a_message(std::string(12 << 10, 'x'))).value());
    EXPECT_GE(bench.segments(), 20u);
    settle_all(*bench.spool, ids);
    const auto patience = after(std::chrono::seconds{20});
    // The last commits let the writer free what it still holds.
    while (bench.spool->health().segments > 4 && std::chrono::steady_clock::now() < patience)
        settle_all(*bench.spool, {bench.store(a_message("x")).value()});
    EXPECT_LE(bench.spool->health().segments, 4u);
}

TEST(Spool, SegmentIsThereBeforeTheWriterNeedsIt)
{
    Bench bench{16 << 10};
    bench.open().value();
    (void)bench.store(a_message(std::string(10 << 10, 'x'))).value();
    (void)bench.store(a_message(std::string(1 << 10, 'x'))).value();
    const auto patience = after(std::chrono::seconds{20});
    while (bench.spool->health().segments < 3 && std::chrono::steady_clock::now() < patience)
        std::this_thread::yield();
    bench.disk.set_full(true);  // nobody can make one now
    EXPECT_TRUE(bench.store(a_message(std::string(10 << 10, 'x'))));
}

TEST(Spool, SecondOpenIsRefused)
{
    Bench bench;
    bench.open().value();
    const auto second = open_log_spool(bench.settings, bench.disk, bench.events);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().event(), EventId::spool_in_use);
    bench.spool.reset();
    EXPECT_TRUE(open_log_spool(bench.settings, bench.disk, bench.events));
}

TEST(Spool, FormerLifeOfASegmentNeverPasses)
{
    // Equal messages make equal places, so a group of the former life begins just where the new one
    // ends.
    for (std::uint64_t lives = 1; lives <= 12; ++lives) {
        Bench bench{4 << 10};
        bench.open().value();
        std::vector<MessageId> ids;
        for (std::uint64_t i = 0; i < lives * 7; ++i) {
            ids = {bench.store(a_message(std::string(200, 'x'))).value()};
            ids.push_back(bench.store(a_message(std::string(200, 'y'))).value());
            if (i + 1 < lives * 7) settle_all(*bench.spool, ids);
        }
        bench.crash(lives);
        bench.open().value();
        EXPECT_EQ(ids_of(bench.spool->recover()), (std::vector{ids[0].number, ids[1].number}))
            << lives;
        EXPECT_EQ(bench.times(EventId::spool_damaged), 0u);
    }
}

/// Puts a group of the segment's former life right behind the group in which `text` stands, as if
/// the end mark had never reached the disk. @return empty: there is none.
std::string with_former_group_behind(std::string octets, std::string_view text)
{
    const auto at = octets.find(text);
    if (at == octets.npos) return {};
    const auto sender = octets.find("alice@example.org", at);
    if (sender == octets.npos) return {};
    const auto group = sender - 4 - 8 - 1 - 4 -
                       8;  // its length, the id, kind, the record's length, the group's header
    const auto size = octets.size();
    octets.replace(at + text.size(), octets.npos, octets.substr(group));
    octets.resize(size);
    return octets;
}

TEST(Spool, EndMarkTornAwayStillHidesTheFormerLife)
{
    Bench bench{4 << 10};
    bench.open().value();
    std::string path;
    std::string spoiled;
    MessageId last;
    for (int i = 0; i < 200 && spoiled.empty(); ++i) {
        const auto text = "marker " + std::to_string(i) + ".";
        last = bench.store(a_message(text)).value();
        for (const auto& name : bench.disk.names(bench.folder.path(), ".seg")) {
            path = bench.folder.path() + "/" + name;
            spoiled = with_former_group_behind(bench.disk.content(path), text);
            if (!spoiled.empty()) break;
        }
        if (spoiled.empty()) settle_all(*bench.spool, {last});
    }
    ASSERT_FALSE(spoiled.empty()) << "no segment was used twice";
    bench.spool.reset();
    bench.disk.put(path, spoiled);
    bench.open().value();
    EXPECT_EQ(ids_of(bench.spool->recover()), std::vector{last.number});
    EXPECT_EQ(bench.times(EventId::spool_damaged), 0u);
}

TEST(Spool, IdsGoOnAfterEverythingWasSettled)
{
    Bench bench{16 << 10};
    bench.open().value();
    std::uint64_t highest = 0;
    for (std::uint64_t i = 0; i < 30; ++i) {
        const auto id = bench.store(a_message(std::string(3000, 'x'))).value();
        ASSERT_GT(id.number, highest);
        highest = id.number;
        settle_all(*bench.spool, {id});
        if (i % 3 == 0) bench.crash(i);
        bench.open().value();
    }
}

// The store takes a message of a known id for one that it has delivered.
TEST(Spool, IdsGoOnOverStartsWithoutMail)
{
    for (const bool crashes : {false, true}) {
        Bench bench{16 << 10};
        bench.open().value();
        const auto first = bench.store(a_message("one")).value();
        settle_all(*bench.spool, {first});
        for (std::uint64_t start = 0; start < 4; ++start) {
            if (crashes) bench.crash(start);
            bench.open().value();
        }
        EXPECT_EQ(bench.segments(), 2U) << "a start without mail costs no segment";
        EXPECT_GT(bench.store(a_message("two")).value().number, first.number);
    }
}

TEST(Spool, TroubleAndItsEndAreOneEventEach)
{
    Bench bench;
    bench.open().value();
    bench.disk.fail_at(1, EIO, kit::FaultyFiles::Lasting::for_ever);
    EXPECT_EQ(bench.store(a_message("lost")).error().event(), EventId::spool_write_failed);
    EXPECT_FALSE(bench.store(a_message("lost, too")));
    EXPECT_EQ(bench.times(EventId::spool_write_failed), 1u);
    EXPECT_EQ(bench.times(EventId::spool_works_again), 0u);
    bench.disk.mend();
    const auto patience = after(std::chrono::seconds{20});
    while (!bench.store(a_message("kept")) && std::chrono::steady_clock::now() < patience)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    EXPECT_EQ(bench.times(EventId::spool_works_again), 1u);
}

TEST(Spool, ClosedSpoolSaysSo)
{
    Bench bench;
    bench.open().value();
    bench.spool->close();
    EXPECT_EQ(bench.store(a_message("late")).error().event(), EventId::spool_write_failed);
}

TEST(Spool, NewerVersionIsRefusedByName)
{
    Bench bench;
    std::string octets(64 << 10, '\0');
    bench.disk.put(bench.folder.path() + "/00000001.seg", octets);
    bench.open().value();
    (void)bench.store(a_message("x")).value();
    bench.spool.reset();
    unsigned changed = 0;
    for (const auto& name : bench.disk.names(bench.folder.path(), ".seg")) {
        const auto path = bench.folder.path() + "/" + name;
        octets = bench.disk.content(path);
        if (!octets.starts_with("IMCSPOOL")) continue;
        octets[8] = 4;
        Writer crc;
        crc.u32(crc32c(0, std::string_view{octets}.substr(0, 48)));
        octets.replace(48, 4, crc.take());
        bench.disk.put(path, octets);
        ++changed;
    }
    ASSERT_EQ(changed, 1u);
    const auto opened = bench.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().event(), EventId::spool_damaged);
    EXPECT_NE(opened.error().detail().find("version 4"), std::string::npos)
        << opened.error().detail();
}

TEST(Spool, DamagedTextIsSaidNotDelivered)
{
    Bench bench;
    bench.open().value();
    const auto id = bench.store(a_message("a text to spoil")).value();
    bench.spool->forget_body(id);
    const auto names = bench.disk.names(bench.folder.path(), ".seg");
    for (const auto& name : names) {
        auto file =
            bench.disk.open(bench.folder.path() + "/" + name, OpenMode::write, 0600).value();
        const auto at =
            bench.disk.content(bench.folder.path() + "/" + name).find("a text to spoil");
        if (at != std::string::npos) file->write_at(at, "A").value();
    }
    const auto body = bench.spool->body(id);
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().event(), EventId::spool_damaged);
}

}  // namespace
}  // namespace imc::spool
