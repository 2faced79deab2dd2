#pragma once
/// @file admin/queue_undo.h  What takes an action on the queue back: another action, on all that
/// the first one touched and nobody has touched since.
///
/// Pure.
#include "queue/administration.h"

#include <boost/json/array.hpp>

namespace imc::admin {

struct QueueUndo {
    queue::Verb verb{};
    std::uint64_t action = 0;
    bool normal = false;  ///< of reroute and expire: as configured

    /// "imc queue release --action 17". @param option  " --root DIR" or empty
    std::string command(const std::string& option) const;
    /// [{"queue":"release","action":"17"}]: a path below /queue, and what is sent there.
    boost::json::array steps() const;
};

/// Nothing: nobody was touched, or it cannot be taken back (a report is on its way, nothing was
/// kept, or who was rerouted as configured again had each a route of its own).
std::optional<QueueUndo> queue_undo(const queue::Instruction& instruction, const queue::Done& done,
                                    WallTime now);

}  // namespace imc::admin
