#pragma once
/// @file admin/queue_actions_api.h  What is done to what waits, for the control socket.
///
///     POST /api/v1/queue/VERB      body: a selector, "dry_run", and what the verb needs
///     GET, DELETE /api/v1/queue-actions/{number}     how it stands; go no further
///
/// VERB is one of queue/administration.h. The answer comes when the action is done, or after a
/// moment with how far it is and `"finished": false`: then it goes on by itself, and the second
/// path says, again after a moment at most, how it stands. The last 100 are remembered.
/// After DELETE no further group is taken; what was done stays, and has its way back.
///
/// Each action raises event 40260 with who did it. The audit log has two lines of it: what is meant
/// and whom it would touch, and what came of it, with the way back.
#include "admin/server.h"
#include "event/log.h"
#include "queue/administration.h"

namespace imc::admin {

/// @param queue  outlives the server; so does `events`
/// @param option  of commands that are told: " --root DIR", or empty
void add_queue_actions_api(Server& server, queue::Queue& queue, EventLog& events,
                           boost::asio::any_io_executor executor, std::string option = {});

}  // namespace imc::admin
