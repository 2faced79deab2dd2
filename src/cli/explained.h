#pragma once
/// @file cli/explained.h  What became of a recipient, step by step: for people, or as one JSON
/// object.
#include "admin/explained.h"
#include "cli/command.h"

namespace imc::cli {

/// False, and the reason is said.
bool explain_failed(Context& context, const Error& error);

/// Refused or deferred: exit status 1.
void show(Context& context, const admin::Explained& explained);

}  // namespace imc::cli
