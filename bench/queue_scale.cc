// What a large queue costs: memory and time to take in a million messages of one recipient, how
// fast it drains with a million deferred beside it, the first page of its list, the cost per
// message as it grows.
//
//     bench_queue_scale [MESSAGES]
//
// The spool keeps nothing, the hosts answer at once: what is measured is the queue alone.
#include "directory/recorded.h"
#include "queue/queue.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <string>
#include <thread>
#include <time.h>

namespace {

using namespace imc;
using namespace std::chrono_literals;

/// Hosts and disks take their time; what never waits would never let others run.
queue::net::awaitable<void> a_moment()
{
    co_await queue::net::post(co_await queue::net::this_coro::executor, queue::net::use_awaitable);
}

struct NoSpool final : spool::Spool {
    std::atomic<std::uint64_t> last{1ULL << 40};
    queue::net::awaitable<Result<spool::MessageId>> store(spool::NewMessage) override
    {
        co_return spool::MessageId{++last};
    }
    queue::net::awaitable<Result<std::vector<spool::MessageId>>>
    commit(spool::Commit change) override
    {
        co_await a_moment();
        co_return std::vector<spool::MessageId>(change.caused.size(), spool::MessageId{++last});
    }
    queue::net::awaitable<Result<std::vector<spool::MessageId>>>
    commit_all(std::vector<spool::Commit>) override
    {
        co_await a_moment();
        co_return std::vector<spool::MessageId>{};
    }
    Result<spool::Body> body(spool::MessageId) override { return text; }
    spool::MessageId new_id() override { return spool::MessageId{++last}; }
    Result<std::unique_ptr<spool::TextWriter>> begin_text() override
    {
        return Error{EventId::spool_write_failed, "keeps nothing"};
    }
    void forget_body(spool::MessageId) override {}
    std::vector<spool::Recovered> recover(std::size_t) override { return {}; }
    spool::Health health() const override { return {}; }
    void close() override {}
    spool::Body text = std::make_shared<const std::string>("Subject: x\r\n\r\nx\r\n");
};

struct Hosts final : queue::Couriers {
    struct Host final : queue::Courier {
        queue::net::awaitable<std::vector<queue::DeliveryResult>>
        deliver(const queue::Job& job) override
        {
            co_await a_moment();
            const bool later = job.addresses.front().ends_with("@later.example.net");
            co_return std::vector<queue::DeliveryResult>(
                job.recipients.size(),
                later ? queue::DeliveryResult{queue::Delivery::deferred, "4.2.1", "450 4.2.1 later",
                                              "mx.later.example.net[192.0.2.1]:25"}
                      : queue::DeliveryResult{queue::Delivery::delivered, "2.0.0", "250 ok",
                                              "mx.example.net[192.0.2.2]:25"});
        }
        bool reusable() const override { return true; }
        queue::net::awaitable<void> close() override { co_return; }
    };
    std::unique_ptr<queue::Courier> hire(const queue::Place&) override
    {
        return std::make_unique<Host>();
    }
};

std::size_t resident()
{
    std::ifstream in{"/proc/self/statm"};
    std::size_t size = 0, pages = 0;
    in >> size >> pages;
    return pages * 4096;
}

/// What malloc has given out, of all its arenas.
std::size_t in_use()
{
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

void say_memory(const char* of, std::size_t count, std::size_t resident_before,
                std::size_t in_use_before)
{
    malloc_trim(0);
    std::printf("memory of %s%10.0f octets each (resident %.0f)\n", of,
                static_cast<double>(in_use() - in_use_before) / static_cast<double>(count),
                static_cast<double>(resident() - resident_before) / static_cast<double>(count));
}

struct World {
    queue::net::io_context io{1};
    queue::net::executor_work_guard<queue::net::io_context::executor_type> work{io.get_executor()};
    std::thread thread;
    NoSpool spool;
    Hosts hosts;
    EventLog events;
    std::unique_ptr<queue::Queue> queue;
    std::uint64_t next = 0;

    World()
    {
        auto config = std::make_shared<config::Config>();
        config->host_name = "mail.contoso.example";
        config->local_domains = {"contoso.example"};
        config->retry_after = {4h};
        config->message_timeout = std::chrono::hours{1000};
        queue = std::make_unique<queue::Queue>(
            queue::QueueParts{spool, hosts, events, {io.get_executor()}, [](auto job) { job(); }},
            config,
            std::make_shared<const transfer::RecipientResolver>(config,
                                                                recorded_directory({}, "nobody")));
        queue->start({});
        thread = std::thread{[this] { io.run(); }};
    }
    ~World()
    {
        (void)queue->drain(after(10s));
        work.reset();
        io.stop();
        thread.join();
    }

    spool::Envelope envelope(const std::string& domain)
    {
        const auto n = std::to_string(next);
        spool::Envelope out{"sender" + n + "@contoso.example", {{"recipient" + n + "@" + domain}}};
        out.arrived_at = wall_clock().now();
        out.peer = "[192.0.2.77]:" + std::to_string(1024 + next % 60000) + " (client.example.org)";
        return out;
    }
    void add(const std::string& domain)
    {
        ++next;
        queue->add(spool::MessageId{next}, envelope(domain), spool.text);
    }

    /// As found at start: deferred, due in hours.
    std::vector<spool::Recovered> found(std::size_t count)
    {
        std::vector<spool::Recovered> out(count);
        for (auto& each : out) {
            ++next;
            each.id = {next};
            each.envelope = envelope("d" + std::to_string(next % 5000) + ".example.net");
            each.states.resize(1);
            auto& state = each.states[0];
            state.attempts = 3;
            state.next_attempt =
                wall_clock().now() + 1h + std::chrono::milliseconds{next % 7'200'000};
            state.last_status = "4.4.1";
            state.last_reply = "connecting failed: Connection timed out";
            state.last_host = "mx.d" + std::to_string(next % 5000) + ".example.net[192.0.2.9]:25";
            each.body_octets = 4096;
        }
        return out;
    }

    double drain(std::size_t count)
    {
        const auto before = queue->counts().delivered;
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < count; ++i)
            add("quick" + std::to_string(i % 20) + ".example.net");
        while (queue->counts().delivered < before + count)
            std::this_thread::sleep_for(1ms);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        return static_cast<double>(count) / took.count();
    }
};

double processor()
{
    timespec at{};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

double seconds(auto what)
{
    const auto start = std::chrono::steady_clock::now();
    what();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int count, char** words)
{
    const auto million = count > 1 ? std::strtoul(words[1], nullptr, 10) : 1'000'000UL;
    constexpr std::size_t drained = 100'000;
    {
        World world;
        (void)world.drain(drained);
        std::printf("drain rate, empty queue          %10.0f /s\n", world.drain(drained));
    }
    malloc_trim(0);
    {
        World world;
        const auto before = resident(), before_in_use = in_use();
        auto found = world.found(million);
        const auto cpu = processor();
        const auto took = seconds([&] { world.queue->start(std::move(found)); });
        const auto used = processor() - cpu;
        found = {};
        say_memory("those found at start   ", million, before, before_in_use);
        std::printf("start with %lu deferred      %10.2f s (%.2f s of processor)\n", million, took,
                    used);
        std::printf("drain rate, %lu deferred     %10.0f /s\n", million, world.drain(drained));
        const auto page = seconds([&] {
            if (world.queue->list({.all = true}, {.after = {}, .offset = 0, .most = 1000}).size() <
                1000)
                std::abort();
        });
        std::printf("first page of 1,000              %10.1f ms\n", page * 1000);
        const auto last = seconds([&] {
            (void)world.queue->list({.all = true},
                                    {.after = {million - 500}, .offset = 0, .most = 1000});
        });
        std::printf("last page                        %10.1f ms\n", last * 1000);
        std::printf("count by reason                  %10.1f ms\n",
                    1000 * seconds([&] { (void)world.queue->by_reason(); }));
    }
    malloc_trim(0);
    {
        World world;
        const auto before = resident(), before_in_use = in_use();
        std::size_t at = 0;
        for (const std::size_t step : {1'000UL, 10'000UL, 100'000UL, million}) {
            const auto start = std::chrono::steady_clock::now();
            const auto from = at;
            for (; at < step; ++at)
                world.add("later.example.net");
            while (world.queue->counts().deferred < at)
                std::this_thread::sleep_for(1ms);
            const std::chrono::duration<double, std::micro> took =
                std::chrono::steady_clock::now() - start;
            std::printf("taken in, tried and deferred to %7zu: %6.2f us each\n", at,
                        took.count() / static_cast<double>(at - from));
        }
        say_memory("those taken in         ", at, before, before_in_use);
    }
}
