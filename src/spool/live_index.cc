#include "spool/live_index.h"

#include <utility>

namespace imc::spool {

Live* LiveIndex::find(std::uint64_t id)
{
    const auto found = messages_.find(id);
    return found == messages_.end() ? nullptr : &found->second;
}

void LiveIndex::insert(std::uint64_t id, Live live)
{
    live.segment->live.insert(id);
    live.segment->live_octets += live.record_octets;
    live_octets_ += live.record_octets;
    messages_.insert_or_assign(id, std::move(live));
}

void LiveIndex::erase(std::uint64_t id)
{
    const auto place = messages_.find(id);
    if (place == messages_.end()) return;
    auto& live = place->second;
    live.segment->live.erase(id);
    live.segment->live_octets -= live.record_octets;
    live_octets_ -= live.record_octets;
    drop_body(live);
    messages_.erase(place);
}

void LiveIndex::move(std::uint64_t id, Segment& to, std::uint64_t record_at, std::uint64_t body_at,
                     std::uint32_t record_octets)
{
    auto& live = messages_.at(id);
    live.segment->live.erase(id);
    live.segment->live_octets -= live.record_octets;
    live_octets_ += record_octets;
    live_octets_ -= live.record_octets;
    live.segment = &to;
    live.record_at = record_at;
    live.body_at = body_at;
    live.record_octets = record_octets;
    live.changes.reset();  // they are in the record now
    to.live.insert(id);
    to.live_octets += record_octets;
}

void LiveIndex::apply(const Commit& change)
{
    auto* const live = find(change.message.number);
    if (live == nullptr) return;
    const auto known = live->recipients;
    live->recipients += static_cast<std::uint32_t>(change.added.size());
    if (!change.added.empty() || !change.amendment.empty() || !change.evidence.empty()) {
        if (!live->changes) live->changes = std::make_unique<Changes>();
        add(*live->changes, change, live->recipients);
    }
    live->waiting += static_cast<std::uint32_t>(change.added.size());
    for (std::uint32_t i = 0; i < change.added.size(); ++i)
        set(*live, known + i, change.added[i].state);
    for (const auto& result : change.results)
        set(*live, result.recipient, result.state);
    const bool settles = !change.results.empty() || !change.added.empty();
    if (!change.done && (live->waiting > 0 || !settles)) return;
    if (live->large) gone_.push_back(change.message.number);
    erase(change.message.number);
}

void LiveIndex::set(Live& live, std::uint32_t recipient, const RecipientState& news)
{
    if (recipient >= live.recipients) return;  // of nobody
    if (live.states.size() <= recipient) live.states.resize(recipient + 1);
    auto& state = live.states[recipient];
    const bool was_final = state.outcome != Outcome::waiting;
    state = news;
    if (!was_final && state.outcome != Outcome::waiting && live.waiting > 0) --live.waiting;
}

void LiveIndex::keep_body(Live& live, const Body& body)
{
    if (cached_ + body.memory().size() > most_cached_) return;
    cached_ += body.memory().size();
    live.body = body;
}

void LiveIndex::drop_body(Live& live)
{
    if (!live.body) return;
    cached_ -= live.body.memory().size();
    live.body.reset();
}

}  // namespace imc::spool
