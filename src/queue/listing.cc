#include "queue/walk.h"

#include <algorithm>
#include <map>

// Long walks over all that waits.

namespace imc::queue {

std::vector<std::uint32_t> Queue::State::fitting(const Selector& s, const Item& item) const
{
    std::vector<std::uint32_t> fit;
    if (!fits(s, MessageFacts{item.id, item.envelope.sender(), items.now() - item.arrived_at,
                              item.octets, item.priority}))
        return fit;
    for (PackedEnvelope::Walk walk{item.envelope}; walk.next();) {
        const auto& recipient = item.recipient(walk.index());
        if (!recipient.waits()) continue;
        RecipientFacts facts{walk.address(), recipient.stage == Stage::deleted};
        if (recipient.terms) facts.action = recipient.terms->action;
        if (s.reason) facts.reason = reason_of(recipient);
        if (s.view) facts.view = view_of(recipient, walk.address());
        if (!s.route.empty() && recipient.lane) {
            facts.route = recipient.lane->route.key;
            if (const auto site = recipient.lane->site.lock()) facts.hosts = hosts_of(site->place);
        }
        if (!s.reply.empty() && recipient.said != nullptr) facts.reply = recipient.said->reply();
        const auto site =
            !s.reply.empty() && recipient.lane ? recipient.lane->site.lock() : nullptr;
        if (site && site->window.down()) facts.site_reply = site->last_failure.reply;
        if (fits(s, facts)) fit.push_back(walk.index());
    }
    return fit;
}

std::vector<QueueRow> Queue::list(const Selector& selector, Page page) const
{
    std::vector<QueueRow> rows;
    if (page.most == 0) return rows;
    {
        const std::lock_guard lock{state_->mutex};
        state_->look();
    }
    state_->walk(selector, page.after, [&](const ItemPtr& item, std::vector<std::uint32_t> fit) {
        if (page.offset > 0) return --page.offset, true;
        QueueRow row{item->id,
                     std::string{item->envelope.sender()},
                     state_->time.to_wall(item->arrived_at),
                     item->octets,
                     item->priority,
                     {}};
        auto wanted = fit.begin();
        for (PackedEnvelope::Walk walk{item->envelope}; walk.next() && wanted != fit.end();) {
            if (walk.index() != *wanted) continue;
            ++wanted;
            row.recipients.push_back(state_->row_of(*item, walk.index(), walk.address()));
        }
        rows.push_back(std::move(row));
        return rows.size() < page.most;
    });
    return rows;
}

void Queue::add_decisions(QueueRow& row) const
{
    const auto put = [&row](const std::vector<spool::Evidence>& lines) {
        for (const auto& each : lines) {
            const auto index = recipient_of_decision(each.key);
            if (!index) continue;
            const auto place = std::ranges::find(row.recipients, *index, &RecipientRow::index);
            if (place != row.recipients.end()) place->decided = each.text;
        }
    };
    // A message that has gone meanwhile, or whose record cannot be read, says nothing more.
    if (const auto kept = state_->parts.spool.evidence(row.id)) put(*kept);
    const std::lock_guard lock{state_->mutex};
    if (const auto* const later = state_->decided_anew.find(row.id)) put(*later);
}

std::vector<ReasonRow> Queue::by_reason() const
{
    std::map<Reason, ReasonRow> rows;
    state_->walk({.all = true}, {},
                 [&](const ItemPtr& item, const std::vector<std::uint32_t>& fit) {
                     for (const auto index : fit) {
                         const auto reason = state_->reason_of(item->recipient(index));
                         auto& row = rows[reason];
                         row.reason = reason;
                         const auto arrived = state_->time.to_wall(item->arrived_at);
                         if (row.recipients++ > 0 && arrived >= row.oldest) continue;
                         row.oldest = arrived;
                         row.sample = item->id;
                     }
                     return true;
                 });
    std::vector<ReasonRow> out;
    for (const auto& [reason, row] : rows)
        out.push_back(row);
    return out;
}

std::array<std::uint64_t, reasons> Queue::waiting() const
{
    auto& s = *state_;
    const std::lock_guard lock{s.mutex};
    const auto now = s.parts.steady();
    if (s.counted_at != Steady{} && now - s.counted_at < std::chrono::seconds{1}) return s.counted;
    s.counted_at = now;
    s.counted = {};
    for (std::size_t i = 0; i < reasons; ++i)
        s.counted[i] = s.items.idle(static_cast<Reason>(i));
    const auto count = [&](Reason reason, std::size_t n) {
        s.counted[static_cast<std::size_t>(reason)] += n;
    };
    count(Reason::connecting, s.items.at(Stage::routing));
    count(Reason::in_delivery, s.items.at(Stage::flying));
    count(Reason::held, s.items.at(Stage::held));
    count(Reason::deleted, s.items.at(Stage::deleted));
    count(Reason::expansion_limit, s.items.at(Stage::listed));
    Recipient one;
    one.stage = Stage::recording;
    count(s.reason_of(one), s.items.at(Stage::recording));
    for (const auto& [key, lane] : s.lanes) {
        if (lane->locating + lane->ready == 0) continue;
        one.lane = lane;
        one.stage = Stage::locating;
        count(s.reason_of(one), lane->locating);
        one.stage = Stage::ready;
        count(s.reason_of(one), lane->ready);
    }
    return s.counted;
}

std::size_t Queue::State::retry(const Selector& selector)
{
    std::size_t count = 0;
    std::vector<Taken> go;
    spool::MessageId after{};
    const auto limited = [&](const ItemPtr& item, const std::vector<std::uint32_t>& fit) {
        Taken taken{item, {}};
        for (const auto index : fit) {
            const auto& recipient = item->recipient(index);
            const auto lane = recipient.lane;
            const bool parked =
                recipient.stage == Stage::locating || recipient.stage == Stage::ready;
            if (lane) {
                lane->ask_at = {};
                if (const auto site = lane->site.lock()) {
                    site->window.try_now();
                    feed(site);
                }
                if (parked && held_for_etrn(*lane)) let_go(lane);
                ask(lane);
            }
            count += parked ? 1 : 0;
            if (recipient.stage == Stage::idle && items.take(*item, index))
                taken.recipients.push_back(index);
        }
        if (!taken.recipients.empty()) go.push_back(std::move(taken));
        after = item->id;
        return go.size() < items_in_one_go;
    };
    for (bool more = true; more;) {
        walk(selector, after, limited);
        more = go.size() >= items_in_one_go;
        for (auto& taken : std::exchange(go, {})) {
            count += taken.recipients.size();
            send_off(taken.item, std::move(taken.recipients));
        }
    }
    return count;
}

std::vector<Taken> Queue::State::take_for_removal(const Selector& selector)
{
    std::vector<Taken> out;
    walk(selector, {}, [&](const ItemPtr& item, const std::vector<std::uint32_t>& fit) {
        Taken taken{item, {}};
        for (const auto index : fit)
            if (items.take(*item, index, Stage::recording)) taken.recipients.push_back(index);
        if (!taken.recipients.empty()) out.push_back(std::move(taken));
        return true;
    });
    return out;
}

}  // namespace imc::queue
