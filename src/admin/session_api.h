#pragma once
/// @file admin/session_api.h  Signing in, tokens, one-time links, who may do what, what was done.
///
///     POST GET DELETE /api/v1/session      GET /link/{code}    POST /api/v1/admin-links
///     GET POST /api/v1/tokens   DELETE /api/v1/tokens/{name}
///     GET /api/v1/administrators           GET /api/v1/audit
///     PUT DELETE /api/v1/emergency-account
///
/// All of them work while the service is held.
///
/// Events:  41000 (a session began), 41005 (of the emergency account)
#include "admin/api_tokens.h"
#include "admin/audit.h"
#include "admin/emergency_account.h"
#include "admin/one_time_links.h"
#include "admin/server.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::admin {

/// What became of an account and a password.
struct SignIn {
    enum class Outcome : std::uint8_t { proved, refused, locked, cannot_say };
    Outcome outcome = Outcome::refused;
    Caller who = {};            ///< account, role and domain, when proved
    bool in_directory = false;  ///< where the account is
    std::chrono::seconds retry_after{};
    Error why = {};  ///< cannot_say
};

struct PasswordGiven {
    std::string account, password;
    std::string address;  ///< "192.0.2.1"
    std::string peer;     ///< with the port, for records
};

struct NamedAdministrator {
    std::string account, role, domain, where;
};

/// All references outlive the server.
struct SessionParts {
    WebSessions& sessions;
    OneTimeLinks& links;
    ApiTokens& tokens;
    EmergencyAccount& emergency;
    Audit& audit;
    EventLog& events;
    boost::asio::thread_pool& pool;
    std::function<boost::asio::awaitable<SignIn>(PasswordGiven)> judge;
    /// Where the pages are: "http://127.0.0.1:8025"; an Error says why they are nowhere.
    std::function<Result<std::string>()> url;
    /// Blocks on the disk.
    std::function<std::vector<NamedAdministrator>()> administrators;
};

void add_session_api(Server& server, SessionParts parts);

}  // namespace imc::admin
