#pragma once
/// @file smtp/stream.h  Octets to and from one peer, in the clear or under TLS.
///
/// Each wait takes a deadline, so a wait without one cannot be written. Sessions know only this
/// interface; smtp/socket_stream.h is a socket, first in the clear and, after a handshake, under
/// TLS; a test's peer may be a list of strings.
///
/// STARTTLS: whoever reads through a buffer of its own (Input) throws away all that it has read and
///          not yet handed out, *before* accept_tls or connect_tls: a man in the middle may have
///          sent it in the clear, behind our 220, and it must never pass for what the peer said
///          under TLS (CVE-2011-0411 and its kin). What comes after is the handshake's.
///
/// Errors:  net::error::timed_out when the deadline has passed, net::error::eof when the peer has
///          finished (under TLS: said so by close_notify), TlsError::truncated (smtp/tls/error.h)
///          when it is gone without close_notify, else what the system or OpenSSL said.
/// Threads: one coroutine at a time.
#include "base/time.h"
#include "smtp/tls_facts.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace imc::smtp {

namespace net = boost::asio;

template <class T = void>
using IoResult = boost::system::result<T>;

class TlsServer;  ///< smtp/tls/server.h
class TlsClient;  ///< smtp/tls/client.h

class Stream {
public:
    virtual ~Stream() = default;

    /// Waits for at least one octet. @return  how many came; never 0.
    virtual net::awaitable<IoResult<std::size_t>> read_some(std::span<char> into,
                                                            Deadline deadline) = 0;

    /// The same into a place that all streams of a thread share, so that a silent peer costs no
    /// buffer. @return  what came, at most `most` octets; gone with the caller's next co_await
    virtual net::awaitable<IoResult<std::string_view>> read(std::size_t most, Deadline deadline);

    /// Sends all of `octets`; after an error, an unknown part of them.
    virtual net::awaitable<IoResult<>> write(std::string_view octets, Deadline deadline) = 0;

    /// Says that nothing more will come, and lets the peer finish: a socket closed on octets
    /// nobody has read answers with a reset, which can destroy our last reply on its way.
    virtual net::awaitable<void> close(Deadline deadline) = 0;

    /// The server's half of a TLS handshake. Afterwards everything read and written is under TLS.
    /// After an error the stream is of no use but to be closed.
    /// @param tls  outlives this call; the session keeps the certificate it began with.
    virtual net::awaitable<IoResult<TlsFacts>> accept_tls(const TlsServer& tls, Deadline deadline);

    /// The client's half. @param name  of the host we mean to reach: SNI, and what its certificate
    /// must say if `tls` asks for that.
    virtual net::awaitable<IoResult<TlsFacts>> connect_tls(const TlsClient& tls, std::string name,
                                                           Deadline deadline);
};

}  // namespace imc::smtp
