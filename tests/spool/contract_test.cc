/// What every engine promises; spool.h.
#include "spool/kit.h"
#include "spool/memory_spool.h"

#include <gtest/gtest.h>

namespace imc::spool {
namespace {

constexpr WallTime noon{std::chrono::milliseconds{1'764'158'400'000}};

/// An engine, and what of it outlives a restart.
class Engine {
public:
    virtual ~Engine() = default;
    virtual void restart() = 0;
    virtual Spool& spool() = 0;
};

class Log final : public Engine {
public:
    Log() { bench_.open().value(); }
    void restart() override
    {
        bench_.crash(1);
        bench_.open().value();
    }
    Spool& spool() override { return *bench_.spool; }

private:
    Bench bench_{16 << 10};
};

class Memory final : public Engine {
public:
    void restart() override
    {
        spool_.reset();
        spool_ = open_memory_spool(store_).value();
    }
    Spool& spool() override { return *spool_; }

private:
    std::shared_ptr<MemoryStore> store_ = make_memory_store();
    std::unique_ptr<Spool> spool_ = open_memory_spool(store_).value();
};

struct SpoolContract : testing::TestWithParam<std::string> {
    SpoolContract()
    {
        if (GetParam() == "Log")
            engine = std::make_unique<Log>();
        else
            engine = std::make_unique<Memory>();
    }
    Spool& spool() { return engine->spool(); }
    Result<MessageId> store(NewMessage message)
    {
        return one_of(spool().store(std::move(message)));
    }
    Result<std::vector<MessageId>> commit(Commit change)
    {
        return one_of(spool().commit(std::move(change)));
    }
    Recovered after_restart(MessageId id)
    {
        engine->restart();
        for (auto& message : spool().recover())
            if (message.id == id) return std::move(message);
        ADD_FAILURE() << "the message is not there";
        return {};
    }
    bool is_there(MessageId id) { return spool().body(id).has_value(); }

