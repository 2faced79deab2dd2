#include "app/service/poison.h"

#include "event/caught.h"
#include "event/record_json.h"
#include "queue/terms.h"
#include "spool/badmail.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace imc::app {

namespace net = boost::asio;

namespace {

/// Nothing waits for it: the message is out of the queue already.
net::awaitable<void> forget(spool::Spool& spool, EventLog& events, spool::MessageId id)
{
    try {
        spool::Commit change{id};
        change.done = true;
        const auto gone = co_await spool.commit(std::move(change));
        if (!gone)
            events.raise(EventId::badmail_failed,
                         {{"message", id.to_string()},
                          {"detail", "it is in badmail, and the spool cannot forget it: " +
                                         gone.error().to_string()}});
    } catch (...) {  // it is in both places, and the next start sets it aside again
        raise_caught(events, "forgetting message", id.to_string());
    }
}

Result<> set_aside(const PoisonParts& parts, const spool::Recovered& message)
{
    const auto text = parts.spool.body(message.id);
    if (!text) return text.error();
    spool::BadMessage bad;
    bad.id = message.id;
    bad.why = "the service died " + std::to_string(message.crashes) +
              " times while it worked on this message's text";
    bad.set_aside_at = to_rfc3339(parts.clock.now());
    bad.octets = text->size();
    bad.envelope = message.envelope;
    bad.states = message.states;
    bad.evidence = message.evidence;
    // Whom an administrator has deleted gets nothing by a release.
    for (const auto& each : message.evidence) {
        const auto index = queue::recipient_of_key(each.key);
        if (!index || *index >= bad.states.size()) continue;
        const auto terms = queue::parse_evidence(each.text);
        if (terms && terms->is_deleted()) bad.states[*index].outcome = spool::Outcome::deleted;
    }
    return spool::Badmail{parts.files, parts.folder}.keep(bad, *text);
}

void tell(const PoisonParts& parts, const spool::Recovered& message)
{
    const auto waiting = std::ranges::count(message.states, spool::Outcome::waiting,
                                            &spool::RecipientState::outcome);
    parts.events.raise(EventId::message_set_aside,
                       {{"message", message.id.to_string()},
                        {"sender", "<" + message.envelope.sender + ">"},
                        {"recipients", std::to_string(waiting)},
                        {"crashes", std::to_string(message.crashes)},
                        {"path", spool::Badmail{parts.files, parts.folder}.path(message.id)}});
}

}  // namespace

void set_aside_poison(const PoisonParts& parts, std::vector<spool::Recovered>& recovered)
{
    std::erase_if(recovered, [&parts](const spool::Recovered& message) {
        if (message.crashes < most_crashes) return false;
        // Whatever is thrown, it is not sent; and the others are not lost on the way.
        contained(parts.events, "a message to be set aside", [&] {
            if (const auto kept = set_aside(parts, message); !kept)
                return parts.events.raise(
                    EventId::badmail_failed,
                    {{"message", message.id.to_string()}, {"detail", kept.error().to_string()}});
            tell(parts, message);
            net::co_spawn(parts.executor, forget(parts.spool, parts.events, message.id),
                          net::detached);
        });
        return true;
    });
}

}  // namespace imc::app
