#include "config/schedule.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace imc::config {
namespace {

constexpr std::uint16_t day = 24 * 60;
constexpr std::uint16_t week = 7 * day;
constexpr std::array<std::string_view, 7> names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

Error bad(std::string_view row, std::string_view found, const std::string& expected)
{
    return Error{EventId::value_invalid, "\"" + printable(row) + "\": \"" + printable(found) +
                                             "\" where " + expected + " is expected"};
}

std::optional<unsigned> number(std::string_view text)
{
    unsigned out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return out;
}

/// "HH:MM", up to 24:00.
std::optional<std::uint16_t> time_of_day(std::string_view text)
{
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return {};
    const auto hours = number(text.substr(0, colon));
    const auto minutes = number(text.substr(colon + 1));
    if (!hours || !minutes || text.size() - colon != 3 || colon > 2 || *minutes > 59) return {};
    const auto out = *hours * 60 + *minutes;
    if (out > day) return {};
    return static_cast<std::uint16_t>(out);
}

std::optional<std::size_t> day_of(std::string_view text)
{
    for (std::size_t i = 0; i < names.size(); ++i)
        if (same_word(text, names[i])) return i;
    return {};
}

/// "Mon-Fri", "Sat,Sun", "Fri-Mon", "daily". @return the word that is none
std::optional<std::string_view> days(std::string_view text, std::array<bool, 7>& on)
{
    if (same_word(text, "daily")) {
        on.fill(true);
        return {};
    }
    for (bool more = true; more;) {
        const auto comma = text.find(',');
        const auto part = text.substr(0, comma);
        more = comma != std::string_view::npos;
        if (more) text.remove_prefix(comma + 1);
        const auto dash = part.find('-');
        const auto first = day_of(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : day_of(part.substr(dash + 1));
        if (!first || !last) return part;
        for (auto i = *first;; i = (i + 1) % 7) {
            on[i] = true;
            if (i == *last) break;
        }
    }
    return {};
}

std::vector<std::string_view> words_of(std::string_view row)
{
    std::vector<std::string_view> out;
    while (!row.empty()) {
        const auto space = row.find(' ');
        if (const auto word = row.substr(0, space); !word.empty()) out.push_back(word);
        if (space == std::string_view::npos) break;
        row.remove_prefix(space + 1);
    }
    return out;
}

std::optional<Error> read_windows(std::string_view row, const std::vector<std::string_view>& words,
                                  Schedule& into)
{
    std::array<bool, 7> on{};
    if (const auto wrong = days(words[0], on))
        return bad(row, *wrong,
                   "always, on-demand, queued MINUTES, or days (Mon-Fri, Sat,Sun, daily)");
    if (words.size() < 2) return bad(row, "", "HH:MM-HH:MM");
    const auto dash = words[1].find('-');
    const auto from = time_of_day(words[1].substr(0, dash));
    const auto to = dash == std::string_view::npos ? std::optional<std::uint16_t>{}
                                                   : time_of_day(words[1].substr(dash + 1));
    if (!from || !to || *from == day || *from == *to)
        return bad(row, words[1], "HH:MM-HH:MM, 00:00-24:00 for the whole day,");
    const bool utc = words.size() == 3 && same_word(words[2], "UTC");
    if (words.size() > 2 && !utc) return bad(row, words[2], "UTC or nothing");
    for (std::uint16_t i = 0; i < 7; ++i) {
        if (!on[i]) continue;
        const auto begin = static_cast<std::uint16_t>(i * day + *from);
        const auto length = *to > *from ? *to - *from : *to + day - *from;
        into.windows.push_back({begin, static_cast<std::uint16_t>(begin + length), utc});
    }
    return {};
}

std::tm on_the_clock(std::time_t seconds, bool utc)
{
    std::tm out{};
    if (utc)
        ::gmtime_r(&seconds, &out);
    else
        ::localtime_r(&seconds, &out);
    return out;
}

std::time_t seconds_of(WallTime now)
{
    return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
}

/// The moment at which the clock shows so many minutes more than it does now.
WallTime ahead(WallTime now, int minutes, bool utc)
{
    auto clock = on_the_clock(seconds_of(now), utc);
    clock.tm_min += minutes;
    clock.tm_sec = 0;
    clock.tm_isdst = -1;
    const auto then = utc ? ::timegm(&clock) : std::mktime(&clock);
    return WallTime{std::chrono::seconds{then}};
}

/// The clock is set within the next hours: hours are left out, or come twice.
bool clock_is_set_soon(WallTime now)
{
    const auto later = now + std::chrono::hours{3};
    return on_the_clock(seconds_of(now), false).tm_gmtoff !=
           on_the_clock(seconds_of(later), false).tm_gmtoff;
}

bool holds(const Window& window, std::uint16_t minute)
{
    return (minute >= window.from && minute < window.to) || minute + week < window.to;
}

}  // namespace

Result<Schedule> parse_schedule(const std::vector<std::string>& rows)
{
    Schedule out;
    out.always = rows.empty();
    for (const auto& row : rows) {
        const auto words = words_of(row);
        if (words.size() == 1 && same_word(words[0], "always")) {
            out.always = true;
        } else if (words.size() == 1 && same_word(words[0], "on-demand")) {
            continue;
        } else if (words.size() == 2 && same_word(words[0], "queued")) {
            const auto minutes = number(words[1]);
            if (!minutes || *minutes < 1 || *minutes > week)
                return bad(row, words[1], "a number of minutes, 1 to 10080,");
            out.queued = std::chrono::minutes{*minutes};
        } else if (words.empty()) {
            return bad(row, row, "always, on-demand, queued MINUTES, or DAYS HH:MM-HH:MM");
        } else if (auto wrong = read_windows(row, words, out)) {
            return *wrong;
        }
    }
    return out;
}

std::uint16_t minute_of_week(WallTime now, bool utc)
{
    const auto clock = on_the_clock(seconds_of(now), utc);
    const int monday_first = (clock.tm_wday + 6) % 7;
    return static_cast<std::uint16_t>(monday_first * day + clock.tm_hour * 60 + clock.tm_min);
}

bool in_window(const Schedule& schedule, WallTime now)
{
    if (schedule.always) return true;
    return std::ranges::any_of(schedule.windows, [&](const Window& window) {
        return holds(window, minute_of_week(now, window.utc));
    });
}

std::optional<WallTime> next_change(const Schedule& schedule, WallTime now)
{
    if (schedule.always) return {};
    std::optional<WallTime> out;
    for (const auto& window : schedule.windows) {
        const auto minute = minute_of_week(now, window.utc);
        for (const auto edge : {window.from, window.to}) {
            const int minutes = (edge % week + week - minute - 1) % week + 1;
            auto then = ahead(now, minutes, window.utc);
            if (then <= now || (!window.utc && clock_is_set_soon(now)))
                then = now + std::chrono::minutes{1};
            out = out ? std::min(*out, then) : then;
        }
    }
    return out;
}

}  // namespace imc::config
