#pragma once
/// @file tests/queue/witness.h  A spool that remembers what it promised, and compares it with what
/// is there after a start. Whoever has a complaint says it here.
#include "kit/octets.h"
#include "spool/spool.h"

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
    };
    struct Letter {
        spool::Envelope envelope;
        std::string text;
        std::vector<Place> places;
        bool is_done() const
        {
            return std::ranges::all_of(places,
                                       [](const auto& p) { return is_final(p.acknowledged); });
        }
    };
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
        for (auto& [id, letter] : letters) {
            const auto place = by_id.find(id);
            compare(id, letter, place == by_id.end() ? nullptr : place->second);
        }
        for (const auto& message : found)
            if (!letters.contains(message.id)) adopt(message);
        uncertain_.clear();
        return found;
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
        Pending pending{*this, {}};
        pending.change.caused.push_back(message);
        const auto id = co_await inner_->store(std::move(message));
        if (id) {
            keep(*id, pending.change.caused.front());
            pending.known = true;
        }
        co_return id;
    }
    boost::asio::awaitable<Result<std::vector<Id>>> commit(spool::Commit change) override
    {
        Pending pending{*this, change};
        const auto ids = co_await inner_->commit(std::move(change));
        const bool removes =
            !pending.change.results.empty() &&
            pending.change.results.front().state.outcome == spool::Outcome::deleted;
        if (!removes) cannot_record = !ids;
        if (ids) {
            pending.known = true;
            acknowledge(pending.change, *ids);
        }
        co_return ids;
    }
    boost::asio::awaitable<Result<std::vector<Id>>>
    commit_all(std::vector<spool::Commit> changes) override
    {
        complain("commit_all() has no witness");
        co_return co_await inner_->commit_all(std::move(changes));
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
        spool::Commit change;
        bool known = false;
        Pending(Witness& w, spool::Commit c) : witness{w}, change{std::move(c)}
        {
            ++witness.in_flight;
        }
        Pending(const Pending&) = delete;
        Pending& operator=(const Pending&) = delete;
        ~Pending()
        {
            --witness.in_flight;
            if (!known) witness.doubt(change);
        }
    };

    void keep(Id id, const spool::NewMessage& message)
    {
        Letter letter{message.envelope, kit::whole(message.body), {}};
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
    }
    void doubt(const spool::Commit& change)
    {
        for (const auto& message : change.caused)
            uncertain_.push_back(message);
        for (const auto& [recipient, state] : change.results)
            letters.at(change.message).places.at(recipient).perhaps.push_back(state);
    }

    void compare(Id id, Letter& letter, const spool::Recovered* found)
    {
        const auto name = id.to_string() + " of " + letter.envelope.sender;
        if (found != nullptr && letter.is_done()) complain(name + " was done, and is back");
        if (found != nullptr) {
            if (found->envelope != letter.envelope) complain(name + ": another envelope");
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
};

}  // namespace imc::queue
