#include "app/service/tracker.h"

#include "tracking/kit.h"
#include "tracking/search.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;
using spool::Outcome;
using tracking::What;

const auto noon = tracking::at(std::chrono::year{2026} / 11 / 25, 12h);

struct Tracking : testing::Test {
    tracking::Bench bench;
    tracking::SetClock clock{noon};
    spool::Envelope envelope;
    queue::Seen seen{spool::MessageId{7}, envelope, 40};
    std::unique_ptr<Tracker> tracker;

    Tracking()
    {
        auto settings = tracking_settings(bench.folder, 30);
        settings.gather = 1ms;
        tracker = std::make_unique<Tracker>(settings, bench.disk, bench.events, clock);
        tracker->set_gateway("mail.contoso.example");
        envelope.sender = "ann@example.net";
        envelope.recipients = {{"bob@contoso.example"}, {"carol@example.org"}};
        envelope.arrived_at = noon;
        envelope.peer = "[192.0.2.1]:4711";
        envelope.priority = spool::Priority::urgent;
    }

    std::vector<tracking::Record> story()
    {
        tracker.reset();
        tracking::StoryFilter all;
        auto found = tracking::find_stories(bench.disk, bench.folder, all);
        EXPECT_TRUE(found);
        return std::move(found->records);
    }
    static spool::RecipientState ended(Outcome outcome)
    {
        spool::RecipientState state;
        state.outcome = outcome;
        state.last_status = "2.0.0";
        return state;
    }
};

TEST_F(Tracking, ReceivedMessageHasARecordPerRecipientWithAllThatIsKnown)
{
    smtp::SessionFacts facts;
    facts.helo = "mx1.example.net";
    facts.account = "ann";
    tracker->received(seen, "<x@y>", facts);

    const auto records = story();
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].what, What::received);
    EXPECT_EQ(records[0].recipient, "bob@contoso.example");
    EXPECT_EQ(records[1].recipient, "carol@example.org");
    EXPECT_EQ(records[1].message_id, "<x@y>");
    EXPECT_EQ(records[1].partner, "[192.0.2.1]:4711");
    EXPECT_EQ(records[1].helo, "mx1.example.net");
    EXPECT_EQ(records[1].account, "ann");
    EXPECT_EQ(records[1].gateway, "mail.contoso.example");
    EXPECT_EQ(records[1].priority, 1);
    EXPECT_EQ(records[1].recipients, 2U);
}

TEST_F(Tracking, ByWhichFactsARecipientWasAcceptedStandsInItsRecord)
{
    std::vector<smtp::Recipient> accepted{{"bob@contoso.example"}, {"carol@example.org"}};
    accepted[1].decided = "gen=3;other=example.org;to=mx:example.org";
    tracker->received(seen, "<x@y>", {}, accepted);
    const std::vector<queue::DecidedNow> anew{{0, 17, false, "gen=4;to=maildir:bob"}};
    const std::vector<std::uint32_t> both{0, 1};
    tracker->queued({seen.id, envelope, 40, anew}, both, {transfer::ToMx{}, "mx:x", "", ""});
    tracker->decided(seen, 1, "gen=5;to=mx:example.com");

    const auto records = story();
    ASSERT_EQ(records.size(), 5U);
    EXPECT_EQ(records[0].text, "");
    EXPECT_EQ(records[1].text, accepted[1].decided);
    EXPECT_EQ(records[2].text, anew[0].line);
    EXPECT_EQ(records[3].text, "");
    EXPECT_EQ(records[4].what, What::decided);
    EXPECT_EQ(records[4].text, "gen=5;to=mx:example.com");
}

TEST_F(Tracking, WhatBecameOfARecipientHasTheHistoricNumber)
{
    const queue::DeliveryResult stored{queue::Delivery::delivered, "2.0.0", "stored", ""};
    const queue::DeliveryResult sent{queue::Delivery::delivered,
                                     "2.0.0",
                                     "250 queued as 4X",
                                     "mx.example.org[192.0.2.7]:25",
                                     false,
                                     "TLSv1.3",
                                     "4X"};
    const queue::DeliveryResult later{queue::Delivery::deferred, "4.2.1", "450 later", "mx"};
    tracker->settled(seen, 0, ended(Outcome::delivered), stored, "maildir:bob");
    clock.advance(90s);
    tracker->settled(seen, 1, ended(Outcome::waiting), later, "mx:example.org");
    tracker->settled(seen, 1, ended(Outcome::delivered), sent, "mx:example.org");

    const auto records = story();
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[0].what, What::transferred_to_store);
    EXPECT_EQ(records[0].delivered, true);
    EXPECT_EQ(records[1].what, What::deferred);
    EXPECT_EQ(records[1].text, "450 later");
    EXPECT_EQ(records[1].delivered, false);
    EXPECT_EQ(records[2].what, What::transferred_outbound);
    EXPECT_EQ(records[2].remote_id, "4X");
    EXPECT_EQ(records[2].seconds, 90U);
}

TEST_F(Tracking, FailureNamesItsReportOrSaysThatThereIsNone)
{
    const queue::DeliveryResult never{queue::Delivery::failed, "5.1.1", "550 no", "mx"};
    tracker->settled(seen, 1, ended(Outcome::failed), never, "mx:example.org");
    tracker->reported(seen, 1, spool::MessageId{8});
    tracker->reported(seen, 0, std::nullopt);

    const auto records = story();
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[0].what, What::failed);
    EXPECT_EQ(records[1].what, What::report_made);
    EXPECT_EQ(records[1].report_id, spool::MessageId{8}.to_string());
    EXPECT_EQ(records[2].what, What::report_absorbed);
}

// autoforward-disabled-silent (Q289854): what policy keeps in looked as if it had been transferred.
TEST_F(Tracking, AutomaticMailThatPolicyKeepsInHasANumberOfItsOwn)
{
    queue::DeliveryResult kept{queue::Delivery::failed, "5.7.1", "automatic forward not sent", ""};
    kept.suppressed = mail::Automatic::forward;
    tracker->settled(seen, 1, ended(Outcome::failed), kept, "mx:example.org");
    const auto records = story();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].what, What::suppressed);
    EXPECT_EQ(records[0].text, "automatic forward not sent");
}

TEST_F(Tracking, ReportsHaveNumbersOfTheirOwn)
{
    envelope.sender.clear();
    const queue::DeliveryResult sent{queue::Delivery::delivered, "2.0.0", "250 ok", "mx"};
    tracker->received(seen, "", {});
    tracker->settled(seen, 1, ended(Outcome::delivered), sent, "mx:example.org");
    tracker->removed(seen, 0);

    const auto records = story();
    ASSERT_EQ(records.size(), 4U);
    EXPECT_EQ(records[0].what, What::report_received);
    EXPECT_EQ(records[2].what, What::report_transferred);
    EXPECT_EQ(records[3].what, What::removed);
}

}  // namespace
}  // namespace imc::app
