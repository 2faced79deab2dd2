#include "app/service/ending.h"

#include "base/offload.h"
#include "event/post_contained.h"
#include "kit/remember.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

namespace imc::app {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

/// A directory that does not answer.
struct Hang {
    std::promise<void> answer;
    std::shared_future<void> answered{answer.get_future()};
    std::promise<void> asked;
    void operator()()
    {
        asked.set_value();
        answered.wait();
    }
};

class Stopped : public testing::Test {
protected:
    Stopped() { events_.add(std::make_unique<kit::Remember>(raised_)); }

    Ending::Leave remember()
    {
        return [this](const std::vector<Hanging>& hanging) { left_with_.set_value(hanging); };
    }
    std::size_t raised(EventId id) const
    {
        return static_cast<std::size_t>(std::ranges::count(raised_, id, &EventRecord::id));
    }
    std::string field(EventId id, const std::string& name) const
    {
        for (const auto& record : raised_)
            if (record.id == id)
                for (const auto& [key, value] : record.fields)
                    if (key == name) return value;
        return {};
    }

    std::vector<EventRecord> raised_;
    EventLog events_;
    std::promise<std::vector<Hanging>> left_with_;
    std::future<std::vector<Hanging>> left_{left_with_.get_future()};
};

// A stop must not wait for a server that does not answer until systemd kills it.
TEST_F(Stopped, PoolWhoseWorkHangsIsNamedAndLeftWhenThePatienceIsOver)
{
    net::thread_pool idle{1};
    net::thread_pool pool{2};
    Hang one, other;
    post_contained(pool, events_, "a look-up", [&one] { one(); });
    post_contained(pool, events_, "a look-up", [&other] { other(); });
    one.asked.get_future().wait();
    other.asked.get_future().wait();
    {
        Ending ending{10ms, remember()};
        ending.waits_for({{"nothing", &idle}, {"look-ups", &pool}});
        pool.stop();
        ASSERT_EQ(left_.wait_for(60s), std::future_status::ready);
        one.answer.set_value();
        other.answer.set_value();
        pool.join();
    }
    const auto hanging = left_.get();
    ASSERT_EQ(hanging.size(), 1U) << "a pool without work keeps nobody waiting";
    EXPECT_EQ(hanging.front().what, "look-ups");
    EXPECT_EQ(hanging.front().pieces, 2U);
    EXPECT_EQ(hanging.front().waited, 10ms);
}

TEST_F(Stopped, WorkThatACoroutineWaitsForIsCountedToo)
{
    net::thread_pool pool{1};
    net::io_context io;
    Hang hang;
    const auto ask = [&]() -> int {
        hang();
        return 1;
    };
    net::co_spawn(io, offload(pool, ask), [](const std::exception_ptr&, int) {});
    io.poll();
    hang.asked.get_future().wait();
    EXPECT_EQ(PoolWork::of(pool).running().pieces, 1U);
    hang.answer.set_value();
    io.run();
    pool.join();
    EXPECT_EQ(PoolWork::of(pool).running().pieces, 0U);
}

TEST_F(Stopped, WhatIsNoPoolIsNamedAsItIs)
{
    Ending ending{1ms, remember()};
    ending.waits_for("the disk of the spool");
    ASSERT_EQ(left_.wait_for(60s), std::future_status::ready);
    const auto hanging = left_.get();
    ASSERT_EQ(hanging.size(), 1U);
    EXPECT_EQ(hanging.front().what, "the disk of the spool");
    EXPECT_EQ(hanging.front().pieces, 0U);
}

TEST_F(Stopped, EndThatComesInTimeLeavesNothing)
{
    {
        Ending ending{1h, remember()};
        ending.waits_for("the disk of the spool");
    }
    EXPECT_EQ(left_.wait_for(0s), std::future_status::timeout);
}

TEST_F(Stopped, EventSaysWhatHangsForHowLong)
{
    tell_cut_off(events_, {{"look-ups", 2, 95s, 10'000ms}, {"sign-ins", 1, 3s, 10'000ms}});
    EXPECT_EQ(raised(EventId::stop_cut_off), 2U);
    EXPECT_EQ(field(EventId::stop_cut_off, "what"), "look-ups");
    EXPECT_EQ(field(EventId::stop_cut_off, "pieces"), "2");
    EXPECT_EQ(field(EventId::stop_cut_off, "longest"), "95");
    EXPECT_EQ(field(EventId::stop_cut_off, "seconds"), "10");
}

/// A disk under the event log that never takes anything.
class Stuck final : public EventSink {
public:
    void take(const EventRecord&) override { std::promise<void>{}.get_future().wait(); }
};

// systemd sees it by the exit status, whatever hangs.
TEST(StoppedDeathTest, ProcessLeavesAlsoWhenTheEventLogHangs)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            EventLog events;
            events.add(std::make_unique<Stuck>());
            leave_at_once(events, {{"the disk of the spool", 0, {}, 10'000ms}});
        },
        testing::ExitedWithCode(exit_cut_off), "");
}

}  // namespace
}  // namespace imc::app
