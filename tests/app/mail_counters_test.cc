#include "app/service/mail_counters.h"

#include "event/sinks.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace imc::app {
namespace {

namespace net = boost::asio;
using queue::Delivery;

struct Told final : queue::Observer {
    int queued_routes = 0, settled_recipients = 0, reports = 0;
    void queued(const queue::Seen&, std::span<const std::uint32_t>, const transfer::Route&) override
    {
        ++queued_routes;
    }
    void settled(const queue::Seen&, std::uint32_t, const spool::RecipientState&,
                 const queue::DeliveryResult&, const std::string&) override
    {
        ++settled_recipients;
    }
    void reported(const queue::Seen&, std::uint32_t, std::optional<spool::MessageId>) override
    {
        ++reports;
    }
};

struct MailCounting : testing::Test {
    metrics::Registry metrics;
    Told told;
    std::shared_ptr<Ring> ring = std::make_shared<Ring>();
    EventLog events;
    std::shared_ptr<config::Config> config = std::make_shared<config::Config>();
    spool::Envelope envelope;
    queue::Seen seen{spool::MessageId{7}, envelope, 2048};

    MailCounting()
    {
        events.add(ring_sink(ring));
        config->local_domains = {"contoso.example"};
        envelope.recipients = {{"bob@Contoso.example"}, {"carol@example.org"}};
    }
};

TEST_F(MailCounting, AMessageTakenCountsOnceWithItsOctetsAndRecipients)
{
    const TakenCounters taken{metrics};
    taken.count(config->local_domains, seen);
    EXPECT_EQ(metrics.count("inbound_messages"), 1U);
    EXPECT_EQ(metrics.count("inbound_bytes"), 2048U);
    EXPECT_EQ(metrics.count("inbound_recipients"), 2U);
    EXPECT_EQ(metrics.count("outbound_accepted_messages"), 1U);

    envelope.recipients = {{"bob@contoso.example"}, {"postmaster"}};
    taken.count(config->local_domains, seen);
    EXPECT_EQ(metrics.count("outbound_accepted_messages"), 1U) << "none of these is elsewhere";
}

TEST_F(MailCounting, AWayToAStoreIsInboundAndOneToAHostOutbound)
{
    MailCounters counted{metrics, events, told, [this] { return config; }};
    const std::vector<std::uint32_t> first{0};
    counted.queued(seen, first, {transfer::ToMaildir{"/m"}, "maildir:bob", "bob", ""});
    counted.queued(seen, first, {transfer::ToMx{"example.org"}, "mx:example.org", "carol", ""});
    counted.queued(seen, first, {transfer::ToMx{"example.net"}, "mx:example.net", "carol", ""});
    EXPECT_EQ(metrics.count("inbound_routed_messages"), 1U);
    EXPECT_EQ(metrics.count("outbound_routed_messages"), 2U);
    EXPECT_TRUE(ring->records().empty()) << "nobody asked for diagnostics";
    events.set_levels({{"Addressing", 5}});
    counted.queued(seen, first, {transfer::ToMaildir{"/m"}, "maildir:bob", "bob", "a mailbox"});
    ASSERT_EQ(ring->records().size(), 1U);
    EXPECT_EQ(ring->records()[0].id, EventId::recipient_routed);
    EXPECT_EQ(told.queued_routes, 4) << "and the tracking log is told the same";
}

// counters-ndr-direction (Q153655)
TEST_F(MailCounting, AReportOfSeveralRecipientsIsOne)
{
    MailCounters counted{metrics, events, told, [this] { return config; }};
    counted.reported(seen, 1, spool::MessageId{8});
    counted.reported(seen, 1, spool::MessageId{8});
    counted.reported(seen, 0, spool::MessageId{9});
    counted.reported(seen, 0, std::nullopt);
    EXPECT_EQ(metrics.count("reports_on_outbound_mail"), 1U);
    EXPECT_EQ(metrics.count("reports_on_inbound_mail"), 1U);
    EXPECT_EQ(told.reports, 4);
}

TEST_F(MailCounting, LoopsAndConversionsThatFailedAreToldApart)
{
    MailCounters counted{metrics, events, told, [this] { return config; }};
    spool::RecipientState failed;
    failed.outcome = spool::Outcome::failed;
    failed.last_status = "5.4.6";
    counted.settled(seen, 0, failed, {Delivery::failed, "5.4.6", "in circles", ""}, "mx:a");
    failed.last_status = "5.6.3";
    counted.settled(seen, 0, failed, {Delivery::failed, "5.6.3", "it cannot be converted", ""},
                    "mx:a");
    counted.settled(seen, 0, failed, {Delivery::failed, "5.6.3", "554 5.6.3 says the host", ""},
                    "mx:a");
    EXPECT_EQ(metrics.count("loops_detected"), 1U);
    EXPECT_EQ(metrics.count("conversions_failed"), 1U);
    EXPECT_EQ(told.settled_recipients, 3);
}

class Scripted final : public queue::Couriers {
public:
    std::vector<queue::DeliveryResult> results;
    std::unique_ptr<queue::Courier> hire(const queue::Place&) override
    {
        class One final : public queue::Courier {
        public:
            explicit One(std::vector<queue::DeliveryResult> r) : results_{std::move(r)} {}
            net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job&) override
            {
                co_return results_;
            }
            bool reusable() const override { return false; }
            net::awaitable<void> close() override { co_return; }

        private:
            std::vector<queue::DeliveryResult> results_;
        };
        return std::make_unique<One>(results);
    }
};

net::awaitable<void> carry(queue::Courier& courier, const queue::Job& job)
{
    (void)co_await courier.deliver(job);
}

TEST_F(MailCounting, ATransactionIsOneMessageHoweverManyRecipientsItHas)
{
    Scripted scripted;
    scripted.results = {{Delivery::delivered, "2.0.0", "250", "h"},
                        {Delivery::delivered, "2.0.0", "250", "h"},
                        {Delivery::failed, "5.1.1", "550", "h"}};
    scripted.results[0].converted = true;
    events.set_levels({{"Content Conversion", 3}});
    CountedCouriers couriers{scripted, metrics, events};
    queue::Job job{spool::MessageId{7}, &envelope, {}, {0, 1, 2}, {"a@b", "c@b", "d@b"}};
    queue::Place place;
    place.route.hop = transfer::ToMx{"b"};
    const auto courier = couriers.hire(place);
    net::io_context io;
    net::co_spawn(io, carry(*courier, job), net::detached);
    io.run();
    EXPECT_EQ(metrics.count("outbound_messages"), 1U);
    EXPECT_EQ(metrics.count("outbound_recipients"), 2U);
    EXPECT_EQ(metrics.count("conversions_succeeded"), 1U);
    ASSERT_EQ(ring->records().size(), 1U);
    EXPECT_EQ(ring->records()[0].id, EventId::message_converted);
    EXPECT_EQ(metrics.count("stored_messages"), 0U);
}

}  // namespace
}  // namespace imc::app
