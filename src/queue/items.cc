#include "queue/items.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace imc::queue {

using spool::Outcome;

Items::~Items()
{
    calendar_.clear();
    items_.clear_and_dispose([](Item* item) {
        // What is parked in a lane holds it, and the lane holds what is parked.
        for (std::uint32_t i = 0; i < item->count; ++i)
            item->recipient(i).lane = nullptr;
        intrusive_ptr_release(item);
    });
}

/// @param one  1, or its negative
void Items::count(Item& item, const Recipient& recipient, std::size_t one)
{
    at_[static_cast<std::size_t>(recipient.stage)] += one;
    if (recipient.stage == Stage::idle) {
        idle_[static_cast<std::size_t>(recipient.because)] += one;
        item.idle += static_cast<std::uint32_t>(one);
    }
    if (!recipient.lane) return;
    if (recipient.stage == Stage::locating) recipient.lane->locating += one;
    if (recipient.stage == Stage::ready) recipient.lane->ready += one;
}

void Items::go(Item& item, Recipient& recipient, Stage to)
{
    count(item, recipient, ~std::size_t{0});
    recipient.stage = to;
    recipient.since = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now_.time_since_epoch()).count());
    count(item, recipient, 1);
}

void Items::insert(ItemPtr item)
{
    for (std::uint32_t i = 0; i < item->count; ++i) {
        auto& recipient = item->recipient(i);
        if (!recipient.waits()) continue;
        ++item->waiting;
        count(*item, recipient, 1);
        go(*item, recipient, recipient.stage);
        if (recipient.stage == Stage::idle) date(*item, recipient.next_attempt);
    }
    items_.insert(items_.end(), *item);
    intrusive_ptr_add_ref(item.get());
}

ItemPtr Items::find(std::uint64_t id) const
{
    const auto found = items_.find(id);
    return found == items_.end() ? nullptr : ItemPtr{const_cast<Item*>(&*found)};
}

ItemPtr Items::after(std::uint64_t id) const
{
    const auto found = items_.upper_bound(id);
    return found == items_.end() ? nullptr : ItemPtr{const_cast<Item*>(&*found)};
}

bool Items::take(Item& item, std::uint32_t index, Stage to)
{
    auto& recipient = item.recipient(index);
    if (recipient.stage != Stage::idle && recipient.stage != Stage::locating &&
        recipient.stage != Stage::ready && recipient.stage != Stage::listed &&
        recipient.stage != Stage::held)
        return false;
    go(item, recipient, to);
    if (item.idle == 0 && item.looked_at == 0) calendar_.remove(item);
    return true;
}

void Items::move(Item& item, std::uint32_t index, Stage to) { go(item, item.recipient(index), to); }

void Items::release(Item& item, std::uint32_t index)
{
    auto& recipient = item.recipient(index);
    if (!recipient.waits()) return;
    go(item, recipient, Stage::idle);
    date(item, recipient.next_attempt);
}

void Items::release_now(Item& item, std::uint32_t index)
{
    auto& recipient = item.recipient(index);
    recipient.next_attempt = std::min(recipient.next_attempt, now_);
    release(item, index);
}

void Items::set_known(Recipient& recipient, const spool::RecipientState& state)
{
    if (state.outcome != Outcome::waiting) {
        recipient.stage = Stage::done;
        return;
    }
    const auto* said = book_.note(state.last_status, state.last_reply, state.last_host);
    book_.forget(std::exchange(recipient.said, said));
    recipient.attempts = static_cast<std::uint16_t>(
        std::min<std::uint32_t>(state.attempts, std::numeric_limits<std::uint16_t>::max()));
    recipient.next_attempt = state.next_attempt;
    recipient.because = reason_after(state.last_status, state.last_reply);
}

spool::RecipientState Items::known(const Recipient& recipient)
{
    spool::RecipientState out;
    out.attempts = recipient.attempts;
    out.next_attempt = recipient.next_attempt;
    if (recipient.said == nullptr) return out;
    out.last_status = recipient.said->status();
    out.last_reply = recipient.said->reply();
    out.last_host = recipient.said->host();
    return out;
}

void Items::settle(Item& item, std::uint32_t index, const spool::RecipientState& state)
{
    auto& recipient = item.recipient(index);
    if (!recipient.waits()) return;
    if (state.outcome == Outcome::waiting) {
        set_known(recipient, state);
        return release(item, index);
    }
    go(item, recipient, Stage::done);
    book_.forget(std::exchange(recipient.said, nullptr));
    recipient.lane = nullptr;
    recipient.terms = nullptr;
    if (--item.waiting > 0) return;
    calendar_.remove(item);
    items_.erase(items_.iterator_to(item));
    intrusive_ptr_release(&item);
}

void Items::date(Item& item, WallTime when)
{
    if (!item.Dated::is_linked() || when < item.date) calendar_.put(item, when);
}

void Items::look_at(Item& item, WallTime when)
{
    if (item.waiting == 0) return;
    const auto since = std::chrono::ceil<std::chrono::seconds>(when - item.arrived_at).count();
    const auto at = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(since, 1, std::numeric_limits<std::uint32_t>::max()));
    if (item.looked_at != 0 && item.looked_at <= at) return;
    item.looked_at = at;
    date(item, item.arrived_at + std::chrono::seconds{item.looked_at});
}

std::vector<Taken> Items::take_due(WallTime now, std::size_t most)
{
    std::vector<Taken> out;
    while (out.size() < most) {
        auto* const item = calendar_.take(now);
        if (item == nullptr) break;
        Taken taken{ItemPtr{item}, {}};
        auto next = WallTime::max();
        for (std::uint32_t i = 0; i < item->count && item->idle > 0; ++i) {
            auto& recipient = item->recipient(i);
            if (recipient.stage != Stage::idle) continue;
            if (recipient.next_attempt <= now) {
                go(*item, recipient, Stage::routing);
                taken.recipients.push_back(i);
            } else {
                next = std::min(next, recipient.next_attempt);
            }
        }
        if (item->looked_at != 0) {
            const auto look = item->arrived_at + std::chrono::seconds{item->looked_at};
            taken.look = look <= now;
            if (taken.look)
                item->looked_at = 0;
            else
                next = std::min(next, look);
        }
        if (next != WallTime::max()) calendar_.put(*item, next);
        if (taken.look || !taken.recipients.empty()) out.push_back(std::move(taken));
    }
    return out;
}

Items::Tally Items::tally() const
{
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Stage::deleted); ++i)
        waiting += at_[i];
    return {items_.size(), waiting, at(Stage::flying), at(Stage::idle)};
}

}  // namespace imc::queue
