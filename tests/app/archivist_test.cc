#include "app/service/archivist.h"

#include "event/sinks.h"
#include "kit/coroutine.h"
#include "kit/memory_spool.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <list>

namespace imc::app {
namespace {

namespace net = boost::asio;
using queue::Delivery;
using tracking::Archived;

/// Takes some recipients, and counts how often it was asked.
struct Host final : queue::Couriers {
    std::vector<queue::DeliveryResult> results;
    int asked = 0;

    class Line final : public queue::Courier {
    public:
        explicit Line(Host& host) : host_{host} {}
        net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job&) override
        {
            ++host_.asked;
            co_return host_.results;
        }
        bool reusable() const override { return false; }
        net::awaitable<void> close() override { co_return; }

    private:
        Host& host_;
    };
    std::unique_ptr<queue::Courier> hire(const queue::Place&) override
    {
        return std::make_unique<Line>(*this);
    }
};

struct Archivist : testing::Test {
    std::filesystem::path base;
    std::shared_ptr<Ring> ring = std::make_shared<Ring>();
    EventLog events;
    std::unique_ptr<tracking::Archive> archive;
    std::list<net::io_context> contexts;  // the pool lets go of one when it has given back the work
    net::thread_pool disk{1};
    config::Config config;
    spool::Envelope envelope;
    spool::Body body{std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n")};
    Host host;

    Archivist()
    {
        char name[] = "/tmp/imc-archivist-XXXXXX";
        base = ::mkdtemp(name);
        events.add(ring_sink(ring));
        archive = std::make_unique<tracking::Archive>(base.string(), real_files(), events);
        config.local_domains = {"contoso.example"};
        envelope.sender = "alice@contoso.example";
        envelope.recipients = {{"bob@example.net"}, {"carol@example.net"}};
        envelope.account = "alice";
        host.results = {{Delivery::delivered, "2.0.0", "250 ok", "mx.example.net[192.0.2.1]:25"},
                        {Delivery::failed, "5.1.1", "550 no", "mx.example.net[192.0.2.1]:25"}};
        host.results[0].remote_id = "4711";
    }
    ~Archivist() override
    {
        disk.join();
        archive.reset();
        std::error_code ignored;
        std::filesystem::remove_all(base, ignored);
    }
    Archivist(const Archivist&) = delete;
    Archivist& operator=(const Archivist&) = delete;

    spool::NewMessage for_dave() const
    {
        spool::NewMessage out;
        out.envelope = envelope;
        out.envelope.recipients = {{"dave@contoso.example"}};
        out.body = body;
        return out;
    }
    std::vector<queue::DeliveryResult> deliver(transfer::NextHop hop)
    {
        ArchivingCouriers couriers{host, *archive, disk};
        queue::Place place;
        place.route.hop = std::move(hop);
        const auto courier = couriers.hire(place);
        const queue::Job job{
            spool::MessageId{7}, &envelope, body, {0, 1}, {"bob@example.net", "carol@example.net"}};
        return kit::run(contexts.emplace_back(), courier->deliver(job));
    }
    std::vector<Archived> copies()
    {
        std::vector<Archived> out;
        EXPECT_TRUE(tracking::list_archived(real_files(), base.string(), [&](const Archived& a) {
            return out.push_back(a), true;
        }));
        return out;
    }
};

TEST_F(Archivist, WhatAHostHasTakenIsCopiedForThoseItTook)
{
    archive->set({false, true, 0, 0, false});
    EXPECT_EQ(deliver(transfer::ToMx{"example.net"}).size(), 2U);
    const auto kept = copies();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].direction, tracking::Direction::out);
    EXPECT_EQ(kept[0].recipients, std::vector<std::string>{"bob@example.net"});
    EXPECT_EQ(kept[0].peer, "mx.example.net[192.0.2.1]:25");
    EXPECT_EQ(kept[0].remote_id, "4711");
    EXPECT_EQ(kept[0].account, "alice");
}

TEST_F(Archivist, WhatNobodyTookAndWhatStaysHereIsNotCopied)
{
    archive->set({false, true, 0, 0, false});
    (void)deliver(transfer::ToMaildir{"/m"});
    host.results[0].delivery = Delivery::deferred;
    (void)deliver(transfer::ToMx{"example.net"});
    EXPECT_TRUE(copies().empty());
    EXPECT_EQ(host.asked, 2);
}

TEST_F(Archivist, WhatCannotBeCopiedIsNotSentWhenMailIsToStop)
{
    // No disk has so much free.
    archive->set({false, true, 0, 1ULL << 62, true});
    const auto results = deliver(transfer::ToMx{"example.net"});
    EXPECT_EQ(host.asked, 0) << "what is sent cannot be taken back";
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[1].delivery, Delivery::deferred);
    EXPECT_EQ(results[1].status, "4.3.1");

    archive->set({false, true, 0, 1ULL << 62, false});
    EXPECT_EQ(deliver(transfer::ToMx{"example.net"})[0].delivery, Delivery::delivered);
    EXPECT_TRUE(copies().empty());
}

