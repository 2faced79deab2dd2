#pragma once
/// @file smtp/stream.h  Octets to and from one peer, in the clear or under TLS.
///
/// Each wait takes a deadline, so a wait without one cannot be written. Sessions know only this
/// interface; smtp/plain_stream.h is a bare socket, TLS stands beside it (OpenSSL on the socket),
/// and a test's peer may be a list of strings.
///
/// Errors:  net::error::timed_out when the deadline has passed, net::error::eof when the peer has
///          finished, else what the system said.
/// Threads: one coroutine at a time.
#include "base/time.h"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <span>
#include <string_view>

namespace imc::smtp {

namespace net = boost::asio;

template <class T = void>
using IoResult = boost::system::result<T>;

class Stream {
public:
    virtual ~Stream() = default;

    /// Waits for at least one octet. @return  how many came; never 0.
    virtual net::awaitable<IoResult<std::size_t>> read_some(std::span<char> into,
                                                            Deadline deadline) = 0;

    /// Sends all of `octets`; after an error, an unknown part of them.
    virtual net::awaitable<IoResult<>> write(std::string_view octets, Deadline deadline) = 0;

    /// Says that nothing more will come, and lets the peer finish: a socket closed on octets
    /// nobody has read answers with a reset, which can destroy our last reply on its way.
    virtual net::awaitable<void> close(Deadline deadline) = 0;
};

}  // namespace imc::smtp
