#pragma once
/// @file cli/admin/token.h  imc admin token add|ls|delete.
#include "cli/command.h"

namespace imc::cli {

void add_admin_token(CLI::App& admin, Context& context);

}  // namespace imc::cli
