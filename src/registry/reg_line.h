#pragma once
/// @file registry/reg_line.h  Lines of .reg text; for reg_*.cc only. docs/formats/registry.md.
#include "registry/tree.h"

namespace imc::registry {

inline constexpr std::string_view header5 = "Windows Registry Editor Version 5.00";
inline constexpr std::string_view header4 = "REGEDIT4";

/// "NAME"=DATA as 5.00 has it; long lists of octets are continued.
std::string value_line(std::string_view name, const Value& value);

}  // namespace imc::registry
