#pragma once
/// @file app/start/directory_checks.h  Warnings about a directory that works: what cannot be proven
/// by it, and, for `imc check` only, since a start does not wait for that: what is slow in it,
/// twice, or refers to nothing.
#include "app/start/start_check.h"
#include "directory/health.h"

namespace imc::app {

/// Of where recipients are looked up. Adds directory.duplicates and directory.references, and of
/// servers directory.indexes, directory.lag and directory.latency; none of them ever fails.
void judge_directory_health(const Paths& paths, StartCheck& check, Deadline deadline);

/// directory.lag and directory.latency. Pure.
std::vector<config::Assertion> judge_server_states(const std::vector<ServerState>& states,
                                                   std::chrono::milliseconds slow_from);

/// Of where recipients are looked up, if that is a server: adds directory.absence, which never
/// fails. Where nobody can be proven to be unknown, each unknown recipient is deferred.
void judge_absence(StartCheck& check, Deadline deadline);

}  // namespace imc::app
