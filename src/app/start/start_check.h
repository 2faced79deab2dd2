#pragma once
/// @file app/start/start_check.h  The one list of what must be true before the service starts.
#include "config/load.h"

namespace imc::app {

struct StartCheck {
    config::Verdict verdict;
    config::ConfigPtr config;  ///< null unless the configuration itself is sound
    std::shared_ptr<Directory> directory;
};

/// Evaluates everything. @param service_pid  see host_checks.h
StartCheck start_check(const Paths& paths, int service_pid, Deadline deadline);

/// "Error 2140: ...", the deciding event and the verdict: what a refused start prints.
std::string refusal_text(const config::Verdict& verdict);

/// run/last-start.json.
void write_last_start(const Paths& paths, const config::Verdict& verdict);

}  // namespace imc::app
