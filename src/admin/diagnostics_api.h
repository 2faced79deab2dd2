#pragma once
/// @file admin/diagnostics_api.h  Diagnostics levels of the categories of the event log.
///
///     GET /api/v1/diagnostics    a line for each category: category, level, name, value
///     PUT /api/v1/diagnostics    {"category","level"}: written to the registry, taken a moment
///                                later without a restart
///
/// Errors: 40402 (a category or level that is none); those of registry/store.h
#include "admin/server.h"
#include "base/paths.h"

#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>

namespace imc::admin {

struct DiagnosticsRow {
    std::string category;
    std::string value;  ///< of the registry
    unsigned level = 0;
};

/// What the registry says. Blocks.
Result<std::vector<DiagnosticsRow>> read_diagnostics(const Paths& paths);
boost::json::object to_json(const DiagnosticsRow& row);

/// Blocks. @return the command that undoes it
Result<std::string> set_diagnostics(const Paths& paths, std::string_view category,
                                    std::string_view level, bool dry_run = false);

/// What is referred to outlives the server.
void add_diagnostics_api(Server& server, const Paths& paths, boost::asio::thread_pool& background);

}  // namespace imc::admin
