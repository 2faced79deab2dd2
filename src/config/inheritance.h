#pragma once
/// @file config/inheritance.h  What a connector object does not say comes from the objects above.
///
/// Attributes of the class imcDefaults may stand on the server object, on cn=Site Addressing, on
/// the site (ou=) and on the organization (o=); the nearest that says one decides. All values of an
/// attribute are of one object, none are joined.
///
/// Errors:  that of the directory when one of the objects cannot be read; absent ones say nothing.
/// Threads: pure but for the reading.
#include "config/identity.h"

namespace imc::config {

/// An object above the connector, and its name for people: "server", "site addressing", "site",
/// "organization".
struct Level {
    std::string_view name;
    Dn dn;
};
std::vector<Level> levels_above(const Identity& identity);  ///< the nearest first

/// The class imcDefaults allows it.
bool is_inherited(std::string_view attribute);

/// The connector as it works.
struct Inheritance {
    Entry connector;                         ///< with what it inherits
    std::map<std::string, Dn, LessWord> by;  ///< who says the attributes that it does not say

    const Dn& said_by(std::string_view attribute) const;
};
Inheritance inherit(const Entry& connector, std::span<const Entry> above);

/// Every setting of the connector as it works, as one text: equal if and only if they say the same,
/// in whatever order a directory gives values.
std::string settings_text(const Entry& connector);

Result<std::vector<Entry>> read_above(const Identity& identity, Directory& directory,
                                      Deadline deadline);

}  // namespace imc::config
