#include "app/service/pulse.h"

#include "queue/scheduler_world.h"
#include "queue/views.h"

#include <atomic>
#include <thread>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

struct Beating : queue::SchedulerWorld {
    metrics::Registry metrics;
    Beating()
    {
        internet_.answer = [](const auto&) { return queue::deferred; };
        open();
    }
};

TEST_F(Beating, ThePictureHasTheFourQueues)
{
    (void)send({"a@x.example"});
    settle_down();
    QueuePicture picture;
    EXPECT_EQ(picture.messages(3), 0U) << "nobody has looked yet";
    picture.look(*queue_);
    EXPECT_EQ(picture.messages(0) + picture.messages(1), 0U) << "nothing is inbound";
    EXPECT_EQ(picture.messages(2) + picture.messages(3), 1U);
    EXPECT_GT(picture.octets(2) + picture.octets(3), 0U);
}

TEST_F(Beating, WhatCameBeforeTheFirstBeatIsInTheRates)
{
    Pulse pulse{metrics, *queue_};
    metrics.counter("inbound_messages", "").add(3);
    std::atomic<bool> beaten{false};
    pulse.each_second = [&] { beaten = true; };
    pulse.start();
    while (!beaten)
        std::this_thread::yield();
    pulse.stop();
    std::uint64_t in = 0;
    for (const auto& series : pulse.rates().read().series)
        if (series.name == "in")
            for (const auto grown : series.grown)
                in += grown;
    EXPECT_EQ(in, 3U);
}

TEST_F(Beating, SitesWithMostToDoStandFirst)
{
    (void)send({"a@x.example"});
    settle_down();
    // Whether their host answers or not: no more rows than asked for, and no row twice.
    const auto all = queue::Views{*queue_}.sites(10);
    EXPECT_LE(all.size(), 1U);
    EXPECT_TRUE(queue::Views{*queue_}.sites(0).empty());
}

}  // namespace
}  // namespace imc::app
