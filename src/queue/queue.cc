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
    item->octets = body ? body->size() : 0;
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
        items.emplace(id.number, item);
    }
    send_off(item, std::move(all));
}

std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>>
Queue::State::select(const Selector& s) const
{
    std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>> out;
    for (const auto& [number, item] : items) {
        if (!s.ids.empty() && std::ranges::find(s.ids, item->id) == s.ids.end()) continue;
        if (!s.sender.empty() && !same_word(s.sender, item->envelope->sender)) continue;
        std::vector<std::uint32_t> fit;
        for (std::uint32_t i = 0; i < item->recipients.size(); ++i) {
            const auto& address = item->envelope->recipients[i].address;
            const auto at = address.rfind('@');
            if (item->recipients[i].state.outcome != Outcome::waiting) continue;
            if (!s.recipient.empty() && !same_word(s.recipient, address)) continue;
            if (!s.domain.empty() &&
                (at == std::string::npos || !same_word(s.domain, address.substr(at + 1))))
                continue;
            fit.push_back(i);
        }
        if (!fit.empty()) out.emplace_back(item, std::move(fit));
    }
    std::ranges::sort(out, {}, [](const auto& p) { return p.first->id; });
    return out;
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
            item->recipients.push_back({std::move(known), false, false, {}});
        const std::lock_guard lock{state_->mutex};
        for (std::uint32_t i = 0; i < item->recipients.size(); ++i)
            if (item->recipients[i].state.outcome == Outcome::waiting)
                state_->wait_until(item->recipients[i].state.next_attempt, item->id.number, i);
        state_->items.emplace(item->id.number, std::move(item));
    }
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
    std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>> go;
    std::size_t count = 0;
    {
        const std::lock_guard lock{state_->mutex};
        for (auto& [key, site] : state_->sites)
            site->rests_until = {};
        go = state_->select(selector);
        for (auto& [item, recipients] : go) {
            std::erase_if(recipients, [&](auto r) { return !State::take(*item, r); });
            count += recipients.size();
        }
    }
    for (auto& [item, recipients] : go)
        if (!recipients.empty()) state_->send_off(item, std::move(recipients));
    return count;
}

net::awaitable<Result<std::size_t>> Queue::remove(Selector selector)
{
    std::vector<std::pair<ItemPtr, std::vector<std::uint32_t>>> gone;
    {
        const std::lock_guard lock{state_->mutex};
        gone = state_->select(selector);
        for (auto& [item, recipients] : gone)
            std::erase_if(recipients, [&](auto r) { return !State::take(*item, r); });
    }
    std::size_t count = 0;
    for (auto& [item, recipients] : gone) {
        if (recipients.empty()) continue;
        spool::Commit commit{item->id, {}, {}};
        for (const auto index : recipients) {
            auto state = item->recipients[index].state;
            state.outcome = Outcome::deleted;
            commit.results.push_back({index, std::move(state)});
        }
        auto kept = commit;
        const auto done = co_await state_->parts.spool.commit(std::move(kept));
        const std::lock_guard lock{state_->mutex};
        for (auto& result : commit.results) {
            auto& recipient = item->recipients[result.recipient];
            recipient.busy = false;
            if (done) recipient.state = result.state;
        }
        if (!done) co_return done.error();
        state_->drop_if_done(item);
        count += recipients.size();
    }
    co_return count;
}

Queue::Counts Queue::counts() const
{
    const std::lock_guard lock{state_->mutex};
    auto counts = state_->totals;
    counts.messages = state_->items.size();
    counts.couriers = state_->couriers;
    for (const auto& [id, item] : state_->items)
        for (const auto& recipient : item->recipients) {
            if (recipient.state.outcome != Outcome::waiting) continue;
            ++counts.recipients;
            counts.in_delivery += recipient.flying ? 1 : 0;
            counts.deferred += !recipient.busy ? 1 : 0;
        }
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
