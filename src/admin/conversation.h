#pragma once
/// @file admin/conversation.h  HTTP/1.1 with one client: requests in, answers out, over a Stream.
///
/// A request comes whole within 30 s, its header has at most 8 KiB and its body 4 MiB, one on the
/// Unix socket 64 MiB, a stranger's 64 KiB: many of them must not fill the memory that mail needs.
/// An answer is taken within 60 s, each piece of a stream within 10 s. What is no HTTP is answered
/// 400, 408, 413 or 431 and ends the connection. Behind an answer that streams it ends, too.
///
/// Each answer says what a browser must not do with it: no foreign script, frame or form, no
/// guessing of types, no address for others, no copy.
///
/// Threads: one coroutine.
#include "admin/server.h"

#include <atomic>

namespace imc::admin {

/// What conversations of one server share.
class Answerer {
public:
    virtual ~Answerer() = default;
    virtual boost::asio::awaitable<Response> answer(Request request) = 0;
    /// Whether who sends this header may send a body of more than 64 KiB. Everybody, unless said
    /// otherwise.
    virtual boost::asio::awaitable<bool> knows(Request header);
    virtual std::string notice() const = 0;  ///< of the header imc-loading; empty: none

    std::atomic<bool> stopped{false};
    std::atomic<unsigned> views{0};  ///< that stream now
    unsigned most_views = 250;
};

/// Until the client is done, or has to go. @param shared  lives as long as this
boost::asio::awaitable<void> converse(std::shared_ptr<Answerer> shared,
                                      std::unique_ptr<smtp::Stream> stream, HttpPeer peer);

}  // namespace imc::admin
