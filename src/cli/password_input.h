#pragma once
/// @file cli/password_input.h  A password from a terminal, a file or standard input; never from
/// arguments, which every user of the host can read.
///
/// Errors: 40282, which says what is wrong and never what was read.
#include "base/error.h"

#include <istream>
#include <string>

namespace imc::cli {

/// @param file  mode 0600 or stricter; "-": `in`; empty: the terminal, asked twice without echo.
///              One line end at the end is none of the password.
/// @param terminal  descriptor that is asked
Result<std::string> read_new_password(const std::string& file, std::istream& in, int terminal,
                                      const std::string& whose);

}  // namespace imc::cli
