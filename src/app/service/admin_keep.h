#pragma once
/// @file app/service/admin_keep.h  What of the Administrator's server outlives a generation, and a
/// hold: who has signed in stays signed in while the service is mended and starts.
///
/// Threads: any.
#include "admin/api_tokens.h"
#include "admin/audit.h"
#include "admin/emergency_account.h"
#include "admin/one_time_links.h"
#include "base/paths.h"
#include "directory/password.h"
#include "smtp/sasl/attempts.h"

#include <map>
#include <mutex>

namespace imc::app {

struct AdminKeep {
    AdminKeep(const Paths& paths, EventLog& events)
        : audit{paths.audit(), events}, tokens{paths.admin_tokens()},
          emergency{paths.admin_password()}
    {}

    admin::Audit audit;
    admin::WebSessions sessions;
    admin::OneTimeLinks links;
    admin::ApiTokens tokens;
    admin::EmergencyAccount emergency;
    /// Fewer guesses than a mail client has: whoever guesses right here rules the connector.
    smtp::sasl::Attempts attempts{{.account_failures = 5, .address_failures = 20}};

    /// Of an account that has signed in, by its alias.
    struct Known {
        std::vector<std::string> names;  ///< under which imcAdministrator may mean it
        std::string mark;                ///< another when its password is another
    };
    std::mutex mutex;  ///< of:
    std::map<std::string, Known> known;
    /// Of the marks; only this process has it.
    const std::string key = random_octets(32);
};

}  // namespace imc::app
