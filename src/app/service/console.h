#pragma once
/// @file app/service/console.h  What `imc serve --console` shows: steps, events, live statistics.
///
/// On a terminal the last line is redrawn each second, and everything else appears above it.
/// Without one there are only plain lines: the statistics when they changed, at most each 10 s.
/// The numbers are those of `imc stat`, asked of our own control socket; while the service is held
/// the line says by what.
///
/// Threads: any; a thread of its own draws.
#include "base/paths.h"
#include "config/assertion.h"
#include "event/log.h"

#include <iosfwd>
#include <map>
#include <memory>

namespace imc::app {

using Statistics = std::map<std::string, std::uint64_t>;  ///< by name, as `imc stat --json`

/// "in 12 (3/s)  out 4 (1/s)  delivered 9 (2/s)  returned 0  refused 1 (0/s)  queue 3 (1 deferred)
/// sessions 2  couriers 1"
std::string statistics_line(const Statistics& before, const Statistics& now,
                            std::chrono::milliseconds between);

class Console {
public:
    /// @param terminal  `out` is one
    Console(std::ostream& out, bool terminal);
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    /// "ok  spool opened": a step of the start that passed.
    void step(const std::string& what);
    /// A step per assertion.
    void steps(const config::Verdict& verdict);

    /// Records appear as lines.
    std::unique_ptr<EventSink> sink();

    /// Draws the statistics from now on, until destruction.
    void watch(const Paths& paths);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::app
