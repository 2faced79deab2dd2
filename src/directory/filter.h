#pragma once
/// @file directory/filter.h  Search filters: the string form of RFC 4515.
///
/// And, or, not, equality, presence, substrings, >= and <=. Extensible match is refused; ~= is read
/// as equality. Depth and size are bounded. Errors: 40015 with the position.
#include "directory/entry.h"

#include <memory>

namespace imc {

class Filter {
public:
    enum class Kind : std::uint8_t {
        all_of,
        any_of,
        none_of,
        equal,
        present,
        substrings,
        at_least,
        at_most
    };

    static Result<Filter> parse(std::string_view text);

    bool matches(const Entry& entry) const;

    Kind kind = Kind::present;
    std::string attribute;
    std::vector<std::string> values;  ///< equality: one; substrings: first and last may be empty
    std::vector<Filter> parts;        ///< of and, or, not
};

}  // namespace imc
