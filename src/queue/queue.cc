#include "queue/queue.h"

#include "base/text.h"
#include "queue/state.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace imc::queue {

using spool::Outcome;

void Queue::State::add(spool::MessageId id, spool::Envelope envelope, spool::Body body)
{
    auto item = std::make_shared<Item>();
    item->id = id;
    item->octets = body.size();
    item->body = std::move(body);
    item->recipients.resize(envelope.recipients.size());
    item->envelope = std::make_shared<const spool::Envelope>(std::move(envelope));
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < item->recipients.size(); ++i) {
        item->recipients[i].busy = true;
        all.push_back(i);
    }
    {
        const std::lock_guard lock{mutex};
        items.insert(item);
    }
    send_off(item, std::move(all));
}

namespace {

/// Those of a message's waiting recipients that fit.
std::vector<std::uint32_t> fitting(const Selector& s, const Item& item)
{
    std::vector<std::uint32_t> fit;
    if (!s.sender.empty() && !same_word(s.sender, item.envelope->sender)) return fit;
    for (std::uint32_t i = 0; i < item.recipients.size(); ++i) {
        const auto& address = item.envelope->recipients[i].address;
        const auto at = address.rfind('@');
        if (item.recipients[i].state.outcome != Outcome::waiting) continue;
        if (!s.recipient.empty() && !same_word(s.recipient, address)) continue;
        if (!s.domain.empty() &&
            (at == std::string::npos || !same_word(s.domain, address.substr(at + 1))))
            continue;
        fit.push_back(i);
    }
    return fit;
}

}  // namespace

std::vector<Taken> Queue::State::select(const Selector& s) const
{
    std::vector<Taken> out;
    const auto look_at = [&](const ItemPtr& item) {
        if (auto fit = fitting(s, *item); !fit.empty()) out.push_back({item, std::move(fit)});
    };
    if (s.ids.empty())
        for (const auto& [number, item] : items.all())
            look_at(item);
    for (const auto id : s.ids)
        if (const auto item = items.find(id.number)) look_at(item);
    const auto id_of = [](const Taken& t) { return t.item->id; };
    std::ranges::sort(out, {}, id_of);
    const auto twice = std::ranges::unique(out, {}, id_of);
    out.erase(twice.begin(), twice.end());
    return out;
}

std::vector<Taken> Queue::State::take(const Selector& s)
{
    auto taken = select(s);
    for (auto& [item, recipients] : taken)
        std::erase_if(recipients, [&](auto r) { return !items.take(*item, r); });
    std::erase_if(taken, [](const Taken& t) { return t.recipients.empty(); });
    return taken;
}

std::string Queue::State::why(const Item::Recipient& r) const
{
    if (r.flying) return "being delivered";
    if (cannot_record) return "results cannot be recorded (event 40150), so nothing is sent";
    if (r.busy && !sends(config->mode)) return "the connector sends nothing in this transfer mode";
    if (r.busy)
        return "waits for a connection to " +
               (r.route.empty() ? std::string{"be chosen"} : r.route);
    const auto wait =
        std::chrono::duration_cast<std::chrono::seconds>(r.state.next_attempt - parts.clock.now());
    return "due in " + std::to_string(std::max<std::int64_t>(wait.count(), 0)) + " s; " +
           r.state.last_status + " " + r.state.last_reply;
}

Queue::Queue(QueueParts parts, config::ConfigPtr config,
             std::shared_ptr<const transfer::RecipientResolver> resolver)
    : state_{std::make_shared<State>(std::move(parts), std::move(config), std::move(resolver))}
{}

Queue::~Queue() = default;

void Queue::start(std::vector<spool::Recovered> messages)
{
    for (auto& message : messages) {
        auto item = std::make_shared<Item>();
        item->id = message.id;
        item->octets = message.body_octets;
        item->recovered = true;
        item->envelope = std::make_shared<const spool::Envelope>(std::move(message.envelope));
        for (auto& known : message.states)
            item->recipients.push_back({std::move(known)});
        const std::lock_guard lock{state_->mutex};
        state_->items.insert(std::move(item));
    }
    const std::lock_guard lock{state_->mutex};
    state_->arm();
}

void Queue::set_config(config::ConfigPtr config,
                       std::shared_ptr<const transfer::RecipientResolver> resolver)
{
    const std::lock_guard lock{state_->mutex};
    state_->config = std::move(config);
    state_->resolver = std::move(resolver);
    state_->feed_all();
}

void Queue::add(spool::MessageId id, spool::Envelope envelope, spool::Body body)
{
    state_->add(id, std::move(envelope), std::move(body));
}

std::vector<QueueRow> Queue::list(const Selector& selector, std::size_t offset,
                                  std::size_t most) const
{
    const std::lock_guard lock{state_->mutex};
    std::vector<QueueRow> rows;
    const auto selected = state_->select(selector);
    for (std::size_t i = offset; i < selected.size() && rows.size() < most; ++i) {
        const auto& [item, recipients] = selected[i];
        QueueRow row{
            item->id, item->envelope->sender, item->envelope->arrived_at, item->octets, {}};
        for (const auto index : recipients) {
            const auto& r = item->recipients[index];
            row.recipients.push_back({item->envelope->recipients[index].address, r.state, r.route,
                                      r.flying, state_->why(r)});
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::size_t Queue::retry(const Selector& selector)
{
    std::vector<Taken> go;
    std::size_t count = 0;
    {
        const std::lock_guard lock{state_->mutex};
        for (auto& [key, site] : state_->sites)
            site->rests_until = {};
        go = state_->take(selector);
    }
    for (auto& [item, recipients] : go) {
        count += recipients.size();
        state_->send_off(item, std::move(recipients));
    }
    return count;
}

net::awaitable<Result<std::size_t>> Queue::remove(Selector selector)
{
    const auto state = state_;
    std::vector<Taken> gone;
    {
        const std::lock_guard lock{state->mutex};
        gone = state->take(selector);
    }
    std::size_t count = 0;
    std::optional<Error> failure;
    for (auto& [item, recipients] : gone) {
        spool::Commit commit{item->id, {}, {}};
        {
            const std::lock_guard lock{state->mutex};
            for (const auto index : recipients) {
                auto known = item->recipients[index].state;
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
            for (const auto& result : commit.results)
                state->parts.observer->removed(item->seen(), result.recipient);
        const std::lock_guard lock{state->mutex};
        for (auto& result : commit.results) {
            // What could not be removed is still to be delivered.
            if (failure)
                state->items.release(*item, result.recipient);
            else
                state->items.settle(*item, result.recipient, std::move(result.state));
        }
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
    counts.couriers = state_->couriers;
    counts.sites = state_->sites.size();
    return counts;
}

bool Queue::drain(Deadline deadline)
{
    std::unique_lock lock{state_->mutex};
    state_->draining = true;
    for (auto& [key, site] : state_->sites)
        for (const auto& idle : site->idle)
            net::post(idle->executor, [idle] { idle->timer.cancel(); });
    return state_->landed.wait_until(
        lock, deadline, [this] { return state_->in_flight == 0 && state_->couriers == 0; });
}

}  // namespace imc::queue
