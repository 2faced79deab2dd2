#pragma once
/// @file directory/entry.h  One object of the directory: a name and multi-valued attributes.
#include "base/text.h"
#include "directory/dn.h"

#include <map>
#include <span>

namespace imc {

struct LessWord {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const;  ///< ignoring ASCII case
};

/// RFC 4512 section 2.5: a name or an OID, and options (";lang-de").
bool is_attribute_description(std::string_view text);

/// Attribute names ignore case and keep their first spelling; values keep their order.
using Attributes = std::map<std::string, std::vector<std::string>, LessWord>;

struct Entry {
    Dn dn;
    Attributes attributes;
    std::string id = {};  ///< the same after a rename (entryUUID); empty: the engine tells none

    std::string_view first(std::string_view name) const;  ///< empty when absent
    std::span<const std::string> all(std::string_view name) const;
    bool has_class(std::string_view object_class) const;
};

}  // namespace imc
