#pragma once
/// @file app/service/service.h  From the first check to the last goodbye: what `imc serve` does.
///
/// Start: check, else refuse (or hold); then spool, queue, listeners; ready. While running:
/// registry and directory are watched; a change is tested, then taken as a new generation, after 2
/// s of quiet. A directory that does not answer at the start may be bridged by the last good
/// generation (StartWithoutDirectory); when it is back, it must agree.
///
/// Signals: SIGTERM and SIGINT stop (30 s for what is in flight), SIGQUIT drains without a limit;
/// each further one goes a step on: drain, 30 s, now. SIGHUP checks now. Threads and pools have 10
/// s more to end; then the process leaves without them (app/service/ending.h).
#include "base/paths.h"

#include <iosfwd>

namespace imc::app {

struct ServeOptions {
    bool hold = false;      ///< wait for the mend instead of ending
    bool console = false;   ///< steps, events and live statistics on `out`
    bool terminal = false;  ///< `out` is a terminal
};

/// @return the exit status: 0 stopped, 1 could not start, 3 refused by a check; 75, which comes
/// without a return: left, since something did not end
int serve(const Paths& paths, const ServeOptions& options, std::ostream& out, std::ostream& err);

}  // namespace imc::app
