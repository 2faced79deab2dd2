#pragma once
/// @file smtp/client/session.h  Drives a Dialogue over a Stream: one connection to one host.
///
/// Text goes out in large pieces of the message itself; only pieces with a dot to stuff, the last
/// one, and a text that is converted are copied. When writing fails, what the peer said before is
/// still read (Q152940). Octets in the clear behind the answer to STARTTLS are a failure of TLS:
/// nobody who is honest sends them.
///
/// Threads: one coroutine at a time.
#include "smtp/client/dialogue.h"
#include "smtp/stream.h"
#include "smtp/tls/client.h"

#include <memory>

namespace imc::smtp::client {

/// RFC 5321 4.5.3.2; `quit` is ours: nobody waits long for a farewell.
struct TimeLimits {
    std::chrono::seconds connect{30};  ///< per address
    std::chrono::seconds greeting{300};
    std::chrono::seconds helo{300};      ///< EHLO, HELO, RSET, STARTTLS and each step of AUTH
    std::chrono::seconds handshake{60};  ///< ours
    std::chrono::seconds mail{300};
    std::chrono::seconds rcpt{300};
    std::chrono::seconds data{120};
    std::chrono::seconds text{180};         ///< per piece
    std::chrono::seconds end_of_data{600};  ///< and of each chunk of BDAT
    std::chrono::seconds etrn{300};         ///< ours: RFC 1985 names none
    std::chrono::seconds quit{5};
};

/// How to ask for TLS; null: it cannot be asked for.
struct SessionTls {
    std::shared_ptr<const TlsClient> client = {};
    std::string name = {};  ///< of the host that we mean
};

/// `text` with dots stuffed, where a line may begin at its first octet or not.
std::string stuff_dots(std::string_view text, bool at_line_start);

class Session {
public:
    Session(std::unique_ptr<Stream> stream, DialogueSettings settings, TimeLimits limits,
            SessionTls tls = {});

    /// @return idle, give_up or reconnect.
    net::awaitable<Next> open();
    /// @param transaction  outlives the call. @return likewise; results are in dialogue().
    net::awaitable<Next> carry(const Transaction& transaction);
    /// After idle: ETRN (RFC 1985). @return the reply; nothing: the connection failed
    net::awaitable<std::optional<PeerReply>> ask(std::string node);
    net::awaitable<void> quit();

    const Dialogue& dialogue() const { return dialogue_; }
    std::vector<RecipientOutcome> take_results() { return dialogue_.take_results(); }

private:
    net::awaitable<Next> drive(Step step);
    net::awaitable<Step> read_reply();
    net::awaitable<Step> start_tls();
    net::awaitable<Step> look_closer();
    net::awaitable<Step> send_text();
    net::awaitable<Step> send_chunk(std::string command);
    /// The next piece of the text as it is to be sent; may be empty before the end.
    net::awaitable<Result<std::string_view>> next_piece();
    net::awaitable<Result<std::string_view>> read_piece();
    void begin_text();
    net::awaitable<Step> write_failed(boost::system::error_code error);
    net::awaitable<bool> receive(Deadline deadline);
    Step failed(boost::system::error_code error);
    std::chrono::seconds limit() const;

    std::unique_ptr<Stream> stream_;
    Dialogue dialogue_;
    TimeLimits limits_;
    SessionTls tls_;
    std::optional<OctetsReader> reader_;               // of the text under way
    std::string_view rest_;                            // read, not yet sent in a chunk
    std::unique_ptr<mail::SevenBitWriter> converter_;  // null: the text goes as it is
    std::string converted_;
    ReplyParser parser_;
    std::string waiting_;  // received, not yet parsed
    boost::system::error_code read_error_;
};

}  // namespace imc::smtp::client
