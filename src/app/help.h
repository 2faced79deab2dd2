#pragma once
/// @file app/help.h  What the manual's pages show of this executable.
#include <string>
#include <string_view>

namespace imc::app {

/// The piece of that name (cli/manual/html.h); empty: there is none. Made once, when somebody asks
/// for the first time. Threads: any.
std::string help_piece(std::string_view name);

}  // namespace imc::app
