#pragma once
/// @file directory/filter.h  Search filters: the string form of RFC 4515.
///
/// And, or, not, equality, presence, substrings, >= and <=. Extensible match is refused; ~= is read
/// as equality. Depth and size are bounded.
///
/// Answers are yes, no and undefined, as on a server (RFC 4511 section 4.5.1.7): an attribute that
/// the schema does not know, a value it could not have, parts or an order of what has none, make a
/// filter undefined, and so its negation. Only a yes matches.
///
/// Errors:  40015 with the position.
#include "directory/entry.h"

#include <optional>

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

    bool matches(const Entry& entry) const { return evaluate(entry) == true; }

    std::string to_string() const;  ///< parses back to the same filter

    Kind kind = Kind::present;
    std::string attribute;
    std::vector<std::string> values;  ///< equality: one; substrings: first and last may be empty
    std::vector<Filter> parts;        ///< of and, or, not

private:
    std::optional<bool> evaluate(const Entry& entry) const;
    std::optional<bool> evaluate_item(const Entry& entry) const;
};

}  // namespace imc
