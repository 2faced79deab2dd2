#pragma once
/// @file tests/queue/witness.h  A spool that remembers what it promised, and compares it with what
/// is there after a start. Whoever has a complaint says it here.
#include "kit/octets.h"
#include "queue/queue.h"

#include <algorithm>
#include <map>

namespace imc::queue {

class Witness final : public spool::Spool {
public:
    using Id = spool::MessageId;
    using State = spool::RecipientState;

    struct Place {
        State acknowledged = {};
        std::vector<State> perhaps = {};  ///< of commits of which nobody knows
        bool said = false;                ///< in this life a courier has given a final result
        bool took = false;                ///< some courier said delivered, in any life
        bool refused = false;             ///< some courier did refuse it
        bool flying = false;
        bool hold_is_over = false;  ///< in this life its time has come, though the clock went back
        bool may_fail = false;      ///< an administrator has bounced it, or said when it expires
    };
    /// Something else that is known of it, and what it may be by commits of which nobody knows.
    struct Fact {
        std::string is = {};
        std::vector<std::string> perhaps = {};
    };
    struct Letter {
        spool::Envelope envelope;  ///< its routes are those of the beginning
        std::string text;
        std::vector<Place> places;
        std::map<std::string, Fact> facts;  ///< evidence by its key, and "route.N"
        bool is_done() const
        {
            return std::ranges::all_of(places,
                                       [](const auto& p) { return is_final(p.acknowledged); });
        }
        std::string fact(const std::string& key) const
        {
            const auto found = facts.find(key);
            return found == facts.end() ? std::string{} : found->second.is;
        }
        std::string words() const
        {
            std::string out;
            for (std::size_t i = 0; i < places.size(); ++i)
                out += std::to_string(static_cast<int>(places[i].acknowledged.outcome)) +
                       " after " + std::to_string(places[i].acknowledged.attempts) + " attempts" +
                       (places[i].said ? ", said" : "") + (places[i].flying ? ", flying" : "") +
                       "; ";
            for (const auto& [key, fact] : facts)
                out += key + "='" + fact.is + "'; ";
            return out;
        }
        std::string route(std::uint32_t place) const { return fact(route_key(place)); }
        Terms terms(std::uint32_t place) const
        {
            const auto said = fact(evidence_key(place));
            return said.empty() ? Terms{} : parse_evidence(said).value();
        }
    };
    static std::string route_key(std::uint32_t place) { return "route." + std::to_string(place); }
    static bool is_final(const State& state) { return state.outcome != spool::Outcome::waiting; }

    std::map<Id, Letter> letters;  ///< acknowledged, or found at a start
    std::vector<std::string> complaints;
    std::size_t in_flight = 0;
    bool cannot_record = false;  ///< the last result was refused

    void complain(std::string what) { complaints.push_back(std::move(what)); }

    /// A life begins. @return what was recovered
    std::vector<spool::Recovered> begin(std::unique_ptr<spool::Spool> inner)
    {
        inner_ = std::move(inner);
        cannot_record = false;
        auto found = inner_->recover();
        std::map<Id, const spool::Recovered*> by_id;
        for (const auto& message : found)
            if (!by_id.emplace(message.id, &message).second)
                complain(message.id.to_string() + " was recovered twice");
        look_at_groups(by_id);
        for (auto& [id, letter] : letters) {
            const auto place = by_id.find(id);
            compare(id, letter, place == by_id.end() ? nullptr : place->second);
        }
        for (const auto& message : found)
            if (!letters.contains(message.id)) adopt(message);
        uncertain_.clear();
        return found;
    }
    /// Time has passed, or the clock was moved.
    void look_at_the_clock(WallTime now)
    {
        now_ = now;
        for (auto& [id, letter] : letters)
            for (std::uint32_t i = 0; i < letter.places.size(); ++i)
                if (!letter.terms(i).held(now)) letter.places[i].hold_is_over = true;
    }
    bool holds(const Letter& letter, std::uint32_t place) const
    {
        return !letter.places[place].hold_is_over && letter.terms(place).held(now_);
    }
    /// What nobody ordered to wait does not.
    void look_at_held(const std::vector<QueueRow>& rows)
    {
        for (const auto& row : rows)
            for (const auto& held : row.recipients) {
                const auto& letter = letters.at(row.id);
                for (std::uint32_t i = 0; i < letter.places.size(); ++i)
                    if (const auto terms = letter.terms(i);
                        letter.envelope.recipients[i].address == held.address &&
                        (terms.released || terms.held_until == WallTime{}))
                        complain(held.address + " is held, and nobody ordered that");
            }
    }
    /// Recipients that a report says to have failed, or to be late.
    struct Told {
        std::size_t failed = 0, late = 0;
    };
    static void count_told(const std::string& text, std::map<std::string, Told>& told)
    {
        constexpr std::string_view field = "Final-Recipient: rfc822;";
        for (auto at = text.find(field); at != text.npos; at = text.find(field, at + 1)) {
            auto who = text.substr(at + field.size(), text.find("\r\n", at) - at - field.size());
            who.erase(0, who.find_first_not_of(' '));
            const auto action = text.find("Action: ", at);
            const bool failed = text.compare(action, 14, "Action: failed") == 0;
            ++(failed ? told[who].failed : told[who].late);
        }
    }
    /// It ends: first the disk's thread, then, by `shut`, all coroutines.
    template <class Shut>
    void end(Shut shut)
    {
        inner_->close();
        shut();
        inner_.reset();
    }

