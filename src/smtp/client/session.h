#pragma once
/// @file smtp/client/session.h  Drives a Dialogue over a Stream: one connection to one host.
///
/// Text goes out in large pieces of the message itself; only pieces with a dot to stuff, and the
/// last one, are copied. When writing fails, what the peer said before is still read (Q152940).
///
/// Threads: one coroutine at a time.
#include "smtp/client/dialogue.h"
#include "smtp/stream.h"

#include <memory>

namespace imc::smtp::client {

/// RFC 5321 4.5.3.2; `quit` is ours: nobody waits long for a farewell.
struct TimeLimits {
    std::chrono::seconds connect{30};  ///< per address
    std::chrono::seconds greeting{300};
    std::chrono::seconds helo{300};
    std::chrono::seconds mail{300};
    std::chrono::seconds rcpt{300};
    std::chrono::seconds data{120};
    std::chrono::seconds text{180};  ///< per piece
    std::chrono::seconds end_of_data{600};
    std::chrono::seconds quit{5};
};

/// `text` with dots stuffed, where a line may begin at its first octet or not.
std::string stuff_dots(std::string_view text, bool at_line_start);

class Session {
public:
    Session(std::unique_ptr<Stream> stream, DialogueSettings settings, TimeLimits limits);

    /// @return idle, give_up or reconnect.
    net::awaitable<Next> open();
    /// @param transaction  outlives the call. @return likewise; results are in dialogue().
    net::awaitable<Next> carry(const Transaction& transaction);
    net::awaitable<void> quit();

    const Dialogue& dialogue() const { return dialogue_; }

private:
    net::awaitable<Next> drive(Step step);
    net::awaitable<Step> read_reply();
    net::awaitable<Step> send_text();
    net::awaitable<Result<std::string_view>> next_piece(OctetsReader& reader);
    net::awaitable<Step> write_failed(boost::system::error_code error);
    net::awaitable<bool> receive(Deadline deadline);
    Step failed(boost::system::error_code error);
    std::chrono::seconds limit() const;

    std::unique_ptr<Stream> stream_;
    Dialogue dialogue_;
    TimeLimits limits_;
    ReplyParser parser_;
    std::string waiting_;  // received, not yet parsed
    boost::system::error_code read_error_;
};

}  // namespace imc::smtp::client
