#pragma once
/// @file dns/at_once.h  Several questions at the same time.
///
/// Threads: the executor of the caller runs one handler at a time.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <vector>

namespace imc::dns {

namespace net = boost::asio;

/// Their results, in order, when the last of them has ended; each keeps a deadline of its own. What
/// one throws is thrown.
template <class T>
net::awaitable<std::vector<T>> at_once(std::vector<net::awaitable<T>> work)
{
    struct Shared {
        Shared(const net::any_io_executor& executor, std::size_t count)
            : ended{executor, net::steady_timer::time_point::max()}, results(count), left{count}
        {}
        net::steady_timer ended;
        std::vector<T> results;
        std::size_t left;
        std::exception_ptr defect;
    };
    const auto executor = co_await net::this_coro::executor;
    const auto shared = std::make_shared<Shared>(executor, work.size());
    for (std::size_t i = 0; i < work.size(); ++i)
        net::co_spawn(executor, std::move(work[i]),
                      [shared, i](std::exception_ptr defect, T result) {
                          if (defect)
                              shared->defect = defect;
                          else
                              shared->results[i] = std::move(result);
                          if (--shared->left == 0) shared->ended.cancel();
                      });
    boost::system::error_code cancelled;
    while (shared->left > 0)
        co_await shared->ended.async_wait(net::redirect_error(net::use_awaitable, cancelled));
    if (shared->defect) std::rethrow_exception(shared->defect);
    co_return std::move(shared->results);
}

}  // namespace imc::dns
