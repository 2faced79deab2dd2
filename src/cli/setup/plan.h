#pragma once
/// @file cli/setup/plan.h  What `imc setup` was asked for, made complete and judged before anything
/// is written.
#include "base/paths.h"
#include "config/tree.h"

#include <string>
#include <vector>

namespace imc::cli {

struct SetupRequest {
    std::string organization, site, server, domain, host_name;
    std::string administrator = "administrator";
    std::string directory = "embedded";  ///< or LDAP URLs
    std::string base, bind_dn, password_file;
    bool start_tls = false;
    std::string ca_file;
    std::vector<std::string> listen;
    std::vector<std::string> smart_hosts;
    std::string admin_listen;
    bool reinstall = false;
    bool yes = false;
};

struct SetupPlan {
    config::OrganizationPlan organization;
    SetupRequest request;
    std::string host_name;
    std::string host_name_why;  ///< where the name came from, when it was not given
    bool embedded = true;
    std::vector<std::string> listeners;
};

/// Errors: 40110 naming the option, what was found and what is expected.
Result<SetupPlan> make_plan(SetupRequest request);

/// The text of a new registry file.
std::string registry_text(const SetupPlan& plan);

/// The rule for an alias: unique, 1 to 64 octets, no path characters, no control characters.
Result<> check_alias(std::string_view alias);

}  // namespace imc::cli
