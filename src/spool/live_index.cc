#include "spool/live_index.h"

#include "spool/encoding.h"

#include <utility>

namespace imc::spool {

std::uint32_t StateTexts::keep(const RecipientState& state)
{
    if (state.last_status.empty() && state.last_reply.empty() && state.last_host.empty()) return 0;
    Writer joined;
    joined.text(state.last_status);
    joined.text(state.last_reply);
    joined.text(state.last_host);
    const auto [place, is_new] = known_.try_emplace(joined.take(), 0);
    if (is_new) {
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(entries_.size()));
            entries_.emplace_back();
        }
        place->second = free_.back();
        free_.pop_back();
        entries_[place->second] = {&place->first, 0};
    }
    ++entries_[place->second].users;
    return place->second;
}

void StateTexts::release(std::uint32_t texts)
{
    if (texts == 0 || --entries_[texts].users > 0) return;
    known_.erase(known_.find(*entries_[texts].joined));
    entries_[texts] = {};
    free_.push_back(texts);
}

void StateTexts::read(std::uint32_t texts, RecipientState& into) const
{
    if (texts == 0) return;
    Reader joined{*entries_[texts].joined};
    into.last_status = joined.text();
    into.last_reply = joined.text();
    into.last_host = joined.text();
}

Live* LiveIndex::find(std::uint64_t id)
{
    const auto found = messages_.find(id);
    return found == messages_.end() ? nullptr : &found->second;
}

const Live* LiveIndex::find(std::uint64_t id) const
{
    const auto found = messages_.find(id);
    return found == messages_.end() ? nullptr : &found->second;
}

void LiveIndex::insert(std::uint64_t id, Live live, const std::vector<RecipientState>& states)
{
    erase(id);
    auto& segment = *live.segment;
    segment.ids.push_back(id);
    ++segment.live_messages;
    segment.live_octets += live.record_octets;
    live_octets_ += live.record_octets;
    auto& place = messages_.emplace(id, std::move(live)).first->second;
    for (std::uint32_t i = 0; i < states.size(); ++i)
        if (auto* const kept = state(place, i)) {
            kept->outcome = states[i].outcome;
            kept->attempts = states[i].attempts;
            kept->next_attempt_ms = states[i].next_attempt.time_since_epoch().count();
            kept->texts = texts_.keep(states[i]);
        }
}

void LiveIndex::erase(std::uint64_t id)
{
    const auto place = messages_.find(id);
    if (place == messages_.end()) return;
    auto& live = place->second;
    --live.segment->live_messages;
    live.segment->live_octets -= live.record_octets;
    live_octets_ -= live.record_octets;
    drop_body(id);
    texts_.release(live.first.texts);
    if (live.more)
        for (const auto& other : live.more->others)
            texts_.release(other.texts);
    messages_.erase(place);
}

void LiveIndex::move(std::uint64_t id, Segment& to, std::uint64_t record_at,
                     std::uint32_t record_octets, std::uint32_t head_crc)
{
    auto& live = messages_.at(id);
    --live.segment->live_messages;
    live.segment->live_octets -= live.record_octets;
    live_octets_ += record_octets;
    live_octets_ -= live.record_octets;
    live.segment = &to;
    live.record_at = static_cast<std::uint32_t>(record_at);
    live.record_octets = record_octets;
    live.head_crc = head_crc;
    if (live.more) live.more->changes.reset();  // they are in the record now
    to.ids.push_back(id);
    ++to.live_messages;
    to.live_octets += record_octets;
}

void LiveIndex::apply(const Commit& change)
{
    auto* const live = find(change.message.number);
    if (live == nullptr || (!is_last_word(*live, change) && !ends_after(*live, change))) return;
    if (live->large()) gone_.push_back(change.message.number);
    erase(change.message.number);
}

/// What most messages come to. Their result need not be kept first, to be forgotten at once.
bool LiveIndex::is_last_word(const Live& live, const Commit& change)
{
    return change.added.empty() && live.recipients == 1 && change.results.size() == 1 &&
           change.results.front().recipient == 0 &&
           change.results.front().state.outcome != Outcome::waiting;
}

bool LiveIndex::ends_after(Live& live, const Commit& change)
{
    const auto known = live.recipients;
    live.recipients += static_cast<std::uint32_t>(change.added.size());
    if (!change.added.empty() || !change.amendment.empty() || !change.evidence.empty()) {
        auto& changes = live.with_more().changes;
        if (!changes) changes = std::make_unique<Changes>();
        add(*changes, change, live.recipients);
    }
    live.waiting += static_cast<std::uint32_t>(change.added.size());
    for (std::uint32_t i = 0; i < change.added.size(); ++i)
        set(live, known + i, change.added[i].state);
    for (const auto& result : change.results)
        set(live, result.recipient, result.state);
    const bool settles = !change.results.empty() || !change.added.empty();
    return change.done || (live.waiting == 0 && settles);
}

/// @return null: there is no such recipient
CompactState* LiveIndex::state(Live& live, std::uint32_t recipient)
{
    if (recipient >= live.recipients) return nullptr;
    if (recipient == 0) return &live.first;
    auto& others = live.with_more().others;
    if (others.size() < recipient) others.resize(recipient);
    return &others[recipient - 1];
}

void LiveIndex::set(Live& live, std::uint32_t recipient, const RecipientState& news)
{
    auto* const known = state(live, recipient);
    if (known == nullptr) return;  // of nobody
    if (known->outcome == Outcome::waiting && news.outcome != Outcome::waiting && live.waiting > 0)
        --live.waiting;
    if (known->outcome != Outcome::waiting && news.outcome == Outcome::waiting) ++live.waiting;
    const auto before = known->texts;
    *known = {news.next_attempt.time_since_epoch().count(), news.attempts, texts_.keep(news),
              news.outcome};
    texts_.release(before);
}

std::vector<RecipientState> LiveIndex::states(const Live& live) const
{
    std::vector<RecipientState> out(live.recipients);
    const auto put = [this](const CompactState& from, RecipientState& to) {
        to.outcome = from.outcome;
        to.attempts = from.attempts;
        to.next_attempt = WallTime{std::chrono::milliseconds{from.next_attempt_ms}};
        texts_.read(from.texts, to);
    };
    if (!out.empty()) put(live.first, out.front());
    if (live.more)
        for (std::size_t i = 0; i < live.more->others.size(); ++i)
            put(live.more->others[i], out[i + 1]);
    return out;
}

void LiveIndex::keep_body(std::uint64_t id, const Body& body)
{
    if (cached_ + body.memory().size() > most_cached_) return;
    if (!bodies_.emplace(id, body).second) return;
    cached_ += body.memory().size();
}

void LiveIndex::drop_body(std::uint64_t id)
{
    const auto place = bodies_.find(id);
    if (place == bodies_.end()) return;
    cached_ -= place->second.memory().size();
    bodies_.erase(place);
}

Body LiveIndex::cached(std::uint64_t id) const
{
    const auto place = bodies_.find(id);
    return place == bodies_.end() ? Body{} : place->second;
}

}  // namespace imc::spool
