#pragma once
/// @file admin/audit_note.h  What handlers say of a change; admin/audit.h keeps it.
#include "admin/caller.h"
#include "base/error.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

namespace imc::admin {

/// No secrets: a password that was set is "(set)".
struct Change {
    std::string action;  ///< "registry.put", "directory.rename", "queue.hold"
    std::string object;  ///< what is changed: a DN, a registry value, a path
    boost::json::value before = nullptr, after = nullptr;
    std::string undo = {};  ///< the command that takes it back; empty: none
};

class Auditor {
public:
    virtual ~Auditor() = default;
    /// Durable when it returns the number. Error 41020: then the change must not be made.
    virtual boost::asio::awaitable<Result<std::uint64_t>> note(Caller who, Change change) = 0;
    virtual boost::asio::awaitable<void> came_to_nothing(std::uint64_t number, Caller who,
                                                         std::string why) = 0;
    /// What is known of `number` only now that it is done: how much it met, and its way back.
    virtual boost::asio::awaitable<void> came_of(std::uint64_t number, Caller who,
                                                 Change outcome) = 0;
};

}  // namespace imc::admin
