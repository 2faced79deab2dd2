#pragma once
/// @file smtp/server/argument.h  "TO:<ann@example.org> NOTIFY=NEVER", of which "TO:" is a keyword.
#include "base/text.h"

#include <optional>
#include <string_view>

namespace imc::smtp {

/// What stands behind the keyword. A space after the colon is wrong, and common enough to be read.
inline std::optional<std::string_view> after_keyword(std::string_view keyword,
                                                     std::string_view argument)
{
    if (!starts_with_word(argument, keyword)) return {};
    argument.remove_prefix(keyword.size());
    while (argument.starts_with(' '))
        argument.remove_prefix(1);
    return argument;
}

}  // namespace imc::smtp
