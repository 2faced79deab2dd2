#include "spool/stopped_spool.h"

#include "spool/kit.h"

#include <gtest/gtest.h>

#include <map>

namespace imc::spool {
namespace {

struct Stopped : testing::Test {
    /// The whole disk, to see that nothing was done to it.
    std::map<std::string, std::string> files()
    {
        std::map<std::string, std::string> out;
        for (const auto& folder : {bench.folder.path(), bench.folder.path() + "/large"})
            for (const auto& name : bench.disk.names(folder, ""))
                out[folder + "/" + name] = bench.disk.content(folder + "/" + name);
        return out;
    }
    std::unique_ptr<Spool> look()
    {
        auto opened = open_stopped_spool(bench.folder.path(), bench.disk, bench.events);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().to_string());
        return opened ? std::move(*opened) : nullptr;
    }
    NewMessage large_message()
    {
        auto message = a_message(std::string(600'000, 'x'));
        keep_rest_on_disk(*bench.spool, message).value();
        return message;
    }

    Bench bench{16 << 10};
};

TEST_F(Stopped, ShowsWhatTheNextStartWouldAndTouchesNothing)
{
    bench.open().value();
    std::vector<MessageId> ids;
    for (int i = 0; i < 30; ++i)
        ids.push_back(
            bench.store(a_message("text " + std::to_string(i) + std::string(900, 'y'), 2)).value());
    ids.push_back(bench.store(large_message()).value());
    bench.commit(done(ids[3], 2)).value();
    Commit tried{ids[4]};
    tried.results.push_back({1, state_of(Outcome::waiting, "450 later")});
    tried.evidence = {{"why", "later"}};
    bench.commit(std::move(tried)).value();
    bench.crash(7);
    bench.disk.put(bench.folder.path() + "/large/00000000000ZZ", "of a message that never came");

    const auto before = files();
    const auto calls = bench.disk.calls();
    const auto stopped = look();
    ASSERT_TRUE(stopped);
    std::vector<Recovered> seen;
    for (auto some = stopped->recover(7); !some.empty(); some = stopped->recover(7))
        seen.insert(seen.end(), some.begin(), some.end());
    std::ranges::sort(seen, {}, &Recovered::id);
    std::map<MessageId, std::string> texts;
    for (const auto& message : seen)
        texts[message.id] = whole(stopped->body(message.id).value());
    EXPECT_EQ(stopped->health().live_messages, 30U);
    EXPECT_EQ(stopped->body(ids[3]).error().event(), EventId::spool_no_such_message);
    EXPECT_EQ(files(), before);
    EXPECT_EQ(bench.disk.calls(), calls) << "calls that change something, or could fail a start";

    bench.open().value();
    const auto started = bench.spool->recover();
    ASSERT_EQ(seen.size(), started.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].id, started[i].id);
        EXPECT_EQ(seen[i].envelope, started[i].envelope);
        EXPECT_EQ(seen[i].states, started[i].states);
        EXPECT_EQ(seen[i].evidence, started[i].evidence);
        EXPECT_EQ(seen[i].body_octets, started[i].body_octets);
        EXPECT_EQ(texts[seen[i].id], whole(bench.spool->body(started[i].id).value()));
    }
}

TEST_F(Stopped, OneThatAProcessHasIsNotLookedAt)
{
    bench.open().value();
    const auto refused = open_stopped_spool(bench.folder.path(), bench.disk, bench.events);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().event(), EventId::spool_in_use);
    EXPECT_NE(refused.error().detail().find("process " + std::to_string(::getpid())),
              std::string::npos)
        << refused.error().detail();
    bench.spool.reset();
    EXPECT_FALSE(in_use(bench.folder.path()));
    EXPECT_TRUE(look());
}

TEST_F(Stopped, NothingCanBeChangedThere)
{
    bench.open().value();
    const auto id = bench.store(a_message("x")).value();
    bench.spool.reset();
    const auto before = files();
    const auto stopped = look();
    ASSERT_TRUE(stopped);
    EXPECT_FALSE(one_of(stopped->store(a_message("y"))));
    EXPECT_FALSE(one_of(stopped->commit(done(id))));
    EXPECT_FALSE(stopped->begin_text());
    EXPECT_EQ(files(), before);
}

TEST_F(Stopped, DamageIsSaidAndTheRestIsShown)
{
    bench.open().value();
    for (int i = 0; i < 30; ++i)
        bench.store(a_message(std::string(1000, 'y'))).value();
    bench.spool.reset();
    const auto first = bench.folder.path() + "/" + bench.disk.names(bench.folder.path(), ".seg")[0];
    auto octets = bench.disk.content(first);
    octets[9000] = static_cast<char>(octets[9000] ^ 1);
    bench.disk.put(first, octets);
    bench.remove_indexes();  // with one, only that text is damaged, and nobody has read it yet
    const auto stopped = look();
    ASSERT_TRUE(stopped);
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1U);
    const auto found = stopped->recover().size();
    EXPECT_GT(found, 10U);
    EXPECT_LT(found, 30U);
    EXPECT_EQ(bench.disk.content(first), octets) << "the file stays under its name";
}

TEST_F(Stopped, SegmentInTheMiddleThatHasLostItsHeaderIsMissed)
{
    bench.open().value();
    for (int i = 0; i < 100; ++i)
        bench.store(a_message(std::string(1000, 'y'))).value();
    bench.spool.reset();
    const auto names = bench.disk.names(bench.folder.path(), ".seg");
    ASSERT_GE(names.size(), 3U);
    const auto path = bench.folder.path() + "/" + names[1];
    auto octets = bench.disk.content(path);
    octets.replace(0, 512, 512, '\0');
    bench.disk.put(path, octets);
    bench.remove_indexes();  // its own would tell whose it is, and what stands in it
    const auto stopped = look();
    ASSERT_TRUE(stopped);
    EXPECT_EQ(bench.times(EventId::spool_damaged), 1U);
    EXPECT_LT(stopped->recover().size(), 100U);
    EXPECT_EQ(bench.disk.content(path), octets);
}

TEST_F(Stopped, FolderThatIsNotThereIsNamed)
{
    const auto refused = open_stopped_spool("/nowhere/spool", bench.disk, bench.events);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail().find("/nowhere/spool"), std::string::npos);
}

}  // namespace
}  // namespace imc::spool
