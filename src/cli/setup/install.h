#pragma once
/// @file cli/setup/install.h  Carries out a setup plan: every step is done, or undone.
#include "cli/setup/plan.h"

#include <iosfwd>

namespace imc::cli {

/// New organization, or a server that joins an existing one. Never overwrites. Prints what it
/// wrote.
Result<> install(const Paths& paths, const SetupPlan& plan, std::ostream& out);

/// Identity only: renames organization, site, server and connector in the directory and writes
/// SiteDN and CommonName. Without `request.yes` it only prints what it would do. Spool, mail and
/// recipients stay.
Result<> reinstall(const Paths& paths, const SetupPlan& plan, std::ostream& out);

}  // namespace imc::cli
