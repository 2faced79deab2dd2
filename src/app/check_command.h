#pragma once
/// @file app/check_command.h  `imc check`: the verdict of a start, without starting.
#include "cli/command.h"

namespace imc::app {

void add_check(CLI::App& imc, cli::Context& context);

}  // namespace imc::app
