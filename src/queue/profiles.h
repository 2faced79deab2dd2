#pragma once
/// @file queue/profiles.h  The profile of each domain, looked for once per configuration.
///
/// Threads: one at a time (the queue's lock).
#include "config/config.h"

#include <map>
#include <unordered_map>

namespace imc::queue {

using ProfilePtr = std::shared_ptr<const config::DomainProfile>;

/// What of a profile decides over a connection. Domains that agree in it share sites.
std::string terms_of(const config::DomainProfile& profile);

class Profiles {
public:
    void use(config::ConfigPtr config);
    /// @param domain  in any case; of an address to which mail goes
    ProfilePtr of(std::string_view domain);
    ProfilePtr of_stores() const { return stores_; }  ///< mail stores here: the connector's limits

private:
    config::ConfigPtr config_;
    ProfilePtr stores_;
    std::unordered_map<std::string, ProfilePtr> known_;
    std::map<std::string, ProfilePtr> distinct_;  ///< by the profile's own domain
};

/// What follows the last @ of an address, lower case.
std::string domain_of(std::string_view address);

}  // namespace imc::queue
