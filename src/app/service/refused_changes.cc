#include "app/service/refused_changes.h"

namespace imc::app {

void RefusedChanges::refuse(const config::Verdict& verdict, const std::string& generation)
{
    const auto* decides = verdict.deciding();
    // A start has seen nothing yet, and would believe what it is told.
    const bool behind = decides->event == EventId::directory_unreachable &&
                        decides->status == config::Status::not_evaluated;
    if (!say("event " + std::to_string(static_cast<unsigned>(decides->event)) + ", " + decides->id +
                 ": found " + decides->found + "; expected " + decides->expected,
             behind ? "It is tested again every five seconds" : "The next start would refuse",
             generation))
        return;
    // Running on under a name that is no longer ours is worse than any other flaw.
    for (const auto& a : verdict.assertions)
        if (a.status == config::Status::failed && a.id.starts_with("identity."))
            events_.raise(a.event,
                          {{"detail", a.id + ": found " + a.found + "; expected " + a.expected +
                                          "; generation " + generation +
                                          " stays in force, and the next start would refuse"},
                           {"assertion", a.id},
                           {"where", a.where},
                           {"fix", a.fix}});
}

void RefusedChanges::refuse(const Error& error, const std::string& generation)
{
    (void)say(error.to_string(), "The next start would meet the same, and refuse", generation);
}

/// @return whether it is another refusal than the last one
bool RefusedChanges::say(const std::string& why, const char* next_start,
                         const std::string& generation)
{
    if (why == last_) return false;
    last_ = why;
    events_.raise(EventId::change_refused,
                  {{"generation", generation}, {"detail", why}, {"next_start", next_start}});
    return true;
}

}  // namespace imc::app
