#pragma once
/// @file admin/badmail_api.h  What of the folder badmail needs the running service.
///
///     POST /api/v1/badmail/{id}/release   -> {"id": ..., "message": its new ID in the queue}
///
/// Stored in the queue, under a new id with no crashes counted, then gone from badmail: a crash
/// between the two leaves the message in both places, never in neither.
///
/// Events:  40163 (released)
#include "admin/server.h"
#include "event/log.h"
#include "queue/queue.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::admin {

struct BadmailParts {
    spool::Spool& spool;
    queue::Queue& queue;
    EventLog& events;
    boost::asio::thread_pool& background;  ///< the disk is asked there
    std::string folder;
    queue::CopyKeeper* copies = nullptr;  ///< null: none are kept
};

void add_badmail_api(Server& server, BadmailParts parts);

}  // namespace imc::admin
