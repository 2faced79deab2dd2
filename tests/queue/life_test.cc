#include "queue/queue.h"

#include "kit/coroutine.h"
#include "kit/memory_spool.h"
#include "kit/nobody_here.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;
using spool::Outcome;

class StoppedClock final : public WallClock {
public:
    WallTime now() const override { return WallTime{std::chrono::milliseconds{1'700'000'000'000}}; }
};

/// Answers every recipient with what the test says.
struct Peer final : Couriers {
    std::function<DeliveryResult(const std::string&)> answer = [](const std::string&) {
        return DeliveryResult{Delivery::delivered, "2.0.0", "250 ok", "mx"};
    };
    std::vector<std::string> seen;

    class Carrier final : public Courier {
    public:
        explicit Carrier(Peer& peer) : peer_{peer} {}
        net::awaitable<std::vector<DeliveryResult>> deliver(const Job& job) override
        {
            std::vector<DeliveryResult> results;
            for (const auto& address : job.addresses) {
                peer_.seen.push_back(address);
                results.push_back(peer_.answer(address));
            }
            co_return results;
        }
        bool reusable() const override { return true; }
        net::awaitable<void> close() override { co_return; }

    private:
        Peer& peer_;
    };
    std::unique_ptr<Courier> hire(const Place&) override
    {
        return std::make_unique<Carrier>(*this);
    }
};

/// What the queue tells, one word each.
struct Ear final : Observer {
    std::vector<std::string> heard;
    std::vector<std::string> facts;  ///< by which somebody was decided on
    void decided(const Seen&, std::uint32_t, const std::string& line) override
    {
        facts.push_back("decided " + line);
    }
    void queued(const Seen& message, std::span<const std::uint32_t> recipients,
                const transfer::Route& route) override
    {
        for (const auto& each : message.decided)
            facts.push_back("queued " + each.line);
        for (const auto index : recipients)
            heard.push_back("queued " + message.envelope.recipients[index].address + " " +
                            route.key);
    }
    void settled(const Seen& message, std::uint32_t recipient, const spool::RecipientState& state,
                 const DeliveryResult& result, const std::string& route) override
    {
        const char* const word = state.outcome == Outcome::delivered ? "delivered "
                                 : state.outcome == Outcome::failed  ? "failed "
                                                                     : "deferred ";
        heard.push_back(word + message.envelope.recipients[recipient].address + " " + route + " " +
                        result.status);
    }
    void reported(const Seen&, std::uint32_t, std::optional<spool::MessageId> report) override
    {
        heard.push_back(report ? "report made" : "no report");
    }
    void removed(const Seen& message, std::uint32_t recipient) override
    {
        heard.push_back("removed " + message.envelope.recipients[recipient].address);
    }
};

const DeliveryResult later{Delivery::deferred, "4.2.1", "450 later", "mx"};
const DeliveryResult never{Delivery::failed, "5.1.1", "550 no", "mx"};
const DeliveryResult dead{Delivery::deferred, "4.4.1", "no host answers", "", true};

class QueueLife : public testing::Test {
protected:
    QueueLife()
    {
        config_.host_name = "mail.contoso.example";
        config_.local_domains = {"contoso.example"};
        config_.retry_after = {60s};
    }
    ~QueueLife() override
    {
        queue_.reset();
        io_.restart();
        io_.run_for(1s);
    }

    void open()
    {
        const auto config = std::make_shared<const config::Config>(config_);
        queue_ =
            std::make_unique<Queue>(QueueParts{spool_,
                                               peer_,
                                               events_,
                                               {io_.get_executor()},
                                               [](const std::function<void()>& work) { work(); },
                                               clock_,
                                               1ms,
                                               20ms,
                                               &ear_,
                                               nullptr,
                                               0ms},
                                    config,
                                    std::make_shared<transfer::RecipientResolver>(
                                        config, std::make_shared<kit::NobodyHere>()));
    }

    spool::MessageId send(std::vector<std::string> recipients)
    {
        spool::NewMessage message;
        message.envelope.sender = "ann@contoso.example";
        for (auto& each : recipients)
            message.envelope.recipients.push_back({std::move(each)});
        message.envelope.arrived_at = clock_.now();
        message.body = std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n");
        auto kept = message;
        const auto id = *kit::run(io_, spool_.store(std::move(message)));
        io_.restart();
        queue_->add(id, std::move(kept.envelope), std::move(kept.body));
        return id;
    }

    /// Runs what there is to run until `done`, ten seconds at most.
    bool until(const std::function<bool()>& done)
    {
        const auto deadline = after(10s);
        while (!done() && std::chrono::steady_clock::now() < deadline) {
            io_.restart();
            io_.run_one_for(10ms);
        }
        return done();
    }

    Result<std::size_t> remove(Selector selector)
    {
        auto removed = kit::run(io_, queue_->remove(std::move(selector)));
        io_.restart();
        return removed;
    }

    net::io_context io_;
    kit::MemorySpool spool_;
    Peer peer_;
    Ear ear_;
    EventLog events_;
    StoppedClock clock_;
    config::Config config_;
    std::unique_ptr<Queue> queue_;
};

TEST_F(QueueLife, DeliveredMessageIsGoneAndCounted)
{
    open();
    send({"bob@example.net"});
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
    EXPECT_EQ(queue_->counts().messages, 0U);
    EXPECT_EQ(queue_->counts().recipients, 0U);
}

