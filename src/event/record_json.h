#pragma once
/// @file event/record_json.h  A record as one JSON object; docs/formats/events-jsonl.md.
#include "event/log.h"

#include <optional>

namespace imc {

std::string to_json_line(const EventRecord& record);  ///< without the line's end

/// Nothing when the line is no record.
std::optional<EventRecord> parse_json_line(std::string_view line);

std::string to_rfc3339(WallTime time);  ///< "2026-11-24T12:00:00.123Z"
/// Also a date alone, and "90m", "24h", "7d" ago relative to `now`.
std::optional<WallTime> parse_time(std::string_view text, WallTime now);

}  // namespace imc
