#pragma once
/// @file cli/setup/existing.h  What the directory holds already, and whether a new server may join.
///
/// An organization of the same name is joined; a name that differs only in letter case is refused
/// with the directory's spelling, since SiteDN must equal it byte for byte (4086). Objects that
/// exist are never changed.
#include "cli/setup/plan.h"
#include "directory/directory.h"

namespace imc::cli {

struct Joining {
    bool organization = false, site = false;
    std::vector<Change> missing;  ///< what this server adds
};

/// Errors: 40013 naming what exists and which option to change; 40001 when the directory is silent.
Result<Joining> judge_existing(Directory& directory, const SetupPlan& plan, Deadline deadline);

}  // namespace imc::cli
