#pragma once
/// @file queue/link.h  When a link that is not always up opens, and when it closes. Pure: whoever
/// drives it runs the hooks and moves the gate of the queue.
///
/// Any row of the schedule opens it. Within a window it stays open; opened for what waited, or by
/// an administrator who named no time, it closes once nothing has waited for `quiet`, or after the
/// time-out. Mail that comes meanwhile goes at once. What an administrator has closed stays closed
/// until the window ends; under `always`, until he opens it.
///
/// KB:      Q158318 (past due at start: opens at once), Q156063 2.2.5 (`queued N` opens N minutes
///          after it was closed at the earliest), Q159209, Q230051 (rows are independent)
/// Threads: one owner at a time.
#include "base/time.h"
#include "config/schedule.h"

#include <optional>
#include <string>

namespace imc::queue {

class Link {
public:
    using Steady = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds quiet{60};
    static constexpr std::chrono::minutes after_failure{5};  ///< until the next attempt to open

    struct Moment {
        WallTime wall;
        Steady steady;
    };
    struct Needs {
        bool wants = false;  ///< something waits for a connection that it may get, or is sent
        std::optional<WallTime> oldest = {};  ///< arrival of what has waited longest
    };
    struct Move {
        bool open;        ///< else: close
        std::string why;  ///< "mail has waited for 15 minutes"
    };

    /// Takes effect at the next step().
    void set(config::Schedule schedule, std::chrono::minutes timeout);

    /// @param length  how long it stays open; nothing: until nothing waits
    void ask_open(std::optional<std::chrono::minutes> length);
    void ask_close();

    /// What is to be done now; nothing: nothing. Then opened(), closed() or failed() must follow.
    std::optional<Move> step(Moment now, const Needs& needs);
    void opened(Moment now);
    void closed(Moment now);
    void failed(Moment now);  ///< to open

    bool is_open() const { return open_; }
    bool has_rows_for_queued() const { return schedule_.queued.has_value(); }
    /// While it is closed: when it opens, as far as that is known, and in words what opens it.
    std::optional<WallTime> opens_at(Moment now, const Needs& needs) const;
    std::string opens_when() const;

private:
    std::optional<std::string> why_close(Moment now, const Needs& needs);
    std::optional<std::string> why_open(Moment now, const Needs& needs);

    config::Schedule schedule_;
    std::chrono::minutes timeout_{60};
    bool open_ = false;
    bool until_quiet_ = false;  ///< opened for what waits
    std::optional<Steady> until_;
    std::optional<std::chrono::minutes> length_;
    bool asked_open_ = false, asked_close_ = false;
    bool kept_closed_ = false;  ///< by an administrator, against the schedule
    Steady opened_at_{}, wanted_at_{}, retry_at_{};
    std::optional<Steady> closed_at_;
};

/// When in_window() is true next; nothing: within the next weeks never.
std::optional<WallTime> next_window(const config::Schedule& schedule, WallTime now);

}  // namespace imc::queue
