#include "admin/queue_undo.h"

#include <boost/json/object.hpp>

namespace imc::admin {

namespace json = boost::json;

std::string QueueUndo::command(const std::string& option) const
{
    return "imc queue " + std::string{queue::name_of(verb)} + option + (normal ? " --normal" : "") +
           " --action " + std::to_string(action);
}

json::array QueueUndo::steps() const
{
    json::object step{{"queue", queue::name_of(verb)}, {"action", std::to_string(action)}};
    if (normal) step["normal"] = true;
    json::array out;
    out.push_back(std::move(step));
    return out;
}

std::optional<QueueUndo> queue_undo(const queue::Instruction& instruction, const queue::Done& done,
                                    WallTime now)
{
    using queue::Verb;
    if (done.recipients == 0 || done.action == 0) return {};
    switch (instruction.verb) {
    case Verb::hold: return QueueUndo{Verb::release, done.action};
    case Verb::release: return QueueUndo{Verb::hold, done.action};
    case Verb::reroute:
        if (instruction.route.empty()) return {};
        return QueueUndo{Verb::reroute, done.action, true};
    case Verb::expire:
        if (instruction.until == WallTime{} || instruction.until <= now) return {};
        return QueueUndo{Verb::expire, done.action, true};
    case Verb::remove:
        if (instruction.at_once) return {};
        return QueueUndo{Verb::undelete, done.action};
    case Verb::undelete: return QueueUndo{Verb::remove, done.action};
    case Verb::retry:
    case Verb::bounce: break;
    }
    return {};
}

}  // namespace imc::admin
