#pragma once
/// @file event/diagnostics.h  Diagnostics logging: categories, and levels None 0, Minimum 1, Medium
/// 3, Maximum 5 (Q154505). Each category's level stands in a registry value.
///
/// Events have a level of their own in the catalogue; 0 is always written. The level of SMTP
/// Protocol Log is that of the protocol log itself.
///
/// Threads: pure.
#include <optional>
#include <span>
#include <string_view>

namespace imc {

struct DiagnosticsCategory {
    std::string_view name;   ///< as in the event log
    std::string_view value;  ///< of the registry
};

std::span<const DiagnosticsCategory> diagnostics_categories();
/// By its name, or the beginning of one only; letter case does not matter.
const DiagnosticsCategory* find_category(std::string_view name);

std::string_view name_of_level(unsigned level);  ///< 2 is Minimum, too
/// "Medium", "medium" or "3".
std::optional<unsigned> parse_level(std::string_view text);

}  // namespace imc
