#pragma once
/// @file queue/reason.h  Why a recipient is still here: one of a closed list, never "unknown".
///
/// The names are part of the API (`imc queue ls --by reason`, metrics `waiting_NAME`).
#include "spool/spool.h"

#include <array>
#include <optional>
#include <string_view>

namespace imc::queue {

enum class Reason : std::uint8_t {
    in_delivery,           ///< not waiting: a courier has it
    due_later,             ///< tried, and to be tried again at its time
    connecting,            ///< its way or its connection is being made
    site_down,             ///< no host of its site answers; one message tries for all
    connection_limit,      ///< every connection it may use is at work for others
    rate_limit,            ///< its domain takes only so many messages a minute
    held,                  ///< by rule or by an administrator
    no_route,              ///< DNS does not say where it goes, or no connector carries it
    directory_cannot_say,  ///< the directory does not say who it is
    tls_unmet,             ///< no host offers the TLS that its domain must have
    outside_window,        ///< the connector's schedule sends nothing now
    waiting_for_etrn,      ///< until its host asks for its mail
    spool_unhealthy,       ///< results cannot be recorded
    disk_low,              ///< results cannot be recorded, for want of room
    paused,                ///< the connector's transfer mode sends nothing
    deleted,               ///< by an administrator, and not purged yet
    expansion_limit,       ///< a list; as many as may be are at work for others
};
inline constexpr std::size_t reasons = 17;

std::string_view name_of(Reason reason);
std::optional<Reason> reason_named(std::string_view name);
std::string_view explained(Reason reason);  ///< for people: what follows "It"

/// Of one that waits for its next attempt, after what is known of the last.
Reason reason_after(std::string_view status, std::string_view reply);

/// How a reply begins when the directory was silent.
inline constexpr std::string_view silent_directory = "the directory cannot say";

}  // namespace imc::queue
