#pragma once
/// @file app/start/mend.h  What `imc check --fix` does: back up, change, check again.
#include "app/start/start_check.h"

#include <vector>

namespace imc::app {

struct Mended {
    std::vector<std::string> done;  ///< one line per change
    std::string
        undo;  ///< a shell command that brings the state before back; empty: nothing was changed
};

/// Something that failed, or a warning, has an automatic fix.
bool can_mend(const config::Verdict& verdict);

/// Applies every automatic fix of the verdict. What one fix changes twice is changed once.
/// Errors: of registry and directory; what was done before the failure is undone.
Result<Mended> mend(const Paths& paths, const StartCheck& check, Deadline deadline);

}  // namespace imc::app
