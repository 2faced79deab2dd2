#pragma once
/// @file admin/newest_first.h  Pages of what grows at its end, the newest first.
///
/// The cursor is the time of the last one given, and how many of that very time were given: records
/// that come meanwhile move nothing.
#include "admin/desk.h"

#include <algorithm>

namespace imc::admin {

struct TimeCursor {
    WallTime time{};
    std::size_t given = 0;  ///< of that time
};
/// "2026-11-27T05:00:00.123Z/2". Nothing: it is none.
std::optional<TimeCursor> parse_cursor(std::string_view text);
std::string to_text(const TimeCursor& cursor);

/// What of `all` the page has; not later than the cursor's time. @return the next cursor, or empty
/// @param all   oldest first, nearly sorted
/// @param time  of one of them
template <class Record, class Time>
std::string cut_page(std::vector<Record>& all, const std::optional<TimeCursor>& from,
                     std::size_t limit, const Time& time)
{
    std::vector<std::pair<WallTime, std::size_t>> order;
    order.reserve(all.size());
    for (const auto& r : all)
        order.emplace_back(time(r), order.size());
    std::ranges::sort(order, std::ranges::greater{});
    std::vector<Record> sorted;
    sorted.reserve(all.size());
    for (const auto& [at, index] : order)
        sorted.push_back(std::move(all[index]));
    all = std::move(sorted);
    auto begin = all.begin();
    if (from) {
        begin = std::ranges::find_if(all, [&](const auto& r) { return time(r) <= from->time; });
        for (std::size_t n = 0; n < from->given && begin != all.end() && time(*begin) == from->time;
             ++n)
            ++begin;
    }
    all.erase(all.begin(), begin);
    if (all.size() <= limit) return {};
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(limit), all.end());
    TimeCursor next{time(all.back()), 0};
    for (const auto& r : all)
        next.given += time(r) == next.time ? 1 : 0;
    if (from && from->time == next.time) next.given += from->given;
    return to_text(next);
}

}  // namespace imc::admin
