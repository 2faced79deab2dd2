#pragma once
/// @file admin/queue_headers_api.h  Of what waits: its header section, and what the overview tells.
///
///     GET /api/v1/queue/{id}/headers
#include "admin/desk.h"
#include "queue/queue.h"

namespace imc::admin {

void add_queue_headers_api(Server& server, queue::Queue& queue, boost::asio::thread_pool& pool);

/// {"messages","recipients","octets","by_reason":[...]}
boost::json::value queue_overview(const queue::Queue& queue);

bool is_in_queue(const queue::Queue& queue, const std::string& id);

}  // namespace imc::admin
