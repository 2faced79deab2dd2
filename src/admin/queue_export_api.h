#pragma once
/// @file admin/queue_export_api.h  Queue views and whole messages for the control socket.
///
///     GET /api/v1/queue-views          four lines: name, messages, recipients, octets, oldest
///     GET /api/v1/queue-groups?by=     site, route, reason, domain or sender: key, messages,
///                                      recipients, octets, ...; the last line is the rest
///     GET /api/v1/queue/{id}/envelope  docs/formats/queue-export.md
///     GET /api/v1/queue/{id}/text?at=  the next piece of the text, from that octet on; empty: the
///                                      end. `at` is 0, or the sum of the pieces before.
#include "admin/server.h"
#include "queue/views.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::admin {

/// @param background  for what reads the disk, or walks over all that waits
void add_queue_export_api(Server& server, queue::Queue& queue,
                          boost::asio::thread_pool& background);

}  // namespace imc::admin
