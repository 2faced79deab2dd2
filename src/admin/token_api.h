#pragma once
/// @file admin/token_api.h  GET and POST /api/v1/tokens, DELETE /api/v1/tokens/{name}.
#include "admin/api_tokens.h"
#include "admin/server.h"

#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>

namespace imc::admin {

/// As the list shows it: without its hash.
boost::json::object to_shown(const ApiToken& token, WallTime now);

/// Both references outlive the server.
void add_token_api(Server& server, ApiTokens& tokens, boost::asio::thread_pool& pool);

}  // namespace imc::admin
