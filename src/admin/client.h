#pragma once
/// @file admin/client.h  The commands' way to the running service.
///
/// Errors: 40400 (the service is not running), 41061 (it cannot be asked), 41060 (it has taken a
/// change, and its answer did not come), 40115 (it is held), 40402 (what it said). Blocks up to the
/// deadline.
#include "base/error.h"
#include "base/time.h"

#include <boost/json/value.hpp>

#include <string>

namespace imc::admin {

/// Of an Error of these functions: nobody has the socket, so no service runs under this root; or
/// something that only looks was not answered. Only then may a command do itself what it would have
/// asked for.
bool is_nobody_there(const Error& error);

struct ServiceAnswer {
    unsigned status = 0;
    std::string body;     ///< JSON text, or JSON Lines
    std::string loading;  ///< see call()

    bool done() const { return status < 300; }
};

/// What the service answers, whatever its status; the other functions make an Error of a refusal.
Result<ServiceAnswer> ask(const std::string& socket_path, const std::string& method,
                          const std::string& target, const boost::json::value& body,
                          Deadline deadline);

/// @param target  path and query, encoded
/// @param loading  gets what the service says of itself while it still reads its spool: as the
///                 header imc-loading of docs/formats/admin-api.md; empty: it does not
/// @return the body: JSON text, or JSON Lines
Result<std::string> call(const std::string& socket_path, const std::string& method,
                         const std::string& target, const boost::json::value& body,
                         Deadline deadline, std::string* loading = nullptr);

/// What a body that tells of an error says; of another body, the body.
Error error_of(std::string_view body);

/// POST of a piece of a message.
Result<std::string> send_piece(const std::string& socket_path, const std::string& target,
                               std::string octets, Deadline deadline);

}  // namespace imc::admin
