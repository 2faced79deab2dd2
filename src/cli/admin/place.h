#pragma once
/// @file cli/admin/place.h  Where the commands of `imc admin` are answered: by the running service,
/// or, when none runs, by the same code in this process.
#include "admin/server.h"
#include "cli/command.h"
#include "event/log.h"

#include <boost/asio/thread_pool.hpp>
#include <boost/json/value.hpp>

#include <functional>

namespace imc::cli {

/// @return the body of the answer
Result<std::string> ask_administrator(const Context& context, const std::string& method,
                                      const std::string& target, const boost::json::value& body);

using AddRoutes = std::function<void(admin::Server&, boost::asio::thread_pool&, EventLog&)>;

/// In this process, over the files alone. A change is in the audit log, as the service writes it.
/// @param add  the routes that there are
Result<std::string> answer_here(const Context& context, const std::string& method,
                                const std::string& target, const boost::json::value& body,
                                const AddRoutes& add);

/// answer_here(), unless a service runs: then its answer.
Result<std::string> ask_or_answer_here(const Context& context, const std::string& method,
                                       const std::string& target, const AddRoutes& add);

}  // namespace imc::cli
