#pragma once
/// @file app/start/host_checks.h  Assertions about this host: clock, folders, disk, ports, locks.
///
/// `imc check` judges for the service: what the running service itself holds (its ports, its lock)
/// counts as free.
#include "config/assertion.h"
#include "config/config.h"

namespace imc::app {

/// clock: before 2020 dates in mail, certificates and DNSSEC make no sense.
void judge_clock(std::vector<config::Assertion>& out);

/// spool.folder, spool.space, spool.lock; mail.folder, run.folder; log.folder, which only warns.
/// @param service_pid  of the running service, 0 when none
void judge_folders(const Paths& paths, std::uint64_t low_water_octets, int service_pid,
                   std::vector<config::Assertion>& out);

/// network.listeners: each can be bound.
void judge_listeners(const Paths& paths, const std::vector<config::ListenerSetting>& listeners,
                     int service_pid, std::vector<config::Assertion>& out);

/// Of the service that runs under these paths (it holds run/imc.pid locked), 0 when none.
int running_service(const Paths& paths);

}  // namespace imc::app
