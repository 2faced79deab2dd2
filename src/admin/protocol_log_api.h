#pragma once
/// @file admin/protocol_log_api.h  The protocol log, switched for a while.
///
///     GET /api/v1/protocol-log    what is written, by whose order, until when
///     PUT /api/v1/protocol-log    {"level","peers":[],"minutes"}; level None ends it at once
///
/// Errors: 40402 (a level, peer or number that is none)
#include "admin/server.h"
#include "base/time.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace imc::admin {

struct ProtocolLogOrder {
    unsigned level = 0;              ///< 1, 3, 5; 0 ends the one in force
    std::vector<std::string> peers;  ///< networks, hosts, domains; empty: everybody
    std::chrono::minutes length{10};
    std::string by;
};

struct ProtocolLogState {
    unsigned level = 0;  ///< that lasts: ProtocolLogLevel
    std::vector<std::string> peers;
    struct Temporary {
        unsigned level = 0;
        std::vector<std::string> peers;
        WallTime until{};
        std::string by;
    };
    std::optional<Temporary> temporary;
};

class ProtocolLogDesk {
public:
    virtual ~ProtocolLogDesk() = default;
    virtual ProtocolLogState state() const = 0;
    /// @param dry_run  only says what is wrong with it
    virtual Result<> order(ProtocolLogOrder order, bool dry_run) = 0;
};

boost::json::object to_json(const ProtocolLogState& state);

/// `desk` outlives the server.
void add_protocol_log_api(Server& server, ProtocolLogDesk& desk);

}  // namespace imc::admin
