#pragma once
/// @file admin/gate.h  Who asks over TCP.
#include "admin/request.h"

#include <optional>

namespace imc::admin {

class Gate {
public:
    virtual ~Gate() = default;
    /// Puts into `request.caller` who asks, somebody or nobody; or answers in place of everything,
    /// because the request is a forged one. Await it in the expression that calls it.
    virtual boost::asio::awaitable<std::optional<Response>> admit(Request& request) = 0;
    /// What the caller came in with holds still; asked while an answer streams.
    virtual bool holds(const Caller& caller) = 0;
};

}  // namespace imc::admin
