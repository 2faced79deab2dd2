#pragma once
/// @file tracking/record_time.h  The time column: "2026-11-25T21:45:42.123Z" and nothing else.
#include "event/record_json.h"

namespace imc::tracking {

inline std::optional<WallTime> parse_record_time(std::string_view text)
{
    if (text.size() != 24 || text[10] != 'T' || text.back() != 'Z') return {};
    return parse_time(text, {});
}

}  // namespace imc::tracking
