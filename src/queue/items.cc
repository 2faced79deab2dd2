#include "queue/items.h"

#include <utility>

namespace imc::queue {

using spool::Outcome;

void Items::insert(ItemPtr item)
{
    for (std::uint32_t i = 0; i < item->recipients.size(); ++i) {
        const auto& recipient = item->recipients[i];
        if (recipient.state.outcome != Outcome::waiting) continue;
        ++item->waiting;
        if (!recipient.busy) due_.emplace(recipient.state.next_attempt, item->id.number, i);
    }
    waiting_ += item->waiting;
    const auto id = item->id.number;
    items_.emplace(id, std::move(item));
}

ItemPtr Items::find(std::uint64_t id) const
{
    const auto found = items_.find(id);
    return found == items_.end() ? nullptr : found->second;
}

bool Items::take(Item& item, std::uint32_t index)
{
    auto& recipient = item.recipients[index];
    if (recipient.busy || recipient.state.outcome != Outcome::waiting) return false;
    recipient.busy = true;
    due_.erase({recipient.state.next_attempt, item.id.number, index});
    return true;
}

void Items::fly(Item& item, std::uint32_t index)
{
    if (!std::exchange(item.recipients[index].flying, true)) ++flying_;
}

void Items::land(Item::Recipient& recipient)
{
    recipient.busy = false;
    if (std::exchange(recipient.flying, false)) --flying_;
}

void Items::release(Item& item, std::uint32_t index)
{
    auto& recipient = item.recipients[index];
    land(recipient);
    if (recipient.state.outcome == Outcome::waiting)
        due_.emplace(recipient.state.next_attempt, item.id.number, index);
}

void Items::settle(Item& item, std::uint32_t index, spool::RecipientState state)
{
    auto& recipient = item.recipients[index];
    const bool was_waiting = recipient.state.outcome == Outcome::waiting;
    recipient.state = std::move(state);
    if (!was_waiting || recipient.state.outcome == Outcome::waiting) return release(item, index);
    land(recipient);
    --waiting_;
    if (--item.waiting == 0) items_.erase(item.id.number);
}

std::optional<WallTime> Items::next_due() const
{
    if (due_.empty()) return {};
    return std::get<WallTime>(*due_.begin());
}

std::vector<Taken> Items::take_due(WallTime now)
{
    std::map<std::uint64_t, Taken> taken;
    while (!due_.empty() && std::get<WallTime>(*due_.begin()) <= now) {
        const auto [when, id, index] = *due_.begin();
        auto& [item, recipients] = taken[id];
        if (!item) item = items_.at(id);
        (void)take(*item, index);
        recipients.push_back(index);
    }
    std::vector<Taken> out;
    for (auto& [id, each] : taken)
        out.push_back(std::move(each));
    return out;
}

Items::Tally Items::tally() const { return {items_.size(), waiting_, flying_, due_.size()}; }

}  // namespace imc::queue
