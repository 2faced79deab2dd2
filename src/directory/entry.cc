#include "directory/entry.h"

#include <algorithm>

namespace imc {

bool LessWord::operator()(std::string_view a, std::string_view b) const
{
    return std::ranges::lexicographical_compare(a, b, {}, to_lower, to_lower);
}

bool is_attribute_description(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        const char l = to_lower(c);
        return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ';';
    });
}

std::string_view Entry::first(std::string_view name) const
{
    const auto found = attributes.find(name);
    return found == attributes.end() || found->second.empty()
               ? std::string_view{}
               : std::string_view{found->second.front()};
}

std::span<const std::string> Entry::all(std::string_view name) const
{
    const auto found = attributes.find(name);
    if (found == attributes.end()) return {};
    return found->second;
}

bool Entry::has_class(std::string_view object_class) const
{
    return std::ranges::any_of(all("objectClass"),
                               [&](const std::string& c) { return same_word(c, object_class); });
}

}  // namespace imc
