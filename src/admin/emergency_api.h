#pragma once
/// @file admin/emergency_api.h  PUT and DELETE /api/v1/emergency-account: on the control socket
/// only.
#include "admin/emergency_account.h"
#include "admin/server.h"
#include "admin/web_sessions.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::admin {

/// All references outlive the server.
void add_emergency_api(Server& server, const EmergencyAccount& account, WebSessions& sessions,
                       boost::asio::thread_pool& pool);

}  // namespace imc::admin
