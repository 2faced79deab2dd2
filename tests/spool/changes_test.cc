/// What a commit may change, apart from results.
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

TEST_F(Changes, RecipientsAddedContinueTheIndicesAndMayHaveAResultAtOnce)
{
    const auto id = bench.store(a_message("to a list")).value();
    Commit change{id, {{0, state_of(Outcome::delivered)}, {2, state_of(Outcome::failed)}}};
    change.added = {{{"ann@example.net"}}, {{"bob@example.net", "rfc822;list@example.org", 4}}};
    change.added[0].state = state_of(Outcome::waiting, "451 later");
    bench.commit(change).value();
    const auto found = after_crash(id);
    ASSERT_EQ(found.envelope.recipients.size(), 3u);
    EXPECT_EQ(found.envelope.recipients[2], change.added[1].recipient);
    EXPECT_EQ(found.states[0], state_of(Outcome::delivered));
    EXPECT_EQ(found.states[1], state_of(Outcome::waiting, "451 later"));
    EXPECT_EQ(found.states[2], state_of(Outcome::failed));
    bench.commit({id, {{1, state_of(Outcome::delivered)}}}).value();
    EXPECT_FALSE(is_there(id));
}

TEST_F(Changes, LastRecipientMayGoInTheCommitThatBringsTheNext)
{
    const auto id = bench.store(a_message("redirected")).value();
    Commit change{id, {{0, state_of(Outcome::delivered)}}};
    change.added = {{{"elsewhere@example.net"}}};
    bench.commit(change).value();
    EXPECT_TRUE(is_there(id));
    EXPECT_EQ(after_crash(id).states.size(), 2u);
}

TEST_F(Changes, AmendmentChangesWhatItNamesAndNothingElse)
{
    const auto id = bench.store(a_message("text", 2)).value();
    Commit change{id};
    change.amendment.hold = Hold{WallTime::max(), "by rule 7"};
    change.amendment.routes = {{1, "mx.example.com:26"}, {9, "of.nobody.example"}};
    bench.commit(change).value();
    Commit second{id};
    second.amendment.sender = "";
    second.amendment.priority = Priority::non_urgent;
    second.amendment.expires_at = noon;
    bench.commit(second).value();
    auto found = after_crash(id);
    auto wanted = a_message("", 2).envelope;
    wanted.sender = "";
    wanted.priority = Priority::non_urgent;
    wanted.expires_at = noon;
    wanted.held_until = WallTime::max();
    wanted.hold_reason = "by rule 7";
    wanted.recipients[1].route = "mx.example.com:26";
    EXPECT_EQ(found.envelope, wanted);

    Commit release{id};
    release.amendment.hold = Hold{};
    release.amendment.routes = {{1, ""}};
    bench.commit(release).value();
    found = after_crash(id);
    EXPECT_EQ(found.envelope.held_until, WallTime{});
    EXPECT_EQ(found.envelope.hold_reason, "");
    EXPECT_EQ(found.envelope.recipients[1].route, "");
}

TEST_F(Changes, RouteOfARecipientWhoComesLaterIsNotHis)
{
    const auto id = bench.store(a_message("text")).value();
    Commit change{id};
    change.amendment.routes = {{1, "mx.example.com"}};
    bench.commit(change).value();
    Commit more{id};
    more.added = {{{"later@example.net"}}};
    bench.commit(more).value();
    EXPECT_EQ(after_crash(id).envelope.recipients.at(1).route, "");
}

TEST_F(Changes, EvidenceIsReplacedByKeyAndRemovedByAnEmptyText)
{
    const auto id = bench.store(a_message("text")).value();
    Commit change{id};
    change.evidence = {{"why", "first"}, {"who", "an administrator"}, {"gone", "soon"}};
    bench.commit(change).value();
    change.evidence = {{"why", "second"}, {"gone", ""}};
    bench.commit(change).value();
    EXPECT_EQ(after_crash(id).evidence,
              (std::vector<Evidence>{{"who", "an administrator"}, {"why", "second"}}));
}

TEST_F(Changes, DoneEndsTheMessageWhateverItsRecipientsAre)
{
    const auto id = bench.store(a_message("text", 3)).value();
    const auto other = bench.store(a_message("other")).value();
    Commit change{id};
    change.done = true;
    bench.commit(change).value();
    EXPECT_FALSE(is_there(id));
    (void)after_crash(other);
    EXPECT_FALSE(is_there(id));
}

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

TEST_F(Changes, CommitOfNothingIsNoEndOfTheLog)
{
    const auto id = bench.store(a_message("text")).value();
    EXPECT_TRUE(bench.commit(Commit{id}));
    const auto next = bench.store(a_message("next")).value();
    EXPECT_EQ(after_crash(next).id, next);
    EXPECT_TRUE(is_there(id));
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
    const auto before = bench.disk.calls();
    one_of(bench.spool->commit_all(changes)).value();
    EXPECT_LE(bench.disk.calls() - before, 10u) << "one write, one sync, and a new segment";
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
