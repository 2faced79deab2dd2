#pragma once
/// @file directory/health.h  What lets mail flow and still wants mending: names twice, references
/// to nothing, attributes without an index.
///
/// For `imc check`: each question is bounded, and what was not looked at is said.
///
/// Errors:  what the directory says.
/// Threads: any; all of these block.
#include "directory/ldap.h"

#include <set>

namespace imc {

struct HealthFindings {
    std::vector<std::string> twice;     ///< "address smtp:a@b: cn=x and cn=y", "alias a: ..."
    std::vector<std::string> dangling;  ///< "cn=x: member cn=gone"
    std::size_t objects = 0;            ///< that were looked at
    std::size_t references = 0;
    bool whole = true;        ///< false: there are more than were looked at
    bool all_objects = true;  ///< and so it is of objects
};

struct HealthBounds {
    std::size_t objects = 1'000'000;  ///< 32 octets of memory each, and a few for each address
    std::size_t reads = 1'000;        ///< of objects that are referred to and lie elsewhere
    std::size_t findings = 20;        ///< of each kind
};

/// Recipients below `base`, under our names.
Result<HealthFindings> look_over(Directory& people, const Dn& base, Deadline deadline,
                                 const HealthBounds& bounds = {});

/// Of `attributes`, those that the server knows and the database of `settings.base` has no equality
/// index for.
struct MissingIndexes {
    std::string database;  ///< "olcDatabase={1}mdb,cn=config"
    std::vector<std::string> attributes;
};
/// As cn=config of an OpenLDAP server tells. Absent: it is none, or our account may not read that.
Answer<MissingIndexes> missing_indexes(const LdapSettings& settings,
                                       const std::vector<std::string>& attributes,
                                       Deadline deadline);

/// One server of several URLs, on a connection of its own.
struct ServerState {
    std::string url;
    std::optional<Error> silent = {};        ///< why it does not answer
    std::chrono::microseconds latency = {};  ///< of one look-up, the best of some
    std::string missing = {};  ///< changes that were seen elsewhere, and not there for a while
};
/// Asks each URL of `settings`. A replica that is behind by no more than the time of `patience`
/// counts as up to date.
/// @param filter  of a look-up that finds nobody
std::vector<ServerState> server_states(const LdapSettings& settings, std::string_view filter,
                                       std::chrono::milliseconds patience, Deadline deadline);

/// "objectClass eq", "cn,mail eq,sub", "default eq", "uid": whether one says eq of `attribute`.
bool has_equality_index(const std::vector<std::string>& index_lines, std::string_view attribute);

}  // namespace imc
