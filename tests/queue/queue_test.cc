#include "queue/queue.h"

#include "directory/recorded.h"
#include "event/sinks.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;

/// Keeps nothing; the first `failures` results cannot be recorded.
struct FlakySpool final : spool::Spool {
    std::atomic<int> failures{0};
    std::atomic<int> recorded{0};

    net::awaitable<Result<spool::MessageId>> store(spool::NewMessage) override
    {
        co_return spool::MessageId{1};
    }
    net::awaitable<Result<std::vector<spool::MessageId>>> commit(spool::Commit change) override
    {
        if (failures-- > 0) co_return Error{EventId::spool_write_failed, "disk full"};
        ++recorded;
        co_return std::vector<spool::MessageId>(change.caused.size(), spool::MessageId{9});
    }
    net::awaitable<Result<std::vector<spool::MessageId>>>
    commit_all(std::vector<spool::Commit> changes) override
    {
        if (failures-- > 0) co_return Error{EventId::spool_write_failed, "disk full"};
        recorded += static_cast<int>(changes.size());
        co_return std::vector<spool::MessageId>{};
    }
    Result<spool::Body> body(spool::MessageId) override
    {
        return std::make_shared<const std::string>("Subject: x\r\n\r\nx\r\n");
    }
    spool::MessageId new_id() override { return spool::MessageId{1}; }
    Result<std::unique_ptr<spool::TextWriter>> begin_text() override
    {
        return Error{EventId::spool_write_failed, "keeps nothing"};
    }
    void forget_body(spool::MessageId) override {}
    std::vector<spool::Recovered> recover(std::size_t) override { return {}; }
    spool::Health health() const override { return {}; }
    void close() override {}
};

struct Carrier final : Courier {
    explicit Carrier(std::atomic<int>& n) : carried{n} {}
    net::awaitable<std::vector<DeliveryResult>> deliver(const Job& job) override
    {
        ++carried;
        co_return std::vector<DeliveryResult>(
            job.recipients.size(), DeliveryResult{Delivery::delivered, "2.0.0", "250 ok", "mx"});
    }
    bool reusable() const override { return true; }
    net::awaitable<void> close() override { co_return; }
    std::atomic<int>& carried;
};

struct Carriers final : Couriers {
    std::unique_ptr<Courier> hire(const Place&) override
    {
        return std::make_unique<Carrier>(carried);
    }
    std::atomic<int> carried{0};
};

bool until(const std::function<bool()>& test)
{
    for (const auto deadline = after(30s); std::chrono::steady_clock::now() < deadline;) {
        if (test()) return true;
        std::this_thread::sleep_for(2ms);
    }
    return false;
}

// What was delivered and not written down would be delivered again after a restart.
TEST(Queue, NothingIsSentWhileResultsCannotBeRecordedAndBothEndsAreEvents)
{
    net::io_context io{1};
    auto work = net::make_work_guard(io);
    const auto ring = std::make_shared<Ring>();
    EventLog log;
    log.add(ring_sink(ring));
    const auto raised = [&](EventId id) {
        return std::ranges::count(ring->records(), id, &EventRecord::id);
    };
    FlakySpool spool;
    Carriers couriers;
    auto config = std::make_shared<config::Config>();
    config->local_domains = {"contoso.example"};
    config->smart_hosts = {{"relay.example", 25}};
    config->retry_after = {15min};
    const auto resolver = std::make_shared<const transfer::RecipientResolver>(
        config, recorded_directory({}, "nobody"));
    QueueParts parts{spool, couriers, log, {io.get_executor()}, [](auto job) { job(); }};
    auto queue = std::make_unique<Queue>(std::move(parts), config, resolver);
    std::thread thread{[&] { io.run(); }};
    queue->start({});
    spool::Envelope envelope{"ann@contoso.example", {{"bob@example.net"}}};
    envelope.arrived_at = wall_clock().now();

    spool.failures = 1;
    queue->add(spool::MessageId{1}, envelope, spool::Body{});
    EXPECT_TRUE(until([&] { return raised(EventId::sending_stopped) == 1; }));
    queue->add(spool::MessageId{2}, envelope, spool::Body{});
    EXPECT_TRUE(until([&] { return raised(EventId::sending_resumed) == 1; }));
    EXPECT_TRUE(until([&] { return spool.recorded == 2; }));
    EXPECT_EQ(couriers.carried, 2) << "what was carried once is recorded, not carried again";
    EXPECT_EQ(raised(EventId::sending_stopped), 1);

    EXPECT_TRUE(queue->drain(after(30s)));
    work.reset();
    io.stop();
    thread.join();
    queue.reset();
}

}  // namespace
}  // namespace imc::queue
