#pragma once
/// @file admin/events_api.h  The event log, and what its numbers mean; while held, too.
///
///     GET /api/v1/events?id=&type=&category=&since=&until=&text=&after=&limit=   newest first
///                                       a page goes on where the one before it ended
///     GET /api/v1/events/explain/{what}     a number, a symbol, a reply or status code
#include "admin/desk.h"
#include "event/catalogue.h"
#include "event/status_codes.h"

namespace imc::admin {

void add_events_api(Desk& desk);

/// As `imc explain --json` has them.
boost::json::object event_json(const EventInfo& event);
boost::json::object status_json(const StatusMeaning& status);

}  // namespace imc::admin
