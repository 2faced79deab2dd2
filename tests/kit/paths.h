#pragma once
/// @file tests/kit/paths.h  Where the project and what was built of it are.
#include <string>

namespace imc::kit {

std::string source_dir();
std::string binary_dir();

}  // namespace imc::kit
