/// How the log keeps what a commit changes; what it means is in contract_test.cc.
#include "spool/encoding.h"
#include "spool/kit.h"

#include <gtest/gtest.h>

namespace imc::spool {
namespace {

constexpr WallTime noon{std::chrono::milliseconds{1'764'158'400'000}};

struct Changes : testing::Test {
    Changes() { bench.open().value(); }
    Recovered after_crash(MessageId id)
    {
        bench.crash(id.number);
        bench.open().value();
        for (auto& message : bench.spool->recover())
            if (message.id == id) return std::move(message);
        ADD_FAILURE() << "the message is not there";
        return {};
    }
    bool is_there(MessageId id) { return bench.spool->body(id).has_value(); }
    /// Until the oldest segment has been copied forward and used again.
    void push_forward()
    {
        for (int i = 0; i < 400; ++i)
            bench.commit(done(bench.store(a_message(std::string(3000, 'x'))).value())).value();
    }
    Bench bench{16 << 10};
};

// docs/formats/spool.md
TEST_F(Changes, AreWrittenAsTheFormatSays)
{
    Commit change{MessageId{5}};
    change.amendment.hold = Hold{WallTime::max(), "rule 7"};
    change.amendment.routes = {{1, "mx.example.com:26"}};
    const std::string_view example{"\x39\0\0\0"
                                   "\x05\x05\0\0\0\0\0\0\0"
                                   "\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x06\0\0\0rule 7"
                                   "\x01\0\0\0\x01\0\0\0\x11\0\0\0mx.example.com:26",
                                   61};
    EXPECT_EQ(change_records(change), example);
}

TEST_F(Changes, AreStillThereWhenTheLogWasCopiedForward)
{
    auto message = a_message("text", 2);
    message.envelope.expires_at = noon;
    const auto id = bench.store(message).value();
    Commit change{id, {{0, state_of(Outcome::waiting, "451 later")}}};
    change.added = {{{"ann@example.net"}}};
    change.amendment.hold = Hold{noon, "until noon"};
    change.amendment.routes = {{2, "mx.example.com"}};
    change.evidence = {{"why", "held"}, {"gone", "soon"}};
    bench.commit(change).value();
    push_forward();
    Commit again{id, {{2, state_of(Outcome::delivered)}}};
    again.evidence = {{"gone", ""}};
    bench.commit(again).value();
    push_forward();
    const auto found = after_crash(id);
    auto wanted = message.envelope;
    wanted.recipients.push_back({"ann@example.net"});
    wanted.recipients[2].route = "mx.example.com";
    wanted.held_until = noon;
    wanted.hold_reason = "until noon";
    EXPECT_EQ(found.envelope, wanted);
    EXPECT_EQ(found.evidence, (std::vector<Evidence>{{"why", "held"}}));
    EXPECT_EQ(found.states, (std::vector{state_of(Outcome::waiting, "451 later"), RecipientState{},
                                         state_of(Outcome::delivered)}));
}

TEST_F(Changes, ManyAreOneGroupLargerThanASegment)
{
    std::vector<net::awaitable<Result<MessageId>>> work;
    for (int i = 0; i < 2000; ++i)
        work.push_back(bench.spool->store(a_message("small")));
    std::vector<Commit> changes;
    for (auto& id : all_of(std::move(work))) {
        Commit change{id.value()};
        change.amendment.hold = Hold{WallTime::max(), "held by an administrator"};
        changes.push_back(std::move(change));
    }
    // Other threads may write the index of a full segment meanwhile, or make one ahead.
    std::uint64_t calls = 0;
    for (int i = 0; i < 20 && (i == 0 || calls > 10); ++i) {
        const auto before = bench.disk.calls();
        one_of(bench.spool->commit_all(changes)).value();
        calls = bench.disk.calls() - before;
    }
    EXPECT_LE(calls, 10u) << "one write, one sync, and a new segment";
    bench.crash(1);
    bench.open().value();
    for (const auto& message : bench.spool->recover())
        EXPECT_EQ(message.envelope.held_until, WallTime::max());
    for (auto& change : changes)
        change.done = true;
    one_of(bench.spool->commit_all(changes)).value();
    bench.open().value();
    EXPECT_TRUE(bench.spool->recover().empty());
}

TEST_F(Changes, ManyAreAllOrNoneWhenThePowerGoes)
{
    std::size_t all = 0;
    std::size_t none = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Bench other{64 << 10, seed};
        other.open().value();
        std::vector<Commit> changes;
        for (int i = 0; i < 20; ++i) {
            changes.push_back({other.store(a_message("text")).value()});
            changes.back().evidence = {{"why", std::string(100, 'y')}};
        }
        other.disk.cut_power_at(1 + seed % 2);
        EXPECT_FALSE(one_of(other.spool->commit_all(changes)));
        other.crash(seed);
        other.open().value();
        std::size_t changed = 0;
        for (const auto& message : other.spool->recover())
            changed += message.evidence.size();
        ASSERT_TRUE(changed == 0 || changed == 20) << "seed " << seed << ": " << changed;
        ++(changed == 0 ? none : all);
    }
    EXPECT_GT(all, 0u);
    EXPECT_GT(none, 0u);
}

TEST_F(Changes, OnAFullDiskHaveTheReservedSegment)
{
    std::vector<MessageId> ids;
    bench.disk.set_full(true);
    while (auto id = bench.store(a_message(std::string(1 << 10, 'x'))))
        ids.push_back(*id);
    ASSERT_GT(ids.size(), 5u);
    std::vector<Commit> changes;
    for (const auto id : ids) {
        changes.push_back({id});
        changes.back().done = true;
    }
    const auto deleted = one_of(bench.spool->commit_all(changes));
    EXPECT_TRUE(deleted) << deleted.error().to_string();
    bench.open().value();
    EXPECT_TRUE(bench.spool->recover().empty());
}

}  // namespace
}  // namespace imc::spool
