#include "event/caught.h"
#include "queue/state.h"

#include <algorithm>

// What becomes of a message on which work threw: it waits, and an event says so. Nothing of this
// is written to the spool: after a restart it is tried at once.

namespace imc::queue {

using namespace std::chrono_literals;

namespace {

constexpr auto again_after = 5min;

/// What is shown of one that waits for this.
spool::RecipientState broken_off_state(spool::RecipientState known)
{
    known.last_status = "4.3.0";
    known.last_reply = std::string{"internal error: "} + caught_words();
    known.last_host.clear();
    return known;
}

}  // namespace

void Queue::State::wait_now(Item& item, std::span<const std::uint32_t> recipients, Stage from,
                            std::span<const std::uint32_t> handed_on) noexcept
try {
    auto due = items.now() + again_after;
    contained(parts.events, "the queue's clock", [&] { due = look() + again_after; });
    for (const auto index : recipients) {
        auto& recipient = item.recipient(index);
        if (recipient.stage != from || std::ranges::find(handed_on, index) != handed_on.end())
            continue;
        recipient.next_attempt = std::max(recipient.next_attempt, due);
        try {
            items.set_known(recipient, broken_off_state(Items::known(recipient)));
        } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for the reason
        }
        if (recipient.terms)
            stand(item, index);
        else
            items.release(item, index);
    }
    if (from == Stage::routing) needs_no_expansion(item);
    arm();
} catch (...) {
    raise_caught(parts.events, "what is left of message", item.id.to_string());
}

void Queue::State::wait_after_defect(Item& item, std::span<const std::uint32_t> recipients,
                                     Stage from, std::span<const std::uint32_t> handed_on) noexcept
{
    {
        const std::lock_guard lock{mutex};
        wait_now(item, recipients, from, handed_on);
    }
    tell_broken(item.id, tried_again);
}

void Queue::State::not_landed(const SitePtr& site, const Findings& found) noexcept
{
    const std::lock_guard lock{mutex};
    wait_now(*found.item, found.recipients, Stage::flying);
    --site->flying;
    --in_flight;
    landed.notify_all();
}

void Queue::State::break_off_record(const Findings& findings) noexcept
{
    {
        const std::lock_guard lock{mutex};
        wait_now(*findings.item, findings.recipients, Stage::recording);
        --in_flight;
        landed.notify_all();
    }
    tell_broken(findings.item->id, tried_again);
}

void Queue::State::tell_broken(spool::MessageId id, std::string_view then) const noexcept
try {
    parts.events.raise(
        EventId::message_waits_after_defect,
        {{"message", id.to_string()}, {"detail", caught_words()}, {"then", std::string{then}}});
} catch (...) {
    raise_caught(parts.events, "message", id.to_string());
}

bool Queue::State::records_again(spool::MessageId id, bool first) noexcept
{
    // Tried every second: said once.
    if (first) tell_broken(id, "What became of its recipients is recorded as soon as it can be.");
    const std::lock_guard lock{mutex};
    if (!draining) return true;
    --in_flight;
    landed.notify_all();
    return false;
}

}  // namespace imc::queue
