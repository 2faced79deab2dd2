#pragma once
/// @file spool/spool.h  Messages that must not be lost, and what became of their recipients.
///
/// Acknowledged means on stable storage: an operation completes with success only after the sync
/// that covers it. Each commit is all or nothing after a crash. A message is visible to others
/// (recover(), body()) only after it is durable.
///
/// Errors:  3018 (disk low: refused before anything was written; 452 4.3.1), 40150 (write or sync
///          failed; 451 4.3.0), 40151 (another process holds the spool), 40152 (damaged).
/// Threads: any. Completions run on the executor of the coroutine that awaits.
#include "base/error.h"
#include "base/octets.h"
#include "base/time.h"

#include <boost/asio/awaitable.hpp>

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace imc::spool {

namespace net = boost::asio;

/// Grows; never used twice in one spool. Shown as 13 letters and digits of Crockford's base 32.
struct MessageId {
    std::uint64_t number = 0;
    friend auto operator<=>(const MessageId&, const MessageId&) = default;
    std::string to_string() const;
    static Result<MessageId> parse(std::string_view text);
};

enum class Priority : std::uint8_t { urgent, normal, non_urgent };

struct Recipient {
    std::string address;        ///< envelope address, without <>
    std::string original = {};  ///< ORCPT, "rfc822;a@b"; empty: none given
    std::uint8_t notify =
        0;  ///< RFC 3461 NOTIFY bits: 1 never, 2 success, 4 failure, 8 delay; 0: default
    std::string route = {};  ///< "host" or "host:port" it was rerouted to; empty: as configured
    friend bool operator==(const Recipient&, const Recipient&) = default;
};

/// What is kept with a message. `body` begins with our Received line.
struct Envelope {
    std::string sender;  ///< empty: a report; never causes another (RFC 5321 4.5.5)
    std::vector<Recipient> recipients;
    std::string envid = {};  ///< RFC 3461 ENVID
    std::string ret = {};    ///< "", "FULL" or "HDRS"
    bool eight_bit = false;  ///< BODY=8BITMIME
    bool smtp_utf8 = false;
    Priority priority = Priority::normal;
    WallTime arrived_at{};
    std::string peer = {};     ///< "[192.0.2.1]:4711 (client.example)"; for people
    std::string account = {};  ///< authenticated as; empty: nobody
    WallTime expires_at = {};  ///< {}: as configured
    WallTime held_until = {};  ///< {}: not held; WallTime::max(): until it is released
    std::string hold_reason = {};
    friend bool operator==(const Envelope&, const Envelope&) = default;
};

using Body = Octets;

enum class Outcome : std::uint8_t {
    waiting,    ///< not tried, or tried and to be tried again
    delivered,  ///< final: taken over by the next hop or the mail store
    failed,     ///< final: a report was made, or none was due
    deleted,    ///< final: removed by an administrator
};

/// What is known of one recipient; the newest replaces what was known.
struct RecipientState {
    Outcome outcome = Outcome::waiting;
    std::uint32_t attempts = 0;
    WallTime next_attempt{};       ///< waiting only
    std::string last_status = {};  ///< "4.4.1"
    std::string last_reply = {};   ///< of the peer or our own words, verbatim, one line
    std::string last_host = {};    ///< "mx.example.net[192.0.2.7]:25"
    friend bool operator==(const RecipientState&, const RecipientState&) = default;
};

struct RecipientResult {
    std::uint32_t recipient;  ///< index in Envelope::recipients
    RecipientState state;
};

/// A text on its way to the disk, so that a large one is never in memory as a whole. Calls block.
/// What was written is removed with this object unless its message has been stored.
class TextWriter {
public:
    virtual ~TextWriter() = default;
    virtual Result<> append(std::string_view octets) = 0;
    /// All of it is on stable storage; nothing may be appended any more.
    virtual Result<> finish() = 0;
    virtual std::uint64_t size() const = 0;
    virtual MessageId id() const = 0;  ///< of the message that it will belong to
    /// Reads what was written, once it is finished.
    virtual std::shared_ptr<const OctetsFile> read_back() const = 0;
};

/// What is to be remembered of a message: why it waits, who touched it. The newest of a key
/// replaces the one before; an empty text removes it.
struct Evidence {
    std::string key;  ///< some letters; "crashes" is the spool's own
    std::string text;
    friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct NewMessage {
    Envelope envelope;
    Body body;
    std::shared_ptr<TextWriter> rest = {};  ///< of the same spool, finished, if `body` blocks
    MessageId id = {};  ///< of new_id(), or that of `rest`; 0: whichever comes next
    std::vector<Evidence> evidence = {};  ///< known of it from the beginning, by key
};

struct Hold {
    WallTime until{};  ///< {}: released; WallTime::max(): until it is released
    std::string reason = {};
    friend bool operator==(const Hold&, const Hold&) = default;
};

/// What an administrator, or a rule, changes of an envelope. What is not given stays.
struct Amendment {
    std::optional<std::string> sender = {};
    std::optional<Priority> priority = {};
    std::optional<WallTime> expires_at = {};
    std::optional<Hold> hold = {};
    std::map<std::uint32_t, std::string> routes = {};  ///< recipient's index -> Recipient::route
    bool empty() const { return *this == Amendment{}; }
    friend bool operator==(const Amendment&, const Amendment&) = default;
};

/// One more recipient of a message: of a list, a redirection.
struct AddedRecipient {
    Recipient recipient;
    RecipientState state = {};
};

/// One atomic change of a message and, with it, messages it causes (a DSN). Applied in the order of
/// the members: `results` may be of recipients that `added` brings. A message whose recipients are
/// all final after that is done, and its space is free.
struct Commit {
    MessageId message;
    std::vector<RecipientResult> results = {};  ///< of an index that is not there: ignored
    std::vector<NewMessage> caused = {};
    std::vector<AddedRecipient> added = {};  ///< their indices continue those that are there
    Amendment amendment = {};
    std::vector<Evidence> evidence = {};
    bool done = false;  ///< ends the message, whatever its recipients are
};

/// A message found alive at start.
struct Recovered {
    MessageId id;
    Envelope envelope;
    std::vector<RecipientState> states;  ///< one per recipient
    std::uint64_t body_octets = 0;
    std::vector<Evidence> evidence = {};  ///< by key
    std::uint32_t crashes = 0;  ///< processes that died while working on it (spool/working.h)
};

struct Health {
    bool accepts = true;  ///< false: store() answers 3018 or 40150 at once
    std::uint64_t free_octets = 0;
    bool loading = false;  ///< messages of before the start are still being read
    std::uint64_t segments_to_read = 0, segments_read = 0;  ///< for that
    std::uint64_t live_messages = 0;
    std::uint64_t segments = 0;
    std::string trouble = {};  ///< empty when well
};

class WorkingFile;

class Spool {
public:
    virtual ~Spool() = default;

    /// For WorkingOn (spool/working.h); null: none is kept.
    virtual WorkingFile* working() { return nullptr; }

    /// For who must know the id beforehand: it is spent whether or not a message is stored with it.
    virtual MessageId new_id() = 0;

    /// For the part of a text that is not to be kept in memory.
    virtual Result<std::unique_ptr<TextWriter>> begin_text() = 0;

    /// Makes the message durable. @return its id, and only then may 250 be said.
    virtual net::awaitable<Result<MessageId>> store(NewMessage message) = 0;

    /// Makes a change durable. @return ids of `caused`, in order. Until it returns, no recipient
    /// with a result in it may be tried again. A message that is gone is not changed; what is
    /// caused is stored nevertheless. Changes of one message take effect in the order of the calls.
    virtual net::awaitable<Result<std::vector<MessageId>>> commit(Commit change) = 0;

    /// Many changes, all or none of them; one of the same message after another. On a full disk
    /// there is room for one segment of them: 3018 when they need more.
    /// @return ids of all that is caused, in order
    virtual net::awaitable<Result<std::vector<MessageId>>>
    commit_all(std::vector<Commit> changes) = 0;

    /// The text of a message; from memory when it has just come, else read back and its CRC
    /// checked.
    virtual Result<Body> body(MessageId id) = 0;

    /// What is remembered of a message, by key: for who asks, since it is read back from the disk.
    /// Waits for no start: a message that is not known yet is none (40155).
    virtual Result<std::vector<Evidence>> evidence(MessageId id [[maybe_unused]])
    {
        return std::vector<Evidence>{};
    }

    /// The in-memory copy is no longer needed soon (after the first attempt has failed).
    virtual void forget_body(MessageId id) = 0;

    /// Messages alive when the spool was opened, up to `most` at a time; none: that were all.
    /// Blocks until they are known, which may take seconds when there are a million: new mail is
    /// taken meanwhile, changes of old messages wait, and a full disk has no room that old ones
    /// leave. If they cannot be read (40152) none is handed over, and nothing is taken any more.
    virtual std::vector<Recovered> recover(std::size_t most) = 0;
    std::vector<Recovered> recover() { return recover(~std::size_t{0}); }

    /// As of a quarter of a second ago at most. Tells of what has changed (3018, 40153).
    virtual Health health() const = 0;

    /// Everything acknowledged is durable already; this ends the writer. Later calls fail 40150.
    virtual void close() = 0;
};

/// What is larger stands in a file of its own, but for its beginning.
inline constexpr std::size_t large_octets = 256 * 1024;

/// Writes all but the beginning of a large body to the disk. Blocks.
Result<> keep_rest_on_disk(Spool& spool, NewMessage& message);

}  // namespace imc::spool
