#pragma once
/// @file cli/rejects.h  How a refusal is shown, by `imc rejects` and `imc explain CODE`.
#include "cli/command.h"
#include "tracking/rejection.h"

namespace imc::cli {

/// One line.
void show_rejection(Context& context, const tracking::Rejection& rejection);
/// All that is known of the refusal with this code, and what may be done. Sets status.
void explain_rejection(Context& context, const std::string& code);

}  // namespace imc::cli
