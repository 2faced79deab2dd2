#include "queue/queue.h"

#include "base/text.h"
#include "event/caught.h"
#include "queue/notices.h"
#include "queue/state.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace imc::queue {

using spool::Outcome;
using namespace std::chrono_literals;

Queue::Queue(QueueParts parts, config::ConfigPtr config,
             std::shared_ptr<const transfer::RecipientResolver> resolver)
    : state_{std::make_shared<State>(std::move(parts), std::move(config), std::move(resolver))}
{}

Queue::~Queue() = default;

/// What a start has found.
void Queue::State::bring_back(spool::Recovered& message, WallTime now)
{
    ItemPtr item{
        new Item{message.id, message.envelope, std::min(message.envelope.arrived_at, now)}};
    item->octets = message.body_octets;
    item->recovered = true;
    for (std::uint32_t i = 0; i < item->count; ++i) {
        auto& recipient = item->recipient(i);
        items.set_known(recipient, message.states[i]);
        const auto& plan = plan_of(*item, recipient, message.envelope.recipients[i].address);
        // Written by a clock that was ahead: no plan makes anybody wait for so long.
        auto longest = std::chrono::milliseconds{1h};
        for (const auto wait : plan.after)
            longest = std::max<std::chrono::milliseconds>(longest, wait * 11 / 10);
        recipient.next_attempt = std::min(recipient.next_attempt, now + longest);
    }
    for (const auto& each : message.evidence)
        if (const auto sent = read_notices(each); sent && sent->first < item->count)
            item->recipient(sent->first).notices = sent->second;
    const auto due = adopt(*item, message.envelope, message.evidence);
    count_decided(*item, message.evidence);  // which of them came later is not known any more
    message.envelope = {};
    items.insert(item);
    items.look_at(*item, std::min<WallTime>(due.value_or(now + 15min), now + 15min));
}

void Queue::start(std::vector<spool::Recovered> messages)
{
    auto& s = *state_;
    s.drop_staged(messages);
    std::size_t put = 0;
    std::unique_lock lock{s.mutex};
    const auto now = s.look();
    for (auto& message : messages) {
        try {
            s.bring_back(message, now);
        } catch (...) {
            s.tell_broken(message.id, next_start);
        }
        if (++put % items_in_one_go != 0) continue;
        lock.unlock();
        lock.lock();
    }
    s.arm();
}

void Queue::set_config(config::ConfigPtr config,
                       std::shared_ptr<const transfer::RecipientResolver> resolver)
{
    auto& s = *state_;
    const std::lock_guard lock{s.mutex};
    s.look();
    s.config = std::move(config);
    s.resolver = std::move(resolver);
    s.profiles.use(s.config);
    s.places.set_most(s.config->outbound_connections);
    s.reroute_all();
    s.serve_line();
    s.feed_all();
    s.arm();
}

void Queue::add(spool::MessageId id, spool::Envelope envelope, spool::Body body,
                const std::vector<spool::Evidence>& evidence)
{
    state_->add(id, std::move(envelope), std::move(body), evidence);
}

void Queue::add(spool::MessageId id, spool::Envelope envelope, spool::Body body,
                std::span<const std::uint16_t> ways)
{
    state_->add(id, std::move(envelope), std::move(body), {}, 0, ways);
}

std::size_t Queue::retry(const Selector& selector) { return state_->retry(selector); }

std::size_t Queue::release_etrn(std::string_view domain,
                                const std::function<bool(const config::DomainProfile&)>& may_ask)
{
    auto& s = *state_;
    const std::lock_guard lock{s.mutex};
    s.look();
    const bool below = domain.starts_with('@');
    if (below) domain.remove_prefix(1);
    const auto fits = [&](std::string_view name) {
        if (same_word(name, domain)) return true;
        return below && name.size() > domain.size() &&
               name[name.size() - domain.size() - 1] == '.' &&
               same_word(name.substr(name.size() - domain.size()), domain);
    };
    std::size_t count = 0;
    for (const auto& [key, lane] : s.lanes) {
        const auto* mx = std::get_if<transfer::ToMx>(&lane->route.hop);
        if (!lane->profile->hold_for_etrn || lane->waiting.empty()) continue;
        if (!fits(mx != nullptr ? mx->domain : lane->profile->domain)) continue;
        if (may_ask && !may_ask(*lane->profile)) continue;
        count += lane->locating;
        s.let_go(lane);
    }
    s.arm();
    return count;
}

net::awaitable<Result<std::size_t>> Queue::remove(Selector selector)
{
    const auto state = state_;
    auto gone = state->take_for_removal(selector);
    std::size_t count = 0;
    std::optional<Error> failure;
    for (auto& taken : gone) {
        const auto& item = taken.item;
        spool::Commit commit{item->id, {}, {}};
        {
            const std::lock_guard lock{state->mutex};
            for (const auto index : taken.recipients) {
                auto known = Items::known(item->recipient(index));
                known.outcome = Outcome::deleted;
                commit.results.push_back({index, std::move(known)});
            }
        }
        if (!failure) {
            auto kept = commit;
            const auto done = co_await state->parts.spool.commit(std::move(kept));
            if (!done) failure = done.error();
        }
        if (!failure && state->parts.observer != nullptr)
            contained(state->parts.events, "telling of a message that was removed", [&] {
                const auto envelope = state->envelope_of(*item);
                for (const auto& result : commit.results)
                    state->parts.observer->removed({item->id, *envelope, item->octets},
                                                   result.recipient);
            });
        const std::lock_guard lock{state->mutex};
        state->look();
        for (const auto& result : commit.results) {
            // What could not be removed is still to be delivered, or held.
            if (failure)
                state->stand(*item, result.recipient);
            else
                state->items.settle(*item, result.recipient, result.state);
        }
        if (item->waiting == 0) state->forget_now(*item);
        state->arm();
        count += failure ? 0 : commit.results.size();
    }
    if (failure) co_return *failure;
    co_return count;
}

Queue::Counts Queue::counts() const
{
    const std::lock_guard lock{state_->mutex};
    auto counts = state_->totals;
    const auto tally = state_->items.tally();
    counts.messages = tally.messages;
    counts.recipients = tally.recipients;
    counts.in_delivery = tally.in_delivery;
    counts.deferred = tally.deferred;
    counts.couriers = state_->places.taken();
    counts.sites = state_->sites.size();
    return counts;
}

void Queue::look_at_the_clock() { state_->on_time(); }

bool Queue::drain(Deadline deadline)
{
    std::unique_lock lock{state_->mutex};
    state_->draining = true;
    for (const auto& idle : state_->idlers)
        net::post(idle->executor, [idle] { idle->timer.cancel(); });
    return state_->landed.wait_until(
        lock, deadline, [this] { return state_->in_flight == 0 && state_->places.taken() == 0; });
}

}  // namespace imc::queue
