#pragma once
/// @file app/check_command.h  `imc check`: the verdict of a start, without starting.
#include "cli/config/config.h"

namespace imc::app {

void add_check(CLI::App& imc, cli::Context& context);

/// The same verdict, for `imc config`: on a configuration that is not there yet.
cli::ConfigJudge config_judge(cli::Context& context);

}  // namespace imc::app
