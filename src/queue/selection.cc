#include "queue/selection.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <limits>

namespace imc::queue {
namespace {

constexpr std::array<SelectorWord, 14> words_of_selectors{{
    {"sender", "ADDRESS", "envelope sender; '<>': reports"},
    {"recipient", "ADDRESS", "recipient's address"},
    {"domain", "DOMAIN", "recipient's domain"},
    {"route", "ROUTE", "its route, as imc queue why says, or a host of its site"},
    {"reply", "TEXT", "a part of the last reply, letter case ignored"},
    {"reason", "REASON", "why it waits, as imc queue ls --by reason says"},
    {"view", "QUEUE", "one of the four queues: inbound-awaiting-delivery"},
    {"priority", "PRIORITY", "urgent, normal or non-urgent"},
    {"older", "PERIOD", "arrived longer ago: 90s, 30m, 2h, 7d, 2w"},
    {"younger", "PERIOD", "arrived since"},
    {"larger", "SIZE", "of more octets: 500, 20k, 3m"},
    {"smaller", "SIZE", "of fewer octets"},
    {"action", "NUMBER", "touched last by this action, as its undo line names it"},
    {"deleted", "WHICH", "hidden, only or too: those that can still be undeleted"},
}};

constexpr std::array<std::string_view, 4> views{
    "inbound awaiting conversion", "inbound awaiting delivery", "outbound awaiting conversion",
    "outbound awaiting delivery"};
constexpr std::array<std::string_view, 3> priorities{"urgent", "normal", "non-urgent"};
constexpr std::array<std::string_view, 3> deleted_words{"hidden", "only", "too"};

Error expected(std::string_view name, std::string_view found, const std::string& wanted)
{
    return Error{EventId::admin_refused, "--" + std::string{name} + ": '" + printable(found, 60) +
                                             "' found; " + wanted + " expected"};
}

bool holds(std::string_view text, std::string_view part)
{
    return std::ranges::search(text, part, {}, to_lower, to_lower).begin() != text.end() ||
           part.empty();
}

std::string_view without_brackets(std::string_view address)
{
    if (address.size() < 2 || address.front() != '<' || address.back() != '>') return address;
    return address.substr(1, address.size() - 2);
}

bool is_host(std::string_view host, std::string_view wanted)
{
    return same_word(host, wanted) || same_word(host.substr(0, host.rfind(':')), wanted);
}

template <std::size_t n>
std::optional<std::size_t> place_of(const std::array<std::string_view, n>& words,
                                    std::string_view word)
{
    for (std::size_t i = 0; i < n; ++i)
        if (same_word(words[i], word)) return i;
    return {};
}

Result<std::uint64_t> parse_octets(std::string_view name, std::string_view text)
{
    std::string_view digits = text;
    std::uint64_t unit = 1;
    if (!digits.empty()) {
        const auto letter = std::string_view{"kmg"}.find(to_lower(digits.back()));
        if (letter != std::string_view::npos) {
            unit = std::uint64_t{1} << (10U * (letter + 1));
            digits.remove_suffix(1);
        }
    }
    const auto number = parse_number(digits);
    if (!number || *number > std::numeric_limits<std::int64_t>::max() / unit)
        return expected(name, text, "octets, as in 500, 20k, 3m or 1g,");
    return *number * unit;
}

std::string all_reasons()
{
    std::string all;
    for (std::size_t i = 0; i < reasons; ++i)
        all += (i == 0 ? "" : ", ") + std::string{name_of(static_cast<Reason>(i))};
    return all;
}

template <class T>
std::optional<Error> take(const Result<T>& parsed, std::optional<T>& into)
{
    if (!parsed) return parsed.error();
    into = *parsed;
    return {};
}

/// @return what is wrong with it
std::optional<Error> take_word(Selector& into, const std::string& name, const std::string& value)
{
    if (name == "sender") into.sender = value == "<>" ? value : without_brackets(value);
    if (name == "recipient") into.recipient = without_brackets(value);
    if (name == "domain") into.domain = value.substr(value.starts_with('@') ? 1 : 0);
    if (name == "route") into.route = value;
    if (name == "reply") into.reply = value;
    if (name == "older") return take(parse_period(name, value), into.older);
    if (name == "younger") return take(parse_period(name, value), into.younger);
    if (name == "larger") return take(parse_octets(name, value), into.larger);
    if (name == "smaller") return take(parse_octets(name, value), into.smaller);
    if (name == "id") {
        const auto id = spool::MessageId::parse(value);
        if (!id) return id.error();
        into.ids.push_back(*id);
    }
    if (name == "reason") {
        into.reason = reason_named(value);
        if (!into.reason)
            return Error{EventId::admin_refused, "--reason: '" + printable(value, 60) +
                                                     "' is no reason; there are " + all_reasons()};
    }
    if (name == "priority") {
        const auto place = place_of(priorities, value);
        if (!place) return expected(name, value, "urgent, normal or non-urgent");
        into.priority = static_cast<spool::Priority>(*place);
    }
    if (name == "view") {
        auto words = value;
        std::ranges::replace(words, '-', ' ');
        into.view = place_of(views, words);
        if (!into.view)
            return expected(name, value,
                            "inbound or outbound, then awaiting-conversion or awaiting-delivery, "
                            "as in inbound-awaiting-delivery,");
    }
    if (name == "deleted") {
        const auto place = place_of(deleted_words, value);
        if (!place) return expected(name, value, "hidden, only or too");
        into.deleted = static_cast<Selector::Deleted>(*place);
    }
    if (name == "action") {
        const auto number = parse_number(value);
        if (!number || *number == 0) return expected(name, value, "the number of an action");
        into.action = *number;
    }
    if (name == "all") {
        if (value != "true" && value != "false") return expected(name, value, "true or false");
        into.all = value == "true";
    }
    return {};
}

}  // namespace

bool Selector::asks_of_message() const
{
    return !sender.empty() || older || younger || larger || smaller || priority;
}

bool Selector::empty() const
{
    return !all && ids.empty() && recipient.empty() && domain.empty() && !reason && !view &&
           route.empty() && reply.empty() && action == 0 && !asks_of_message();
}

bool fits(const Selector& s, const MessageFacts& facts)
{
    if (!s.asks_of_message()) return true;
    if (s.sender == "<>" ? !facts.sender.empty()
                         : !s.sender.empty() && !same_word(s.sender, facts.sender))
        return false;
    if (s.older && facts.age <= *s.older) return false;
    if (s.younger && facts.age >= *s.younger) return false;
    if (s.larger && facts.octets <= *s.larger) return false;
    if (s.smaller && facts.octets >= *s.smaller) return false;
    return !s.priority || *s.priority == facts.priority;
}

bool fits(const Selector& s, const RecipientFacts& facts)
{
    if (facts.deleted ? s.deleted == Selector::Deleted::hidden
                      : s.deleted == Selector::Deleted::only)
        return false;
    if (s.action != 0 && s.action != facts.action) return false;
    if (!s.recipient.empty() && !same_word(s.recipient, facts.address)) return false;
    const auto at = facts.address.rfind('@');
    if (!s.domain.empty() &&
        (at == std::string_view::npos || !same_word(s.domain, facts.address.substr(at + 1))))
        return false;
    if (s.reason && *s.reason != facts.reason) return false;
    if (s.view && *s.view != facts.view) return false;
    if (!s.route.empty() && !same_word(s.route, facts.route) &&
        std::ranges::none_of(facts.hosts, [&](const auto& h) { return is_host(h, s.route); }))
        return false;
    return s.reply.empty() || holds(facts.reply, s.reply) || holds(facts.site_reply, s.reply);
}

std::span<const std::string_view, 4> view_names() { return views; }

std::span<const SelectorWord> selector_words() { return words_of_selectors; }

Result<Selector> parse_selector(const Words& words)
{
    Selector out;
    for (const auto& [name, value] : words) {
        const bool known =
            name == "id" || name == "all" ||
            std::ranges::any_of(words_of_selectors, [&](const auto& w) { return w.name == name; });
        if (!known) {
            std::string all = "id, all";
            for (const auto& word : words_of_selectors)
                all += std::string{", "} + word.name;
            return Error{EventId::admin_refused,
                         "'" + printable(name, 40) + "' selects nothing; there are " + all};
        }
        if (value.empty()) continue;
        if (auto wrong = take_word(out, name, value)) return *wrong;
    }
    return out;
}

std::string to_options(const Words& words)
{
    std::string out;
    for (const auto& [name, value] : words) {
        if (value.empty() || (name == "all" && value != "true")) continue;
        out += out.empty() ? "" : " ";
        if (name == "id")
            out += value;
        else if (name == "all")
            out += "--all";
        else
            out += "--" + name + " " + shell_word(value);
    }
    return out;
}

Error selects_nothing()
{
    return Error{EventId::admin_refused,
                 "an empty selector selects nothing; say which, or all for the whole queue"};
}

Result<std::chrono::seconds> parse_period(std::string_view of, std::string_view text)
{
    using std::chrono::seconds;
    constexpr std::string_view letters = "smhdw";
    constexpr std::array<std::int64_t, 5> units{1, 60, 3600, 86'400, 604'800};
    const auto unit = text.empty() ? letters.npos : letters.find(to_lower(text.back()));
    const auto number = parse_number(text.substr(0, text.empty() ? 0 : text.size() - 1));
    constexpr std::uint64_t most = 100ULL * 366 * 86'400;
    if (unit == letters.npos || !number || *number > most / static_cast<std::uint64_t>(units[unit]))
        return expected(of, text, "a period, as in 90s, 30m, 2h, 7d or 2w,");
    return seconds{static_cast<std::int64_t>(*number) * units[unit]};
}

}  // namespace imc::queue