TEST_F(Archivist, InboundIsWhatIsForUs)
{
    archive->set({true, false, 0, 0, false});
    const auto none = keep_inbound(*archive, config, spool::MessageId{7}, envelope, body);
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->name.empty()) << "both are elsewhere";
    envelope.recipients.push_back({"dave@CONTOSO.example"});
    const auto kept = keep_inbound(*archive, config, spool::MessageId{7}, envelope, body);
    ASSERT_TRUE(kept);
    EXPECT_FALSE(kept->name.empty());
    ASSERT_EQ(copies().size(), 1U);
    EXPECT_EQ(copies()[0].recipients.size(), 3U);

    archive->set({false, true, 0, 0, false});
    EXPECT_TRUE(keep_inbound(*archive, config, spool::MessageId{8}, envelope, body)->name.empty());
}

struct ComesBack : Archivist {
    kit::MemorySpool spool;
    InboundCopies returned{*archive,
                           [this] { return std::make_shared<const config::Config>(config); }};
    ComesBack()
    {
        archive->set({true, true, 0, 0, false});
        returned.use(spool);
    }
    static std::string copy_of(const spool::NewMessage& message)
    {
        for (const auto& evidence : message.evidence)
            if (evidence.key == queue::archived_evidence) return evidence.text;
        return {};
    }
};

TEST_F(ComesBack, IsCopiedUnderTheIdThatItGets)
{
    auto message = for_dave();
    ASSERT_TRUE(returned.keep(message, std::nullopt));
    ASSERT_NE(message.id.number, 0U);
    ASSERT_EQ(copies().size(), 1U);
    EXPECT_EQ(copies()[0].id, message.id.to_string());
    EXPECT_EQ(copies()[0].name, copy_of(message));
    EXPECT_EQ(copies()[0].direction, tracking::Direction::in);
}

TEST_F(ComesBack, WithACopyGetsNoOther)
{
    const auto first = for_dave();
    const spool::MessageId was{4711};
    ASSERT_TRUE(keep_inbound(*archive, config, was, first.envelope, body));
    const auto known = copies()[0].name;

    auto again = for_dave();
    ASSERT_TRUE(returned.keep(again, queue::CopyKeeper::Before{was, wall_clock().now()}));
    EXPECT_EQ(copies().size(), 1U);
    EXPECT_EQ(copy_of(again), known);
    // Its id was never archived; its evidence says so all the same.
    ASSERT_TRUE(returned.keep(again, queue::CopyKeeper::Before{spool::MessageId{4712}, {}}));
    EXPECT_EQ(copies().size(), 1U);
    EXPECT_EQ(again.evidence.size(), 1U);

    auto another = for_dave();
    ASSERT_TRUE(returned.keep(
        another, queue::CopyKeeper::Before{spool::MessageId{4713}, wall_clock().now()}));
    EXPECT_EQ(copies().size(), 2U);
}

TEST_F(ComesBack, ForOthersHasNoInboundCopy)
{
    auto message = for_dave();
    message.envelope.recipients = {{"bob@example.net"}};
    ASSERT_TRUE(returned.keep(message, std::nullopt));
    EXPECT_TRUE(copies().empty());
    EXPECT_EQ(copy_of(message), "");
}

TEST_F(ComesBack, IsNotTakenWhereMailStopsWithoutCopies)
{
    archive->set({true, false, 0, 1ULL << 62, true});
    auto message = for_dave();
    const auto kept = returned.keep(message, std::nullopt);
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().event(), EventId::archive_full);
    returned.keep_report(message);  // what we have to say is said
    EXPECT_EQ(copy_of(message), "");
}

TEST_F(ComesBack, NotAfterAllLeavesNoCopyButTheOneItHadBefore)
{
    const auto first = for_dave();
    const spool::MessageId was{4711};
    ASSERT_TRUE(keep_inbound(*archive, config, was, first.envelope, body));
    auto again = for_dave();
    ASSERT_TRUE(returned.keep(again, queue::CopyKeeper::Before{was, wall_clock().now()}));
    returned.discard(again);
    EXPECT_EQ(copies().size(), 1U);
    auto fresh = for_dave();
    ASSERT_TRUE(returned.keep(fresh, std::nullopt));
    returned.discard(fresh);
    EXPECT_EQ(copies().size(), 1U);
}

TEST_F(Archivist, TermsAreTheConfigurations)
{
    config.archival.inbound = true;
    config.archival.stops_mail = true;
    config.archival.quota_octets = 5;
    config.low_water_octets = 6;
    const auto terms = archive_terms(config);
    EXPECT_TRUE(terms.inbound && terms.stops_mail);
    EXPECT_FALSE(terms.outbound);
    EXPECT_EQ(terms.quota_octets, 5U);
    EXPECT_EQ(terms.low_water_octets, 6U + (256U << 20U))
        << "mail goes on when the archive is full";
}

}  // namespace
}  // namespace imc::app
