#pragma once
/// @file admin/queue_actions_api.h  What is done to what waits, for the control socket.
///
///     POST /api/v1/queue/VERB      body: a selector, "dry_run", and what the verb needs
///     GET  /api/v1/queue-actions/{number}
///
/// VERB is one of queue/administration.h. The answer comes when the action is done, or after a
/// moment with how far it is and `"finished": false`: then it goes on by itself, and the second
/// path says, again after a moment at most, how it stands. The last 100 are remembered.
///
/// Each action raises event 40260 with who did it.
#include "admin/server.h"
#include "event/log.h"
#include "queue/administration.h"

namespace imc::admin {

/// @param queue  outlives the server; so does `events`
void add_queue_actions_api(Server& server, queue::Queue& queue, EventLog& events,
                           boost::asio::any_io_executor executor);

}  // namespace imc::admin
