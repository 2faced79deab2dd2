#pragma once
/// @file config/profile_fields.h  The attributes of a domain's profile, each with its meaning.
///
/// The same attributes on the connector object are what every profile inherits.
///
/// Errors:  40110 with what was found and expected.
/// Threads: pure.
#include "base/error.h"
#include "config/domain_profile.h"

#include <span>

namespace imc::config {

struct ProfileField {
    std::string_view attribute;
    std::string_view expected;  ///< for people
    /// @param secrets  the folder of password files
    Result<> (*read)(DomainProfile& into, std::span<const std::string> values,
                     const std::string& secrets);
    bool on_connector = true;  ///< false: means something else there
};

/// In the order in which they are to be read: one for all priorities before those of one.
std::span<const ProfileField> profile_fields();

std::string_view to_string(OutboundTls tls);

}  // namespace imc::config
