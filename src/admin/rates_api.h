#pragma once
/// @file admin/rates_api.h  GET /api/v1/rates: what was counted in each minute of the last 24
/// hours.
///
///     {"step":60,"from":"2026-11-27T12:00:00.000Z","in":[3,0,1],"out":[…],…}
///
/// One list for each series, oldest first; the last value is the minute that has not ended.
#include "admin/server.h"
#include "metrics/rates.h"

#include <boost/json/object.hpp>

namespace imc::admin {

boost::json::object to_json(const metrics::Rates::Reading& reading);

/// `rates` outlives the server.
void add_rates_api(Server& server, const metrics::Rates& rates);

}  // namespace imc::admin
