#pragma once
/// @file admin/emergency_api.h  PUT and DELETE /api/v1/emergency-account: on the control socket
/// only.
#include "admin/emergency_account.h"
#include "admin/server.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::admin {

/// Both references outlive the server.
void add_emergency_api(Server& server, const EmergencyAccount& account,
                       boost::asio::thread_pool& pool);

}  // namespace imc::admin
