#pragma once
/// @file config/profiles.h  What the directory says of domains, with all that each inherits.
///
/// A layer is one who says something: the connector, a row of imcDeliveryRouting, or an object
/// below cn=E-Mail Domains. The closest layer that says a thing decides it: a domain's own object,
/// its row, its parent domain's object and row, and so on, "*", the connector, the default
/// (docs/formats/domain-profiles.md).
///
/// Threads: pure.
#include "config/config.h"

#include <map>

namespace imc::config {

struct ProfileLayer {
    enum class Kind : std::uint8_t { connector, row, object };

    Kind kind = Kind::object;
    std::string domain;      ///< "*" or lower-case A-labels; of the connector: "*"
    bool subdomains = true;  ///< false: for this name only
    std::string source;      ///< for people
    std::map<std::string, std::vector<std::string>> values;  ///< by attribute, as profile_fields()
};

/// One thing that a layer says and nobody understands.
struct ProfileFlaw {
    std::size_t layer;
    std::string attribute;
    std::string found, expected;
};

struct ResolvedProfiles {
    std::vector<DomainProfile> profiles;  ///< "*" is always among them
    std::vector<ProfileFlaw> flaws;
};

/// @param defaults  what is in force where no layer says anything, with its origins
ResolvedProfiles resolve_profiles(const std::vector<ProfileLayer>& layers,
                                  const DomainProfile& defaults, const std::string& secrets);

ProfileLayer layer_of(const DeliveryRow& row);

}  // namespace imc::config
