#pragma once
/// @file admin/client.h  The commands' way to the running service.
///
/// Errors: 40400 (the service is not running), 40115 (it is held), 40402 (what it said). Blocks up
/// to the deadline.
#include "base/error.h"
#include "base/time.h"

#include <boost/json/value.hpp>

#include <string>

namespace imc::admin {

/// @param target  path and query, encoded
/// @return the body: JSON text, or JSON Lines
Result<std::string> call(const std::string& socket_path, const std::string& method,
                         const std::string& target, const boost::json::value& body,
                         Deadline deadline);

}  // namespace imc::admin
