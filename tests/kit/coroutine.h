#pragma once
/// @file tests/kit/coroutine.h  Runs one coroutine to its end, with a time limit against hanging.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
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

template <class T>
T run(boost::asio::awaitable<T> work)
{
    boost::asio::io_context io;
    return run(io, std::move(work));
}

}  // namespace imc::kit
