#include "app/service/refusal.h"

#include <algorithm>

namespace imc::app {

void raise_refusal(EventLog& events, const config::Verdict& verdict)
{
    for (const auto& a : verdict.assertions) {
        if (a.status != config::Status::failed) continue;
        const auto detail = a.id + ": found " + a.found + "; expected " + a.expected;
        events.raise(a.event, {{"detail", detail},
                               {"listener", a.where},
                               {"assertion", a.id},
                               {"where", a.where},
                               {"fix", a.fix}});
        // The historic pairs: the second number stands beside the one that carries the reason.
        if (a.event == EventId::listener_bind_failed)
            events.raise(EventId::sockets_init_failed, {{"detail", detail}});
        if (a.event == EventId::host_domain_name_missing)
            events.raise(EventId::resolver_init_failed, {{"detail", detail}});
    }
    const auto* decides = verdict.deciding();
    if (decides->status != config::Status::failed)
        events.raise(decides->event, {{"detail", decides->id + ": " + decides->why}});
}

bool is_momentary(EventId event)
{
    return event == EventId::listener_bind_failed || event == EventId::spool_in_use;
}

bool is_momentary(const config::Verdict& verdict)
{
    return !verdict.ok() && std::ranges::all_of(verdict.assertions, [](const auto& a) {
        return a.status == config::Status::passed || a.status == config::Status::warning ||
               (a.status == config::Status::failed && is_momentary(a.event));
    });
}

void no_listener_while_held(config::Verdict& verdict)
{
    verdict.assertions.push_back(
        {"service.hold", EventId::service_held, config::Status::warning,
         "no generation was ever in force", "generations/current.json",
         "the listeners of the last good generation",
         "the held service does not know where to greet clients with 421, so no SMTP listener "
         "is open"});
}

}  // namespace imc::app
