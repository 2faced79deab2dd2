#pragma once
/// @file directory/schema.h  Matching rules and object classes. The rows come from
/// share/schema/imc.yaml.
///
/// Threads: constant tables.
#include "directory/entry.h"

#include <optional>

namespace imc {

enum class Syntax : std::uint8_t { text, exact, dn, integer, boolean, octets };

struct AttributeRule {
    std::string_view name;
    Syntax syntax;
    bool single;
    bool secret;            ///< never shown, exported or recorded unless asked for by name
    std::string_view text;  ///< what it is for; may be empty
};

struct ClassRule {
    std::string_view name;
    std::string_view must;  ///< names separated by a space
    std::string_view may;
    bool structural;  ///< an object has exactly one of these (RFC 4512 section 2.4.2)
};

const AttributeRule* find_attribute(std::string_view name);  ///< null: unknown, matched as text
std::vector<std::string_view> attributes_of(Syntax syntax);  ///< their names
const ClassRule* find_class(std::string_view name);

/// By the schema, or, of an attribute that it does not know, by a name that directories of others
/// give to passwords and keys.
bool is_secret(std::string_view attribute);

/// False when a filter may not ask this of the attribute: what it would answer is then undefined.
bool has_substrings(const AttributeRule& rule);
bool has_order(const AttributeRule& rule);

/// True when `value` is one that the attribute could have.
bool is_value_of(const AttributeRule& rule, std::string_view value);

/// The form in which two values of this attribute are compared.
std::string normalized_value(std::string_view attribute, std::string_view value);

/// Error 40011 naming what does not fit: unknown class or attribute, not one structural class,
/// missing or doubled value, syntax.
Result<> check_schema(const Entry& entry);

/// The one structural class among the object's; null when there is none or several.
const ClassRule* structural_class(const Entry& entry);

/// The whole schema as an OpenLDAP cn=config object, for `ldapadd`.
std::string_view schema_ldif();

}  // namespace imc
