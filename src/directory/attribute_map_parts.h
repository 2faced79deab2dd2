#pragma once
/// @file directory/attribute_map_parts.h  What objects (attribute_map.cc) and questions
/// (attribute_map_filter.cc) share of the map.
#include "base/text.h"
#include "directory/schema.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace imc {

/// Attributes of ours that are more than another name for theirs.
namespace mapped_names {
inline constexpr std::string_view addresses = "proxyAddresses";
inline constexpr std::string_view alias = "mailNickname";
inline constexpr std::string_view disabled = "imcDisabled";
}  // namespace mapped_names

inline bool has_name(const std::vector<std::string>& names, std::string_view name)
{
    return std::ranges::any_of(names, [&](const std::string& n) { return same_word(n, name); });
}

/// Of several of theirs only the first value is ours.
inline bool has_one_value(std::string_view attribute)
{
    const auto* rule = find_attribute(attribute);
    return rule == nullptr || rule->single;
}

}  // namespace imc
