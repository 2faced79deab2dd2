#include "queue/places.h"
#include "queue/queue_time.h"
#include "queue/window.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;

const Steady start{std::chrono::hours{100}};

TEST(Window, GrowsByOneWithEachRoundOfSuccesses)
{
    Window window{20, 5};
    for (int i = 0; i < 5; ++i)
        window.succeeded();
    EXPECT_EQ(window.room(start), 6U);
    for (int i = 0; i < 6; ++i)
        window.succeeded();
    EXPECT_EQ(window.room(start), 7U);
    for (int i = 0; i < 1000; ++i)
        window.succeeded();
    EXPECT_EQ(window.room(start), 20U);
}

// A host that serves five connections and answers 421 to the others.
TEST(Window, SettlesNearWhatAHostTakes)
{
    Window window{20, 5};
    int refused = 0, served = 0;
    for (int round = 0; round < 2000; ++round) {
        const auto at_work = window.room(start);
        for (std::size_t i = 0; i < at_work; ++i) {
            if (i < 5) {
                window.succeeded();
                ++served;
            } else {
                EXPECT_FALSE(window.failed(at_work, start, 30s, 900s, 0.5));
                ++refused;
            }
        }
    }
    EXPECT_LT(refused, served / 3);
    EXPECT_LE(window.room(start), 8U);
}

TEST(Window, RoundOfFailuresClosesItAndOneTriesWhenTheRestIsOver)
{
    Window window{20, 5};
    for (int i = 0; i < 4; ++i)
        EXPECT_FALSE(window.failed(5, start, 30s, 900s, 0.5));
    EXPECT_TRUE(window.failed(5, start, 30s, 900s, 0.5));
    EXPECT_TRUE(window.down());
    EXPECT_EQ(window.room(start + 29s), 0U);
    EXPECT_EQ(window.room(start + 30s), 1U);
    window.succeeded();
    EXPECT_FALSE(window.down());
    EXPECT_EQ(window.room(start), 5U);
}

TEST(Window, OneSuccessBetweenFailuresIsNoDeath)
{
    Window window{20, 5};
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(window.failed(5, start, 30s, 900s, 0.5));
        if (i % 4 == 0) window.succeeded();
    }
}

TEST(Window, RestDoublesUpToTheLongestWithJitter)
{
    Window window{20, 1};
    auto now = start;
    std::vector<std::chrono::seconds> rests;
    for (int i = 0; i < 7; ++i) {
        EXPECT_TRUE(window.failed(1, now, 30s, 900s, 0.5));
        rests.push_back(
            std::chrono::duration_cast<std::chrono::seconds>(window.rests_until() - now));
        now = window.rests_until();
    }
    EXPECT_EQ(rests, (std::vector<std::chrono::seconds>{30s, 60s, 120s, 240s, 480s, 900s, 900s}));
    EXPECT_TRUE(window.failed(1, now, 30s, 900s, 1));
    EXPECT_EQ(window.rests_until() - now, 990s);
}

TEST(Window, ThoseUnderWayWhenItWentDownDoNotProlongItsRest)
{
    Window window{20, 1};
    EXPECT_TRUE(window.failed(1, start, 30s, 900s, 0.5));
    const auto until = window.rests_until();
    EXPECT_TRUE(window.failed(3, start + 1s, 30s, 900s, 0.5));
    EXPECT_EQ(window.rests_until(), until);
}

TEST(Pace, LetsSoManyThroughInAMinute)
{
    Pace pace;
    pace.set(30);
    int taken = 0;
    for (auto now = start; now < start + 60s; now += 10ms)
        if (pace.next() <= now) pace.took(now), ++taken;
    EXPECT_EQ(taken, 30);
}

TEST(Pace, HasNoLimitUnlessSet)
{
    Pace pace;
    pace.took(start);
    EXPECT_LE(pace.next(), start);
}

// Three sites with more mail than time share two connections alike; a fourth that comes late is
// served, too.
TEST(Places, SitesShareWhatThereIsAndNoneStarves)
{
    Places<int> places;
    places.set_most(2);
    std::map<int, bool> in_line;
    std::map<int, unsigned> served;
    std::vector<std::pair<int, unsigned>> at_work;  // site, messages over this connection
    const auto ask = [&](int site) {
        if (places.take(site, in_line[site])) at_work.emplace_back(site, 0);
    };
    for (int site = 1; site <= 3; ++site)
        ask(site);
    for (int step = 0; step < 6000; ++step) {
        if (step == 3000) ask(4);
        auto& [site, carried] = at_work[static_cast<std::size_t>(step) % at_work.size()];
        ++served[site];
        if (++carried < Places<int>::turn || !places.others_wait()) continue;
        const int left = site;
        at_work.erase(at_work.begin() + step % static_cast<int>(at_work.size()));
        places.give_back();
        while (const auto next = places.next()) {
            in_line[*next] = false;
            at_work.emplace_back(*next, 0);
        }
        ask(left);
    }
    EXPECT_NEAR(served[1], served[2], 50);
    EXPECT_NEAR(served[2], served[3], 50);
    EXPECT_NEAR(served[4], 3000.0 / 4, 50);
}

TEST(QueueTime, JumpsOfTheWallClockAreNotTimeThatPassed)
{
    const WallTime noon{1'700'000'000'000ms};
    QueueTime time;
    EXPECT_EQ(time.look(noon, start), noon);
    EXPECT_EQ(time.look(noon + 24h + 10s, start + 10s), noon + 10s);
    EXPECT_EQ(time.to_wall(noon + 10s), noon + 24h + 10s);
    EXPECT_EQ(time.look(noon + 20s, start + 20s), noon + 20s);
    EXPECT_EQ(time.look(noon - 24h + 30s, start + 30s), noon + 30s);
    EXPECT_EQ(time.from_wall(noon - 24h + 30s), noon + 30s);
}

TEST(QueueTime, SlowCorrectionsAreFollowed)
{
    const WallTime noon{1'700'000'000'000ms};
    QueueTime time;
    (void)time.look(noon, start);
    EXPECT_EQ(time.look(noon + 11s, start + 10s), noon + 11s);
    EXPECT_EQ(time.to_wall(noon), noon);
}

}  // namespace
}  // namespace imc::queue
