#pragma once
/// @file base/waker.h  Wakes a coroutine from another thread.
///
/// Threads: any; it is called once. Until that call has done its work the loop of the coroutine's
///          context does not end by itself, and the context must be there: pools and writers are
///          joined before it is destroyed.
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
        net::post(executor, [waiting = std::move(waiting)]() mutable { (*waiting)(); });
        // Not with what was posted: the loop could end while this thread is still inside post().
        guard.reset();
    };
}

}  // namespace imc
