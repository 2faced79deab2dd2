#pragma once
/// @file app/commands.h  The whole command line of `imc`: every sub-command, in the order of help.
#include "cli/command.h"

namespace imc::app {

void add_commands(CLI::App& imc, cli::Context& context);

/// Parses and runs. A wrong usage is one line that names the command, then where its help is.
/// @return the exit status: see cli/command.h
int run(CLI::App& imc, cli::Context& context, int argc, const char* const* argv);

}  // namespace imc::app
