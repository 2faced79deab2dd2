#pragma once
/// @file app/service/stopping.h  The orderly end of a service that is asked by a signal.
///
/// SIGQUIT drains without a limit, SIGTERM and SIGINT wait 30 seconds for sessions and deliveries
/// in flight; each further signal goes one step on, the last step is now. What is not finished is
/// in the queue. Pools and threads that do not end then: app/service/ending.h.
///
/// Events:  1001
/// Threads: the one that owns the signals.
#include "app/service/console.h"
#include "app/service/engine.h"
#include "app/service/signals.h"

#include <chrono>
#include <string>

namespace imc::app {

inline constexpr std::chrono::seconds normal_stop{30};

/// As sd_notify(3): "READY=1".
void tell_systemd(const std::string& state);

struct StopParts {
    Engine& engine;
    Signals& signals;
    EventLog& events;
    Console* console;  ///< null: nobody looks on
};
void stop_orderly(const StopParts& parts, int signal);

}  // namespace imc::app
