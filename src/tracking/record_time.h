#pragma once
/// @file tracking/record_time.h  The time column: "2026-11-25T21:45:42.123Z" and nothing else.
#include "event/record_json.h"

#include <string_view>

namespace imc::tracking {

inline std::optional<WallTime> parse_record_time(std::string_view text)
{
    constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
    if (text.size() != form.size()) return {};
    for (std::size_t i = 0; i < form.size(); ++i)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return {};
    return parse_time(text, {});
}

}  // namespace imc::tracking
