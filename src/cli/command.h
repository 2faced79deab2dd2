#pragma once
/// @file cli/command.h  What every sub-command of `imc` shares. One file per sub-command.
///
/// A file cli/X.cc defines one function `void add_X(CLI::App& imc, Context& context)` (declared in
/// cli/commands.h) which adds a sub-command with common() and sets its callback; the callback puts
/// the exit status into context.status.
///
/// Exit status: 0 done, 1 failed, 2 wrong usage, 3 refused because a check failed. Errors go to
/// `err`, one line first, and name the object, what was found, what was expected, and the mend.
/// Lists in JSON are JSON Lines, oldest first. Colour only when `terminal`.
#include "base/error.h"
#include "base/paths.h"

#include <CLI/CLI.hpp>

#include <iosfwd>
#include <string>
#include <unistd.h>

namespace imc::cli {

struct Context {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool terminal = false;  ///< stdout is a terminal
    std::string root = {};  ///< --root, else IMC_ROOT, else empty
    bool json = false;      ///< --json
    int status = 0;         ///< what `imc` exits with
    /// Who gave the command, whoever it goes on as.
    unsigned uid = ::geteuid();
    bool direct = false;  ///< --direct: past a service that runs

    Paths paths() const { return Paths{root}; }

    /// Prints "imc: <error>" and, for an event number, where to read on; sets status.
    void fail(const Error& error, int exit_status = 1);
    void fail(const std::string& line, int exit_status = 1);

    /// "Undo: COMMAND", with --json {"undo":"COMMAND"}: the last line of whatever changed
    /// something.
    void undo(const std::string& command);

    /// Asks on a terminal. Without one nothing is asked: `what` was refused, `option` allows it.
    bool may(const std::string& what, const std::string& option);
};

/// Adds --root and --json, which every sub-command has, and returns the command.
CLI::App* common(CLI::App* command, Context& context);

/// common(), and --direct: of what changes something (cli/through_service.h).
CLI::App* changing(CLI::App* command, Context& context);

}  // namespace imc::cli
