#pragma once
/// @file admin/queue_api.h  Queue and counters for the control socket.
///
///     GET  /api/v1/queue?WORD=VALUE&after=&offset=&limit=
///                                JSON Lines, one message each; the last id is `after` of the next
///     GET  /api/v1/queue/{id}
///     GET  /api/v1/queue-reasons one object per reason: recipients, oldest, sample
///     GET  /api/v1/stat          one object per counter
///     GET  /metrics              OpenMetrics text
#include "admin/server.h"
#include "metrics/counters.h"
#include "queue/queue.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::admin {

/// @param pool  where the queue is walked: never a thread that serves mail
void add_queue_api(Server& server, queue::Queue& queue, boost::asio::thread_pool& pool);
/// @param reads_metrics  whether /metrics may be read from there without a sign-in; null: nowhere
void add_stat_api(Server& server, metrics::Registry& metrics,
                  std::function<bool(const std::string& address)> reads_metrics = nullptr);

}  // namespace imc::admin
