#pragma once
/// @file cli/setup/install.h  Carries out a setup plan: every step is done, or undone.
#include "base/files.h"
#include "cli/setup/plan.h"

#include <iosfwd>

namespace imc::cli {

class AuditLine;  ///< cli/audited.h

/// New organization, or a server that joins an existing one. Never overwrites. Prints what it
/// wrote; when a step fails, those before it are undone and nothing is printed.
Result<> install(const Paths& paths, const SetupPlan& plan, std::ostream& out,
                 FileSystem& files = real_files());

/// For --reinstall: names that were not given stay as the directory has them, when it has one
/// connector object.
Result<SetupRequest> with_present_names(const Paths& paths, SetupRequest request);

/// Identity only: renames organization, site, server and connector in the directory and writes
/// SiteDN and CommonName. Without `request.yes` it only prints what it would do. Spool, mail and
/// recipients stay. @param line  of the audit log, announced before anything is changed
Result<> reinstall(const Paths& paths, const SetupPlan& plan, std::ostream& out, AuditLine& line);

}  // namespace imc::cli
