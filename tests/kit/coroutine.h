#pragma once
/// @file tests/kit/coroutine.h  Runs one coroutine to its end, with a time limit against hanging.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace imc::kit {

template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> work,
      std::chrono::seconds limit = std::chrono::seconds{60})
{
    std::optional<T> result;
    std::exception_ptr defect;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
        defect = e;
        if (!e) result.emplace(std::move(value));
        io.stop();
    });
    io.restart();
    io.run_for(limit);
    if (defect) std::rethrow_exception(defect);
    if (!result) throw std::runtime_error{"coroutine did not end in time"};
    return std::move(*result);
}

/// A context for one coroutine. What waits in it is destroyed with it; its shell stays for a
/// while, since the thread that woke the coroutine may not have let go of it (base/waker.h).
class ShortContext {
public:
    ShortContext() = default;
    ShortContext(const ShortContext&) = delete;
    ShortContext& operator=(const ShortContext&) = delete;
    ~ShortContext()
    {
        // One that has waited for sockets or timers holds three descriptors.
        const bool dear = boost::asio::has_service<boost::asio::detail::reactor>(*io_);
        io_->shutdown();
        static std::mutex mutex;
        static std::deque<std::unique_ptr<Context>> cheap_ones, dear_ones;
        const std::lock_guard lock{mutex};
        auto& shells = dear ? dear_ones : cheap_ones;
        shells.push_back(std::move(io_));
        if (shells.size() > (dear ? 128U : 20'000U)) shells.pop_front();
    }
    boost::asio::io_context& io() { return *io_; }

private:
    struct Context : boost::asio::io_context {
        using boost::asio::io_context::shutdown;
    };
    std::unique_ptr<Context> io_ = std::make_unique<Context>();
};

template <class T>
T run(boost::asio::awaitable<T> work)
{
    ShortContext context;
    return run(context.io(), std::move(work));
}

}  // namespace imc::kit
