#pragma once
/// @file admin/queue_import_api.h  An exported message comes back to the queue, over the control
/// socket.
///
///     POST /api/v1/queue-imports                body: "envelope" (docs/formats/queue-export.md),
///                                               "hold", "text", "dry_run"; answers "number"
///     POST /api/v1/queue-imports/{number}/text?at=   the next piece of the text, of type
///                                               message/rfc822; at most 4 MiB
///     POST /api/v1/queue-imports/{number}/store answers "message", the new id: it is durable
///
/// An import that hears nothing for a minute is forgotten; so is one that was refused. Eight at a
/// time. One whose exported message is still in the queue, or came back and is there under its new
/// id, over restarts too (admin/came_back.h), is refused: it would be sent twice; so is each while
/// the spool is still read (503). The
/// text is stored as it is, without another Received line, and only with lines that end CRLF unless
/// its checksum says that it is as it was.
///
/// Errors: 40402 (refused: what was found, what is expected), those of the spool
#include "admin/came_back.h"
#include "admin/server.h"
#include "config/config.h"
#include "event/log.h"
#include "queue/queue.h"

#include <boost/asio/thread_pool.hpp>

#include <functional>

namespace imc::admin {

struct ImportParts {
    spool::Spool& spool;
    queue::Queue& queue;
    EventLog& events;
    CameBack& came_back;
    boost::asio::thread_pool& background;  ///< for what waits for the disk
    std::function<config::ConfigPtr()> config;
    /// Shows a durable message to the tracking log and to the queue. @param words  who brought it
    std::function<void(spool::MessageId, spool::Envelope, spool::Body,
                       const std::vector<spool::Evidence>&, const std::string& words)>
        hand_over;
    /// Whether all that waited at the start is in the queue: until then nobody can say that the
    /// exported message is not.
    std::function<bool()> loaded = [] { return true; };
    const WallClock& clock = wall_clock();
    std::chrono::milliseconds patience{60'000};  ///< between two requests of one import
    queue::CopyKeeper* copies = nullptr;         ///< null: none are kept
};

/// What `parts` refers to outlives the server.
void add_queue_import_api(Server& server, ImportParts parts, boost::asio::any_io_executor executor);

}  // namespace imc::admin
