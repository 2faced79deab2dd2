#pragma once
/// @file admin/quarantine_api.h  What of the quarantine needs the running service.
///
///     POST /api/v1/quarantine/{id}/release   -> {"message": ID of the queue}
///     GET  /api/v1/filter                    JSON Lines: {"row": ..., "hits": n} since the start
///
/// A release is: stored in the queue, then gone from the quarantine. A crash between the two leaves
/// the message in both places, and the queue's event log says so; it is never in neither.
///
/// Events:  40704 (released)
#include "admin/server.h"
#include "event/log.h"
#include "policy/filter_table.h"
#include "queue/queue.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::admin {

struct QuarantineParts {
    spool::Spool& spool;
    queue::Queue& queue;
    EventLog& events;
    boost::asio::thread_pool& background;  ///< the disk is asked there
    std::function<std::string()> folder;   ///< of the generation in force
    std::function<std::vector<policy::FilterTable::Count>()> counts;
    queue::CopyKeeper* copies = nullptr;  ///< null: none are kept
};

void add_quarantine_api(Server& server, QuarantineParts parts);

}  // namespace imc::admin
