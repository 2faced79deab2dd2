#pragma once
/// @file queue/selection.h  Which recipients an administrator means. Pure.
///
/// Everything that is given must match. A selector in which nothing is given means nobody; whoever
/// means the whole queue says `all`.
///
/// Errors:  40402 (names the word, what was found, and what was expected)
#include "base/error.h"
#include "queue/reason.h"
#include "spool/spool.h"

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace imc::queue {

struct Selector {
    std::vector<spool::MessageId> ids = {};
    std::string sender = {};  ///< whole address, ignoring case; "<>": of reports
    std::string recipient = {};
    std::string domain = {};  ///< of a recipient
    bool all = false;
    std::optional<Reason> reason = {};
    std::string route = {};  ///< its key, or a host of its site, with or without the port
    std::string reply = {};  ///< a part of what was said last, ignoring case
    std::optional<std::chrono::seconds> older = {}, younger = {};
    std::optional<std::uint64_t> larger = {}, smaller = {};  ///< octets
    std::optional<spool::Priority> priority = {};
    std::uint64_t action = 0;              ///< those whom this action touched last; 0: whichever
    std::optional<std::size_t> view = {};  ///< one of view_names()
    enum class Deleted : std::uint8_t { hidden, only, too } deleted = Deleted::hidden;

    bool empty() const;  ///< nothing is given: nobody is meant
    bool asks_of_message() const;
};

struct MessageFacts {
    spool::MessageId id;
    std::string_view sender;
    std::chrono::milliseconds age{};
    std::uint64_t octets = 0;
    spool::Priority priority = spool::Priority::normal;
};
struct RecipientFacts {
    std::string_view address;
    bool deleted = false;
    std::uint64_t action = 0;
    /// Only looked at when the selector names them.
    Reason reason = Reason::connecting;
    std::string_view route = {};
    std::vector<std::string> hosts = {};  ///< "name:port"
    std::string_view reply = {}, site_reply = {};
    std::size_t view = 0;
};
bool fits(const Selector& selector, const MessageFacts& facts);
bool fits(const Selector& selector, const RecipientFacts& facts);

/// The four queues of the historic window (queue/views.h), as they are shown there.
std::span<const std::string_view, 4> view_names();

/// One thing that can be given: an option of the command line, a key of the API.
struct SelectorWord {
    const char* name;
    const char* type;
    const char* help;
};
std::span<const SelectorWord> selector_words();  ///< without "id" and "all"

using Words = std::vector<std::pair<std::string, std::string>>;

/// @param words  names of selector_words(), "id" (often), "all" ("true"). Empty values count as
///               not given.
Result<Selector> parse_selector(const Words& words);
/// As it would be typed: "--domain example.net --older 2h".
std::string to_options(const Words& words);

Error selects_nothing();

/// "90s", "30m", "2h", "7d", "2w". @param of  for the error: what it is
Result<std::chrono::seconds> parse_period(std::string_view of, std::string_view text);

}  // namespace imc::queue
