#pragma once
/// @file spool/stopped_spool.h  What the spool of a service that does not run holds, to be looked
/// at.
///
/// Nothing is written, mended or removed, and no lock is taken: a service that starts meanwhile is
/// not kept from it. What is handed over may then be gone already; whoever asks looks afterwards
/// whether the spool is still nobody's (in_use()). Whatever would change something fails with
/// 40150.
///
/// Errors:  40150 (the folder or a file cannot be read), 40151 (a process has the spool), 40152
///          (damaged, or of another version; what can be read is handed over, and the event is
///          raised)
/// Threads: one at a time.
#include "base/files.h"
#include "event/log.h"
#include "spool/spool.h"

namespace imc::spool {

/// @return 40151, which says who has the spool; nothing: nobody has
std::optional<Error> in_use(const std::string& folder);

/// Reads all of it. @param files  and `events` outlive the spool
Result<std::unique_ptr<Spool>> open_stopped_spool(const std::string& folder, FileSystem& files,
                                                  EventLog& events);

}  // namespace imc::spool
