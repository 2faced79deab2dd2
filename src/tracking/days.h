#pragma once
/// @file tracking/days.h  Files named after days of UTC: YYYYMMDD.log.
#include "base/files.h"
#include "base/time.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace imc::tracking {

using Day = std::chrono::sys_days;

inline Day day_of(WallTime time) { return std::chrono::floor<std::chrono::days>(time); }
std::string file_of(Day day);                           ///< "20261125.log"
std::optional<Day> day_of_file(std::string_view name);  ///< nothing: not such a name

struct DaysRead {
    bool any_file = false;
    std::size_t broken_lines = 0;
};

/// Whole lines that are no comments, day by day, oldest first, from the day of `since` to that of
/// `until`. Reads while others write, or nobody runs.
/// @param take  returns false for a line that is no record
/// @return error: the folder or a file is there and cannot be read
IoResult<DaysRead> read_days(FileSystem& files, const std::string& folder,
                             std::optional<WallTime> since, std::optional<WallTime> until,
                             const std::function<bool(std::string_view line)>& take);

/// Whole lines that begin in [from, to) and are no comments. What stands behind the last LF is not
/// there yet.
/// @param take  returns false for a line that is no record
IoResult<> read_range(File& file, std::uint64_t from, std::uint64_t to,
                      const std::function<bool(std::string_view line, std::uint64_t at)>& take,
                      DaysRead& read);

/// Days of which there are files, oldest first. No folder: none.
IoResult<std::vector<Day>> list_days(FileSystem& files, const std::string& folder);

}  // namespace imc::tracking