    Id new_id() override { return inner_->new_id(); }
    Result<std::unique_ptr<spool::TextWriter>> begin_text() override
    {
        return inner_->begin_text();
    }
    boost::asio::awaitable<Result<Id>> store(spool::NewMessage message) override
    {
        Pending pending{*this, {{}}};
        pending.changes.front().caused.push_back(message);
        const auto id = co_await inner_->store(std::move(message));
        if (id) {
            keep(*id, pending.changes.front().caused.front());
            pending.known = true;
        }
        co_return id;
    }
    boost::asio::awaitable<Result<std::vector<Id>>> commit(spool::Commit change) override
    {
        Pending pending{*this, {change}};
        const bool removes = !change.results.empty() &&
                             change.results.front().state.outcome == spool::Outcome::deleted;
        const auto ids = co_await inner_->commit(std::move(change));
        if (!removes) cannot_record = !ids;
        if (ids) {
            pending.known = true;
            acknowledge(pending.changes.front(), *ids);
        }
        co_return ids;
    }
    boost::asio::awaitable<Result<std::vector<Id>>>
    commit_all(std::vector<spool::Commit> changes) override
    {
        // Of an administrator: some fail now without a courier's word, some when their time comes.
        for (const auto& change : changes) {
            auto& places = letters.at(change.message).places;
            for (const auto& result : change.results)
                places.at(result.recipient).may_fail = true;
            for (const auto& [key, text] : change.evidence)
                if (const auto index = recipient_of_key(key);
                    index && parse_evidence(text)->expires != WallTime{})
                    places.at(*index).may_fail = true;
        }
        Pending pending{*this, changes};
        const auto ids = co_await inner_->commit_all(std::move(changes));
        if (!ids) co_return ids;
        pending.known = true;
        auto next = ids->begin();
        for (const auto& change : pending.changes) {
            const auto end = next + static_cast<std::ptrdiff_t>(change.caused.size());
            acknowledge(change, {next, end});
            next = end;
        }
        co_return ids;
    }
    Result<spool::Body> body(Id id) override { return inner_->body(id); }
    void forget_body(Id id) override { inner_->forget_body(id); }
    std::vector<spool::Recovered> recover(std::size_t) override { return {}; }
    spool::Health health() const override { return inner_->health(); }
    void close() override {}

private:
    /// Whatever was under way when the life ended is uncertain, like what failed.
    struct Pending {
        Witness& witness;
        std::vector<spool::Commit> changes;  ///< all of them, or none
        bool known = false;
        Pending(Witness& w, std::vector<spool::Commit> c) : witness{w}, changes{std::move(c)}
        {
            ++witness.in_flight;
        }
        Pending(const Pending&) = delete;
        Pending& operator=(const Pending&) = delete;
        ~Pending()
        {
            --witness.in_flight;
            if (!known) witness.doubt(changes);
        }
    };
    struct Change {
        Id message;
        std::string key, text;
    };
    static std::vector<Change> facts_of(const spool::Commit& change)
    {
        std::vector<Change> out;
        for (const auto& [key, text] : change.evidence)
            out.push_back({change.message, key, text});
        for (const auto& [index, route] : change.amendment.routes)
            out.push_back({change.message, route_key(index), route});
        return out;
    }

    void keep(Id id, const spool::NewMessage& message)
    {
        Letter letter{message.envelope, kit::whole(message.body), {}, {}};
        letter.places.resize(message.envelope.recipients.size());
        if (!letters.emplace(id, std::move(letter)).second)
            complain(id.to_string() + " was given twice");
    }
    void acknowledge(const spool::Commit& change, const std::vector<Id>& ids)
    {
        for (std::size_t i = 0; i < ids.size(); ++i)
            keep(ids[i], change.caused[i]);
        for (const auto& [recipient, state] : change.results) {
            auto& place = letters.at(change.message).places.at(recipient);
            if (is_final(place.acknowledged))
                complain(change.message.to_string() + ": a result after the last one");
            place.acknowledged = state;
            place.perhaps.clear();
        }
        auto& letter = letters.at(change.message);
        for (auto& [id, key, text] : facts_of(change)) {
            letter.facts[key] = {text};
            const auto index = recipient_of_key(key);
            if (!index) continue;
            auto& place = letter.places.at(*index);
            if (place.flying) complain(id.to_string() + ": ordered of one that is in delivery");
            place.hold_is_over = !letter.terms(*index).held(now_);
        }
    }
    void doubt(const std::vector<spool::Commit>& changes)
    {
        std::vector<Change> together;
        for (const auto& change : changes) {
            for (const auto& message : change.caused)
                uncertain_.push_back(message);
            for (const auto& [recipient, state] : change.results)
                letters.at(change.message).places.at(recipient).perhaps.push_back(state);
            for (auto& fact : facts_of(change)) {
                letters.at(fact.message).facts[fact.key].perhaps.push_back(fact.text);
                together.push_back(std::move(fact));
            }
        }
        together_.push_back(std::move(together));
    }

