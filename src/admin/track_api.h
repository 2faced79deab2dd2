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
void add_track_api(Desk& desk, std::function<bool(const std::string& id)> in_queue = nullptr);
void add_rejects_api(Desk& desk);

/// Of one message: all of mail that the caller's domain sent; else what concerns its own
/// recipients.
void keep_seen(std::vector<tracking::Record>& records, const Caller& caller);
bool is_seen(const tracking::Rejection& rejection, const Caller& caller);

}  // namespace imc::admin
