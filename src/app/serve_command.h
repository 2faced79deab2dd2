#pragma once
/// @file app/serve_command.h  `imc serve`: the service in this process.
#include "cli/command.h"

namespace imc::app {

void add_serve(CLI::App& imc, cli::Context& context);

}  // namespace imc::app
