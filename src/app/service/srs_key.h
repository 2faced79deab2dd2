#pragma once
/// @file app/service/srs_key.h  The key of rewritten senders: secrets/srs.key, made at the first
/// start.
///
/// It must outlive a restart, since reports come back to what was made with it: one that cannot be
/// kept is not used (event 40867).
#include "base/files.h"
#include "config/config.h"
#include "event/log.h"

namespace imc::app {

/// The configuration with a key, unless there is none to be had.
config::ConfigPtr with_srs_key(config::ConfigPtr config, FileSystem& files, EventLog& events);

}  // namespace imc::app
