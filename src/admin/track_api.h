#pragma once
/// @file admin/track_api.h  Stories of messages, and what was refused; while held, too.
///
///     GET /api/v1/track?sender=&recipient=&id=&message=&since=&until=&after=&limit=
///     GET /api/v1/track/{id}
///     GET /api/v1/rejects?recipient=&sender=&peer=&code=&rule=&since=&until=&after=&limit=
///     GET /api/v1/rejects/{code}
///
/// A help desk sees what its own domain sent or was sent.
#include "admin/desk.h"
#include "tracking/record.h"
#include "tracking/rejection.h"

namespace imc::admin {

/// @param in_queue  whether a message still waits; null while held: nobody knows
/// @param most_messages  that one search finds: their records are in memory at once, which is
///                       mail's. Of more, the newest, and the header imc-note says so
void add_track_api(Desk& desk, std::function<bool(const std::string& id)> in_queue = nullptr,
                   std::size_t most_messages = 20'000);
void add_rejects_api(Desk& desk);

/// Of one message: all of mail that the caller's domain sent; else what concerns its own
/// recipients.
void keep_seen(std::vector<tracking::Record>& records, const Caller& caller);
bool is_seen(const tracking::Rejection& rejection, const Caller& caller);

}  // namespace imc::admin