    using ById = std::map<Id, const spool::Recovered*>;
    static std::string fact_of(const spool::Recovered& message, const std::string& key)
    {
        for (std::uint32_t i = 0; i < message.envelope.recipients.size(); ++i)
            if (key == route_key(i)) return message.envelope.recipients[i].route;
        const auto found = std::ranges::find(message.evidence, key, &spool::Evidence::key);
        return found == message.evidence.end() ? std::string{} : found->text;
    }
    /// Of orders in doubt that were given together, all were kept or none. An order is not given
    /// twice: its text has a number.
    void look_at_groups(const ById& found)
    {
        for (const auto& group : std::exchange(together_, {})) {
            std::size_t kept = 0, lost = 0;
            for (const auto& [id, key, text] : group) {
                const auto& perhaps = letters.at(id).facts[key].perhaps;
                const auto message = found.find(id);
                if (!recipient_of_key(key) || message == found.end() || perhaps.empty() ||
                    perhaps.back() != text)
                    continue;
                ++(fact_of(*message->second, key) == text ? kept : lost);
            }
            if (kept > 0 && lost > 0)
                complain("of an order, " + std::to_string(kept) + " recipients are kept and " +
                         std::to_string(lost) + " are not");
        }
    }
    void compare_facts(const std::string& name, Letter& letter, const spool::Recovered& found)
    {
        for (const auto& [key, text] : found.evidence)
            letter.facts.try_emplace(key);
        for (auto& [key, fact] : letter.facts) {
            auto now = fact_of(found, key);
            if (now != fact.is && std::ranges::find(fact.perhaps, now) == fact.perhaps.end())
                complain(name + ": " + key + " is '" + now + "', and was '" + fact.is + "'");
            fact = {std::move(now)};
        }
    }

    void compare(Id id, Letter& letter, const spool::Recovered* found)
    {
        const auto name = id.to_string() + " of " + letter.envelope.sender;
        if (found != nullptr && letter.is_done()) complain(name + " was done, and is back");
        if (found != nullptr) {
            auto envelope = found->envelope;
            for (std::size_t i = 0; i < letter.places.size(); ++i)
                envelope.recipients[i].route = letter.envelope.recipients[i].route;
            if (envelope != letter.envelope) complain(name + ": another envelope");
            compare_facts(name, letter, *found);
            const auto text = inner_->body(id);
            if (!text || kit::whole(*text) != letter.text) complain(name + ": another text");
        }
        for (std::size_t i = 0; i < letter.places.size(); ++i) {
            auto& place = letter.places[i];
            const auto fits = [found, i](const State& state) {
                return found != nullptr ? found->states[i] == state : is_final(state);
            };
            const auto& who = letter.envelope.recipients[i].address;
            if (!fits(place.acknowledged)) {
                const auto other = std::ranges::find_if(place.perhaps, fits);
                if (other != place.perhaps.end())
                    place.acknowledged = *other;
                else if (found == nullptr)
                    complain(name + " is lost, and " + who + " waits for it");
                else
                    complain(name + ": of " + who + " another result than was recorded");
            }
            place.perhaps.clear();
            place.said = place.flying = false;
            place.hold_is_over = !letter.terms(static_cast<std::uint32_t>(i)).held(now_);
        }
    }
    /// Nobody was told of it, so it was under way.
    void adopt(const spool::Recovered& found)
    {
        const auto text = inner_->body(found.id);
        const auto same = std::ranges::find_if(uncertain_, [&](const spool::NewMessage& message) {
            return message.envelope == found.envelope && text &&
                   kit::whole(*text) == kit::whole(message.body);
        });
        if (same == uncertain_.end())
            return complain(found.id.to_string() + " of " + found.envelope.sender +
                            " comes from nowhere");
        keep(found.id, *same);
        uncertain_.erase(same);
    }

    std::unique_ptr<spool::Spool> inner_;
    std::vector<spool::NewMessage> uncertain_;
    std::vector<std::vector<Change>> together_;
    WallTime now_{};
};

}  // namespace imc::queue
