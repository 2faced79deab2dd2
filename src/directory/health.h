#pragma once
/// @file directory/health.h  What lets mail flow and still wants mending: names twice, references
/// to nothing, attributes without an index.
///
/// For `imc check`: each question is bounded, and what was not looked at is said.
///
/// Errors:  what the directory says.
/// Threads: any; all of these block.
#include "directory/ldap.h"

namespace imc {

struct HealthFindings {
    std::vector<std::string> twice;     ///< "address smtp:a@b: cn=x and cn=y", "alias a: ..."
    std::vector<std::string> dangling;  ///< "cn=x: member cn=gone"
    std::size_t objects = 0;            ///< that were looked at
    std::size_t references = 0;
    bool whole = true;  ///< false: there are more than were looked at
};

struct HealthBounds {
    std::size_t objects = 20'000;
    std::size_t reads = 1'000;  ///< of objects that are referred to and lie elsewhere
    std::size_t findings = 20;  ///< of each kind
};

/// Recipients below `base`, under our names.
Result<HealthFindings> look_over(Directory& people, const Dn& base, Deadline deadline,
                                 const HealthBounds& bounds = {});

/// Of `attributes`, those that the database of `settings.base` has no equality index for.
struct MissingIndexes {
    std::string database;  ///< "olcDatabase={1}mdb,cn=config"
    std::vector<std::string> attributes;
};
/// As cn=config of an OpenLDAP server tells. Absent: it is none, or our account may not read that.
Answer<MissingIndexes> missing_indexes(const LdapSettings& settings,
                                       const std::vector<std::string>& attributes,
                                       Deadline deadline);

/// "objectClass eq", "cn,mail eq,sub", "default eq", "uid": whether one says eq of `attribute`.
bool has_equality_index(const std::vector<std::string>& index_lines, std::string_view attribute);

}  // namespace imc
