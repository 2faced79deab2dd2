#pragma once
/// @file config/schedule.h  When mail may leave by a link that is not always up.
///
/// Rows of imcSchedule; any of them opens the link:
///     always
///     DAYS HH:MM-HH:MM [UTC]    Mon-Fri 08:00-18:00; Sat,Sun 22:00-02:00 goes on into the next
///     day;
///                               daily 00:00-24:00. Local time of this host, or UTC.
///     queued MINUTES            when something has waited that long; closed again once nothing
///     waits on-demand                 only by `imc link open`
///
/// What an administrator reads on a clock decides: a window begins at 02:30 also on the day on
/// which the clock is set from 02:00 to 03:00 (then at 03:00), and lasts an hour less.
///
/// KB:      Q157707 (weekends), Q158318 (past due at start), Q159209 (new mail while it is open)
/// Errors:  40110
/// Threads: pure, but for the zone.
#include "base/error.h"
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::config {

struct Window {
    std::uint16_t from = 0;  ///< minutes since Monday 00:00
    std::uint16_t to = 0;    ///< exclusive; at most a week and a day, when it goes over Sunday
    bool utc = false;
    friend bool operator==(const Window&, const Window&) = default;
};

struct Schedule {
    bool always = true;  ///< no row at all means this, too
    std::vector<Window> windows;
    std::optional<std::chrono::minutes> queued;  ///< 1 to 10080
    friend bool operator==(const Schedule&, const Schedule&) = default;
};

Result<Schedule> parse_schedule(const std::vector<std::string>& rows);

/// Minutes since Monday 00:00 on the clock of this host.
std::uint16_t minute_of_week(WallTime now, bool utc);

/// Whether a window is open. `queued` and on-demand are not its business.
bool in_window(const Schedule& schedule, WallTime now);

/// When in_window() may next be another: look again then. At most a week away, a minute in the
/// hours before the clock is set; nothing: never.
std::optional<WallTime> next_change(const Schedule& schedule, WallTime now);

}  // namespace imc::config
