#pragma once
/// @file base/offload.h  Blocking work away from the threads that serve connections.
///
/// `co_await net::post(pool, use_awaitable)` does not do it: the coroutine's own executor is
/// associated with its handler, so it goes on where it was and blocks there.
///
/// Threads: any. The caller resumes on its own executor; what `work` throws, it throws. `work` is
///          not run when the pool is stopped first: then the caller's coroutine is destroyed.
#include "base/pool_work.h"
#include "base/waker.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <optional>
#include <type_traits>

namespace imc {

/// @param work  runs once, on a thread of `pool`.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> offload(boost::asio::thread_pool& pool,
                                                            Work work)
{
    namespace net = boost::asio;
    std::optional<std::invoke_result_t<Work&>> result;
    std::exception_ptr thrown;
    auto initiate = [&](auto handler) {
        auto run = [&pool, &work, &result, &thrown, wake = waker_of(std::move(handler))]() mutable {
            try {
                const PoolWork::Piece piece{pool};
                result.emplace(work());
            } catch (...) {
                thrown = std::current_exception();
            }
            wake();
        };
        net::post(pool, std::move(run));
    };
    co_await net::async_initiate<const net::use_awaitable_t<>&, void()>(initiate,
                                                                        net::use_awaitable);
    if (thrown) std::rethrow_exception(thrown);
    co_return std::move(*result);
}

}  // namespace imc
