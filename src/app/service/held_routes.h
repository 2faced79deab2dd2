#pragma once
/// @file app/service/held_routes.h  What the Administrator's server answers while the service is
/// held, and while it runs.
#include "admin/session_api.h"
#include "app/service/state_board.h"

namespace imc::app {

/// All references outlive the server.
struct HeldRouteParts {
    admin::SessionParts sessions;
    std::shared_ptr<StateBoard> board;
    std::function<std::string()> loading = nullptr;  ///< of add_state_api
};

void add_held_routes(admin::Server& server, HeldRouteParts parts);

/// What no pattern fits: a page; or, of the API, 503 while held and else 404.
void answer_the_rest(admin::Server& server, std::shared_ptr<const StateBoard> board, bool held);

}  // namespace imc::app