// Of a message that no client brought nobody has decided before.
TEST_F(QueueLife, ByWhichFactsTheQueueDecidesIsToldOnce)
{
    open();
    peer_.answer = [](const auto&) { return later; };
    send({"bob@example.net"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    queue_->retry({.all = true});
    ASSERT_TRUE(until([&] { return peer_.seen.size() == 2 && queue_->counts().deferred == 1; }));
    ASSERT_EQ(ear_.facts.size(), 1U);
    EXPECT_TRUE(ear_.facts.front().starts_with("queued at=20")) << ear_.facts.front();
    EXPECT_TRUE(ear_.facts.front().ends_with(";other=example.net;to=mx:example.net"))
        << ear_.facts.front();
}

TEST_F(QueueLife, AdministratorsRetryTriesADeferredRecipientAtOnce)
{
    open();
    peer_.answer = [](const auto&) { return later; };
    send({"bob@example.net"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));

    peer_.answer = [](const auto&) {
        return DeliveryResult{Delivery::delivered, "2.0.0", "250 ok", "mx"};
    };
    EXPECT_EQ(queue_->retry({.all = true}), 1U);
    EXPECT_TRUE(until([&] { return queue_->counts().delivered == 1; }));
}

// Had the rest stayed marked as taken, it would never have been tried again.
TEST_F(QueueLife, WhatCouldNotBeRemovedIsStillDelivered)
{
    open();
    peer_.answer = [](const auto&) { return later; };
    send({"bob@example.net"});
    send({"carol@example.net", "dave@example.org"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 3; }));

    spool_.fail_commits(1);
    const auto removed = remove({.all = true});

    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().event(), EventId::spool_write_failed);
    EXPECT_EQ(queue_->counts().deferred, 3U);
    EXPECT_EQ(queue_->retry({.all = true}), 3U);
}

TEST_F(QueueLife, RemovedRecipientsAreGone)
{
    open();
    peer_.answer = [](const auto&) { return later; };
    send({"bob@example.net", "carol@example.org"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 2; }));

    EXPECT_EQ(*remove({.domain = "example.org"}), 1U);
    EXPECT_EQ(queue_->counts().recipients, 1U);
    EXPECT_EQ(*remove({.all = true}), 1U);
    EXPECT_EQ(queue_->counts().messages, 0U);
}

// Ten thousand domains of one mailing must not stay in memory because no host of theirs answered.
TEST_F(QueueLife, SitesWithoutWorkAreForgottenWhenTheirRestIsOver)
{
    open();
    peer_.answer = [](const auto&) { return dead; };
    for (int i = 0; i < 20; ++i)
        send({"bob@domain" + std::to_string(i) + ".example"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 20; }));

    const auto deadline = after(10s);
    while (queue_->counts().sites > 1 && std::chrono::steady_clock::now() < deadline) {
        send({"bob@another.example"});
        (void)until([&] { return queue_->counts().couriers == 0; });
    }
    EXPECT_LE(queue_->counts().sites, 1U);
}

// 4037: the report could not be made, but who had the message is not sent it again.
TEST_F(QueueLife, DefectWhileSettlingDefersTheRestAndKeepsWhatWasDelivered)
{
    open();
    peer_.answer = [](const auto&) { return later; };
    send({"bob@example.net", "carol@example.net"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 2; }));

    peer_.answer = [&](const std::string& address) {
        spool_.break_bodies(true);  // when the report asks for it; the courier has it
        if (address.starts_with("bob"))
            return DeliveryResult{Delivery::delivered, "2.0.0", "250 ok", "mx"};
        return never;
    };
    (void)queue_->retry({.all = true});
    ASSERT_TRUE(until([&] { return queue_->counts().delivered == 1; }));

    const auto rows = queue_->list({.all = true});
    ASSERT_EQ(rows.size(), 1U);
    ASSERT_EQ(rows[0].recipients.size(), 1U);
    EXPECT_EQ(rows[0].recipients[0].address, "carol@example.net");
    EXPECT_EQ(rows[0].recipients[0].state.last_reply, "internal error: a defect; was: 550 no");
}

TEST_F(QueueLife, ObserverHearsTheWholeStoryOnce)
{
    open();
    peer_.answer = [](const auto&) { return later; };
    send({"bob@example.net"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    peer_.answer = [](const auto&) { return never; };
    (void)queue_->retry({.all = true});
    ASSERT_TRUE(until([&] { return ear_.heard.size() >= 6; }));  // the report's own fate included

    const std::vector<std::string> story{
        "queued bob@example.net mx:example.net", "deferred bob@example.net mx:example.net 4.2.1",
        "failed bob@example.net mx:example.net 5.1.1", "report made"};
    EXPECT_EQ(std::vector(ear_.heard.begin(), ear_.heard.begin() + 4), story);
}

TEST_F(QueueLife, ObserverHearsOfARemovalOnlyWhenItIsDurable)
{
    open();
    peer_.answer = [](const auto&) { return later; };
    send({"bob@example.net"});
    ASSERT_TRUE(until([&] { return queue_->counts().deferred == 1; }));
    ear_.heard.clear();

    spool_.fail_commits(1);
    EXPECT_FALSE(remove({.all = true}));
    EXPECT_TRUE(ear_.heard.empty());
    EXPECT_TRUE(remove({.all = true}));
    EXPECT_EQ(ear_.heard, std::vector<std::string>{"removed bob@example.net"});
}

}  // namespace
}  // namespace imc::queue
