/// Yesterday's facts stay with the message, and a new decision is kept beside them.
#include "queue/decisions.h"

#include "config/parse.h"
#include "queue/restarted.h"

#include <algorithm>

namespace imc::queue {
namespace {

class Decisions : public Restarted<SchedulerWorld> {
protected:
    Decisions()
    {
        for (const char* name : {"first", "second"}) {
            config::SiteConnector one;
            one.name = name;
            one.hosts = {{std::string{name} + ".contoso.example", 25}};
            one.spaces = {*config::parse_address_space("SMTP:*;1;organization")};
            config_.connectors.push_back(std::move(one));
        }
        config_.connectors[1].mode = config::TransferMode::inbound;
        internet_.answer = [](const std::string&) { return deferred; };
        restart();
    }
    /// @param way_alone  is what the queue is told of it
    void mail_with(const std::string& to, const std::string& line, bool way_alone = false)
    {
        spool::NewMessage message;
        message.envelope = envelope({to});
        message.body = std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n");
        message.evidence = {{decision_key(0), line}};
        auto copy = message;
        const auto id = *kit::run(io_, kept_->store(std::move(message)));
        const std::vector<std::uint16_t> ways{transfer::way_of_line(line)};
        if (way_alone)
            queue_->add(id, std::move(copy.envelope), std::move(copy.body), ways);
        else
            queue_->add(id, std::move(copy.envelope), std::move(copy.body), copy.evidence);
        settle_down();
    }
    std::string decided(const std::string& address)
    {
        auto rows = queue_->list({.recipient = address});
        if (rows.size() != 1) return "no row";
        queue_->add_decisions(rows.front());
        return rows.front().recipients.front().decided;
    }
    std::string on_disk()
    {
        const auto rows = queue_->list({.all = true});
        for (const auto& each : kept_->evidence(rows.front().id).value())
            if (each.key == decision_key(0)) return each.text;
        return {};
    }
    void second_instead_of_first()
    {
        config_.connectors[0].mode = config::TransferMode::inbound;
        config_.connectors[1].mode = config::TransferMode::both;
        reconfigure();
        settle_down();
    }

    const std::string yesterday =
        "gen=7;other=example.net;connector=first;to=connector:[first.contoso.example]:25";
};

TEST_F(Decisions, WhoseWayIsTheSameStandThoughTheQueueKnowsNoMoreOfThem)
{
    mail_with("x@example.net", yesterday, true);
    EXPECT_EQ(decided("x@example.net"), yesterday);
}

TEST_F(Decisions, WhatWasDecidedAtRcptIsToldAsItWasThen)
{
    mail_with("x@example.net", yesterday);
    EXPECT_EQ(decided("x@example.net"), yesterday) << "and not as of today, which has no gen=7";
    restart();
    EXPECT_EQ(decided("x@example.net"), yesterday);
}

TEST_F(Decisions, OtherWayIsDecidedAnewAndKeptWithTheNextResult)
{
    mail_with("x@example.net", yesterday);
    second_instead_of_first();
    pass(2000s);
    const auto now = decided("x@example.net");
    EXPECT_TRUE(now.starts_with("at=20")) << now;
    EXPECT_TRUE(now.ends_with(";to=connector:[second.contoso.example]:25")) << now;
    EXPECT_EQ(on_disk(), now);
    restart();
    EXPECT_EQ(decided("x@example.net"), now);
    pass(4000s);
    EXPECT_EQ(decided("x@example.net"), now) << "the same way is no new decision";
}

TEST_F(Decisions, OfWhomNobodyWasAskedTheQueuesOwnDecisionIsKept)
{
    mail({"x@example.net"});
    settle_down();
    const auto now = decided("x@example.net");
    EXPECT_TRUE(now.ends_with(";to=connector:[first.contoso.example]:25")) << now;
    EXPECT_EQ(on_disk(), now) << "with the result of the attempt";
}

// The spool has them in memory; of a million messages that would be too much.
TEST_F(Decisions, WhatIsDecidedLaterIsKeptUpToABound)
{
    later_decisions_ = 0;
    restart();
    mail_with("x@example.net", yesterday);
    second_instead_of_first();
    pass(2000s);
    EXPECT_EQ(on_disk(), yesterday);
    EXPECT_EQ(decided("x@example.net"), yesterday) << "which says of which configuration it is";
}

TEST_F(Decisions, MessageThatHasEndedMakesRoomForOthers)
{
    later_decisions_ = 1;
    restart();
    mail({"x@example.net"});
    settle_down();
    EXPECT_NE(on_disk(), "");
    internet_.answer = [](const std::string&) { return delivered; };
    pass(2000s);
    ASSERT_EQ(queue_->counts().recipients, 0U);
    internet_.answer = [](const std::string&) { return deferred; };
    mail({"z@example.net"});
    settle_down();
    EXPECT_NE(on_disk(), "");
}

TEST_F(Decisions, MessageHasThoseOfItsFirstTwentyRecipients)
{
    std::vector<std::string> many;
    for (int i = 0; i < 30; ++i)
        many.push_back("x" + std::to_string(i) + "@example.net");
    mail(many);
    settle_down();
    EXPECT_NE(decided("x19@example.net"), "");
    EXPECT_EQ(decided("x20@example.net"), "");
}

TEST(DecidedAnew, HoldsNoMoreThanItMay)
{
    DecidedAnew some{1000};
    for (std::uint64_t i = 0; i < 100; ++i)
        some.note(spool::MessageId{i + 1}, 0, std::string(100, 'x'));
    EXPECT_LE(some.octets(), 1000u);
    EXPECT_EQ(some.take(spool::MessageId{1}).size(), 1u);
    EXPECT_EQ(some.find(spool::MessageId{100}), nullptr);
    for (std::uint64_t i = 0; i < 100; ++i)
        (void)some.take(spool::MessageId{i + 1});
    EXPECT_EQ(some.octets(), 0u);
}

TEST(DecidedAnew, NewestLineOfARecipientCounts)
{
    DecidedAnew some;
    some.note(spool::MessageId{1}, 3, "old");
    some.note(spool::MessageId{1}, 3, "newest");
    some.note(spool::MessageId{1}, decisions_kept, "one too many");
    EXPECT_EQ(some.take(spool::MessageId{1}), (std::vector<spool::Evidence>{{"why.03", "newest"}}));
    EXPECT_EQ(some.octets(), 0u);
    EXPECT_EQ(recipient_of_decision("why.03"), 3u);
    EXPECT_FALSE(recipient_of_decision("why.20"));
    EXPECT_FALSE(recipient_of_decision("terms.1"));
}

}  // namespace
}  // namespace imc::queue
