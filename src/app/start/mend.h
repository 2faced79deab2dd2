#pragma once
/// @file app/start/mend.h  What `imc check --fix` does: back up, change, check again.
#include "app/start/start_check.h"

#include <functional>
#include <optional>
#include <vector>

namespace imc::app {

struct Mended {
    std::vector<std::string> done;  ///< one line per change
    std::string
        undo;  ///< a shell command that brings the state before back; empty: nothing was changed
    std::optional<Error> failure = {};  ///< of registry, directory or file; the rest was not begun
};

/// Something that failed, or a warning, has an automatic fix.
bool can_mend(const config::Verdict& verdict);

/// Applies every automatic fix of the verdict. What one fix changes twice is changed once.
/// What was done before a failure stays, and is told with what takes it back.
Mended mend(const Paths& paths, const StartCheck& check, Deadline deadline);

struct MendedAll {
    std::vector<std::string> done;
    std::string undo;  ///< the newest change is taken back first
    StartCheck check = {};
    std::optional<Error> failure = {};
    /// clean: nothing is left; stuck: what is left cannot be mended by itself; else there is more.
    enum class End : std::uint8_t { clean, stuck, failed, more } end = End::more;
};

/// Told what is about to be mended, before anything of it is changed.
using BeforeMend = std::function<void(const config::Verdict&)>;

/// A mended identity can uncover the next flaw, so it is checked and mended until nothing moves.
/// @param only  id of the assertion that is mended, once; empty: all
MendedAll mend_all(const Paths& paths, int service_pid, std::chrono::seconds patience,
                   const std::string& only = {}, const BeforeMend& before = nullptr);

}  // namespace imc::app
