#pragma once
/// @file cli/admin/place.h  Where the commands of `imc admin` are answered: by the running service,
/// or, when none runs, by the same code in this process.
#include "cli/command.h"

#include <boost/json/value.hpp>

namespace imc::cli {

/// @return the body of the answer
Result<std::string> ask_administrator(const Context& context, const std::string& method,
                                      const std::string& target, const boost::json::value& body);

}  // namespace imc::cli