    std::unique_ptr<Engine> engine;
};

TEST_P(SpoolContract, StoredMessageComesBackAsItWas)
{
    auto message = a_message("Received: x\r\n", 2);
    message.envelope.recipients[1].original = "rfc822;b@example.net";
    message.envelope.recipients[1].route = "mx.example.com:26";
    message.envelope.envid = "QQ314159";
    message.envelope.priority = Priority::urgent;
    message.envelope.held_until = noon;
    message.envelope.hold_reason = "the sender asked";
    const auto id = store(message).value();
    EXPECT_EQ(spool().health().live_messages, 1u);
    const auto found = after_restart(id);
    EXPECT_EQ(found.envelope, message.envelope);
    EXPECT_EQ(found.states, std::vector<RecipientState>(2));
    EXPECT_EQ(found.body_octets, message.body.size());
    EXPECT_EQ(whole(spool().body(id).value()), whole(message.body));
    EXPECT_EQ(spool().health().live_messages, 1u);
}

TEST_P(SpoolContract, EvidenceThatComesWithAMessageIsThereFromItsFirstMoment)
{
    auto message = a_message(std::string(3000, 'x'), 3);
    message.evidence = {{"terms.0", "held=1 text="}, {"terms.2", "text=why"}};
    const auto kept = message;
    const auto id = store(std::move(message)).value();
    auto found = after_restart(id);
    EXPECT_EQ(found.envelope, kept.envelope);
    EXPECT_EQ(found.evidence, kept.evidence);
    EXPECT_EQ(found.states, std::vector<RecipientState>(3));
    EXPECT_EQ(whole(spool().body(id).value()), whole(kept.body));
    for (int i = 0; i < 40; ++i)  // copied forward
        commit(done(store(a_message(std::string(3000, 'y'))).value())).value();
    Commit news{id};
    news.results.push_back({1, state_of(Outcome::delivered)});
    news.evidence = {{"terms.0", ""}};
    commit(std::move(news)).value();
    found = after_restart(id);
    EXPECT_EQ(found.evidence, (std::vector<Evidence>{{"terms.2", "text=why"}}));
    EXPECT_EQ(found.states[1].outcome, Outcome::delivered);
    EXPECT_EQ(found.states[0].outcome, Outcome::waiting);
}

TEST_P(SpoolContract, EvidenceIsToldToWhoAsksAsItIsNow)
{
    auto message = a_message(std::string(3000, 'x'), 2);
    message.evidence = {{"why.00", "first"}, {"why.01", "other"}};
    const auto id = store(std::move(message)).value();
    const std::vector<Evidence> before{{"why.00", "first"}, {"why.01", "other"}};
    EXPECT_EQ(spool().evidence(id).value(), before);
    Commit news{id};
    news.evidence = {{"why.00", "second"}};
    commit(std::move(news)).value();
    const std::vector<Evidence> after{{"why.00", "second"}, {"why.01", "other"}};
    EXPECT_EQ(spool().evidence(id).value(), after);
    for (int i = 0; i < 40; ++i)  // copied forward
        commit(done(store(a_message(std::string(3000, 'y'))).value())).value();
    EXPECT_EQ(spool().evidence(id).value(), after);
    (void)after_restart(id);
    EXPECT_EQ(spool().evidence(id).value(), after);
    commit(done(id, 2)).value();
    EXPECT_EQ(spool().evidence(id).error().event(), EventId::spool_no_such_message);
}

TEST_P(SpoolContract, IdsGrowAndOneThatWasAskedForIsUsed)
{
    const auto first = store(a_message("1")).value();
    const auto asked = spool().new_id();
    const auto second = store(a_message("2")).value();
    auto message = a_message("3");
    message.id = asked;
    EXPECT_EQ(store(message).value(), asked);
    EXPECT_LT(first, asked);
    EXPECT_LT(asked, second);
    commit(done(second)).value();
    engine->restart();
    EXPECT_LT(second, store(a_message("4")).value());
}

TEST_P(SpoolContract, TextIsWrittenPieceByPieceAndReadBack)
{
    std::string text = "Subject: large\r\n\r\n";
    while (text.size() < 3 * large_octets)
        text += "a line that is not short\r\n";
    auto message = a_message(text);
    ASSERT_TRUE(keep_rest_on_disk(spool(), message));
    const auto id = store(std::move(message)).value();
    EXPECT_EQ(after_restart(id).body_octets, text.size());
    EXPECT_EQ(whole(spool().body(id).value()), text);
}

TEST_P(SpoolContract, TextThatIsNotFinishedIsNotStored)
{
    auto message = a_message("trace");
    message.rest = spool().begin_text().value();
    message.rest->append("x").value();
    EXPECT_FALSE(store(std::move(message)));
}

TEST_P(SpoolContract, WhatAChangeCausesIsStoredWithIt)
{
    const auto id = store(a_message("text")).value();
    Commit change{id, {{0, state_of(Outcome::failed)}}, {a_message("report"), a_message("copy")}};
    const auto ids = commit(change).value();
    ASSERT_EQ(ids.size(), 2u);
    EXPECT_FALSE(is_there(id));
    EXPECT_EQ(after_restart(ids[1]).body_octets, 4u);
    EXPECT_EQ(whole(spool().body(ids[0]).value()), "report");
}

TEST_P(SpoolContract, ManyChangesMayConcernOneMessage)
{
    const auto id = store(a_message("text")).value();
    const auto other = store(a_message("other")).value();
    std::vector<Commit> changes{{id}, {other}, {id}};
    changes[0].added = {{{"ann@example.net"}}};
    changes[1].caused = {a_message("of other")};
    changes[2].results = {{1, state_of(Outcome::delivered)}};
    const auto ids = one_of(spool().commit_all(changes)).value();
    EXPECT_EQ(whole(spool().body(ids.at(0)).value()), "of other");
    EXPECT_EQ(after_restart(id).states.at(1), state_of(Outcome::delivered));
}

TEST_P(SpoolContract, ResultForNobodyChangesNothing)
{
    const auto id = store(a_message("text")).value();
    commit({id, {{7, state_of(Outcome::delivered)}}}).value();
    EXPECT_TRUE(is_there(id));
    EXPECT_EQ(after_restart(id).states, std::vector<RecipientState>(1));
}

TEST_P(SpoolContract, ChangeOfAMessageThatIsGoneBringsNothingBack)
{
    const auto id = store(a_message("text")).value();
    commit(done(id)).value();
    Commit late{id};
    late.added = {{{"ann@example.net"}}};
    late.evidence = {{"why", "late"}};
    EXPECT_TRUE(commit(late));
    EXPECT_FALSE(is_there(id));
    engine->restart();
    EXPECT_TRUE(spool().recover().empty());
}

TEST_P(SpoolContract, ClosedSpoolSaysSo)
{
    const auto id = store(a_message("text")).value();
    spool().close();
    EXPECT_EQ(store(a_message("late")).error().event(), EventId::spool_write_failed);
    EXPECT_EQ(commit(done(id)).error().event(), EventId::spool_write_failed);
}

TEST_P(SpoolContract, RecipientsAddedContinueTheIndicesAndMayHaveAResultAtOnce)
{
    const auto id = store(a_message("to a list")).value();
    Commit change{id, {{0, state_of(Outcome::delivered)}, {2, state_of(Outcome::failed)}}};
    change.added = {{{"ann@example.net"}}, {{"bob@example.net", "rfc822;list@example.org", 4}}};
    change.added[0].state = state_of(Outcome::waiting, "451 later");
    commit(change).value();
    const auto found = after_restart(id);
    ASSERT_EQ(found.envelope.recipients.size(), 3u);
    EXPECT_EQ(found.envelope.recipients[2], change.added[1].recipient);
    EXPECT_EQ(found.states[0], state_of(Outcome::delivered));
    EXPECT_EQ(found.states[1], state_of(Outcome::waiting, "451 later"));
    EXPECT_EQ(found.states[2], state_of(Outcome::failed));
    commit({id, {{1, state_of(Outcome::delivered)}}}).value();
    EXPECT_FALSE(is_there(id));
}

TEST_P(SpoolContract, LastRecipientMayGoInTheCommitThatBringsTheNext)
{
    const auto id = store(a_message("redirected")).value();
    Commit change{id, {{0, state_of(Outcome::delivered)}}};
    change.added = {{{"elsewhere@example.net"}}};
    commit(change).value();
    EXPECT_TRUE(is_there(id));
    EXPECT_EQ(after_restart(id).states.size(), 2u);
}

TEST_P(SpoolContract, AmendmentChangesWhatItNamesAndNothingElse)
{
    const auto id = store(a_message("text", 2)).value();
    Commit change{id};
    change.amendment.hold = Hold{WallTime::max(), "by rule 7"};
    change.amendment.routes = {{1, "mx.example.com:26"}, {9, "of.nobody.example"}};
    commit(change).value();
    Commit second{id};
    second.amendment.sender = "";
    second.amendment.priority = Priority::non_urgent;
    second.amendment.expires_at = noon;
    commit(second).value();
    auto found = after_restart(id);
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
    commit(release).value();
    found = after_restart(id);
    EXPECT_EQ(found.envelope.held_until, WallTime{});
    EXPECT_EQ(found.envelope.hold_reason, "");
    EXPECT_EQ(found.envelope.recipients[1].route, "");
}

TEST_P(SpoolContract, RouteOfARecipientWhoComesLaterIsNotHis)
{
    const auto id = store(a_message("text")).value();
    Commit change{id};
    change.amendment.routes = {{1, "mx.example.com"}};
    commit(change).value();
    Commit more{id};
    more.added = {{{"later@example.net"}}};
    commit(more).value();
    EXPECT_EQ(after_restart(id).envelope.recipients.at(1).route, "");
}

TEST_P(SpoolContract, EvidenceIsReplacedByKeyAndRemovedByAnEmptyText)
{
    const auto id = store(a_message("text")).value();
    Commit change{id};
    change.evidence = {{"why", "first"}, {"who", "an administrator"}, {"gone", "soon"}};
    commit(change).value();
    change.evidence = {{"why", "second"}, {"gone", ""}};
    commit(change).value();
    EXPECT_EQ(after_restart(id).evidence,
              (std::vector<Evidence>{{"who", "an administrator"}, {"why", "second"}}));
}

TEST_P(SpoolContract, DoneEndsTheMessageWhateverItsRecipientsAre)
{
    const auto id = store(a_message("text", 3)).value();
    const auto other = store(a_message("other")).value();
    Commit change{id};
    change.done = true;
    commit(change).value();
    EXPECT_FALSE(is_there(id));
    (void)after_restart(other);
    EXPECT_FALSE(is_there(id));
}

TEST_P(SpoolContract, CommitOfNothingIsNoEndOfTheLog)
{
    const auto id = store(a_message("text")).value();
    EXPECT_TRUE(commit(Commit{id}));
    const auto next = store(a_message("next")).value();
    EXPECT_EQ(after_restart(next).id, next);
    EXPECT_TRUE(is_there(id));
}

INSTANTIATE_TEST_SUITE_P(Engines, SpoolContract, testing::Values("Log", "Memory"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace imc::spool
