#include "base/offload.h"
#include "kit/coroutine.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

namespace imc {
namespace {

namespace net = boost::asio;

net::awaitable<void> ask(net::thread_pool& pool, std::thread::id& worked, std::thread::id& resumed)
{
    const auto work = [] { return std::this_thread::get_id(); };
    worked = co_await offload(pool, work);
    resumed = std::this_thread::get_id();
}

net::awaitable<int> ask_in_vain(net::thread_pool& pool)
{
    const auto work = []() -> int { throw std::runtime_error{"a defect"}; };
    co_return co_await offload(pool, work);
}

TEST(Offload, WorkRunsOnThePoolAndTheCallerGoesOnWhereItWas)
{
    net::thread_pool pool{1};
    net::io_context context;
    std::thread::id worked;
    std::thread::id resumed;
    auto done = net::co_spawn(context, ask(pool, worked, resumed), net::use_future);
    context.run();
    done.get();
    EXPECT_NE(worked, std::this_thread::get_id());
    EXPECT_EQ(resumed, std::this_thread::get_id());
}

TEST(Offload, WhatTheWorkThrowsReachesTheCaller)
{
    net::thread_pool pool{1};
    net::io_context context;
    auto done = net::co_spawn(context, ask_in_vain(pool), net::use_future);
    context.run();
    EXPECT_THROW(done.get(), std::runtime_error);
}

/// A service that is stopped destroys what waits; nothing of it may run or leak afterwards.
TEST(Offload, PoolThatIsStoppedFirstDestroysTheCaller)
{
    net::io_context context;
    {
        net::thread_pool pool{1};
        pool.stop();
        auto done = net::co_spawn(context, ask_in_vain(pool), net::use_future);
        context.poll();
        pool.join();
    }
    SUCCEED();
}

// The caller's loop is stopped as soon as it has its answer (kit::run), while the pool's thread may
// still be at it: it touches nothing that has gone. What it touches the sanitizers see.
TEST(Offload, CallersLoopMayBeStoppedWithTheAnswer)
{
    net::thread_pool pool{2};
    for (int i = 0; i < 20'000; ++i) {
        const auto five = kit::run(offload(pool, [] { return 5; }));
        ASSERT_EQ(five, 5);
    }
}

}  // namespace
}  // namespace imc
