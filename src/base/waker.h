#pragma once
/// @file base/waker.h  Wakes a coroutine from another thread.
///
/// Threads: any; it is called once. Until then the loop of the coroutine's context does not end.
///          With the call it lets go of that context, which may be gone when the call returns.
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace imc {

/// @param handler  that async_initiate gives
/// @return what can be copied, as std::function wants it, and called without arguments
template <class Handler>
auto waker_of(Handler handler)
{
    namespace net = boost::asio;
    auto executor = net::get_associated_executor(handler);
    auto guard = net::make_work_guard(executor);
    auto waiting = std::make_shared<Handler>(std::move(handler));
    return [executor = std::move(executor), guard = std::move(guard),
            waiting = std::move(waiting)]() mutable {
        net::post(executor, [guard = std::move(guard), waiting = std::move(waiting)]() mutable {
            (*waiting)();
        });
    };
}

}  // namespace imc
