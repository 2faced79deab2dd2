#pragma once
/// @file tests/spool/model.h  What a spool must hold after a crash, given what it has answered.
///
/// A success is a promise. A failure promises nothing: what it was about may be there afterwards or
/// not, but whole; what has then been found is the truth from there on.
#include "kit/octets.h"
#include "spool/spool.h"

#include <algorithm>
#include <map>
#include <set>

namespace imc::spool {

class Model {
public:
    struct Message {
        Envelope envelope;
        Body body;
        std::vector<std::vector<RecipientState>>
            possible;  ///< per recipient; the first is what was acknowledged last
    };
    using Messages = std::map<MessageId, Message>;

    const Messages& messages() const { return messages_; }

    void stored(MessageId id, const NewMessage& message)
    {
        if (!ids_.insert(id).second) complain("id " + id.to_string() + " was given twice");
        messages_[id] = {message.envelope,
                         message.body,
                         {message.envelope.recipients.size(), {RecipientState{}}}};
    }
    void store_failed(const NewMessage& message) { uncertain_.push_back({{}, {}, {message}}); }

    void committed(const Commit& change, const std::vector<MessageId>& caused)
    {
        auto& message = messages_.at(change.message);
        for (const auto& result : change.results)
            message.possible[result.recipient] = {result.state};
        if (caused.size() != change.caused.size())
            return complain("not an id for each message that was caused");
        for (std::size_t i = 0; i < caused.size(); ++i)
            stored(caused[i], change.caused[i]);
        const bool all_final = std::ranges::all_of(message.possible, [](const auto& states) {
            return states.front().outcome != Outcome::waiting;
        });
        if (all_final) messages_.erase(change.message);
    }
    void commit_failed(const Commit& change)
    {
        auto& message = messages_.at(change.message);
        for (const auto& result : change.results)
            message.possible[result.recipient].push_back(result.state);
        uncertain_.push_back({change.message, change.results, change.caused});
    }

    /// Compares and takes over what was found.
    /// @return complaints; empty: all is as promised
    std::vector<std::string> restart(Spool& spool)
    {
        std::map<MessageId, Recovered> found;
        for (auto& message : spool.recover()) {
            const auto id = message.id;
            if (!found.emplace(id, std::move(message)).second)
                complain("recovered twice: " + id.to_string());
        }
        std::set<const NewMessage*> there;
        for (const auto& [id, message] : found)
            if (const auto known = messages_.find(id); known != messages_.end())
                compare(spool, message, known->second.envelope, known->second.body);
            else
                adopt(spool, message, there);
        for (const auto& commit : uncertain_)
            check_atomic(commit, found, there);
        take_over(found);
        uncertain_.clear();
        if (spool.health().live_messages != messages_.size())
            complain("health() counts others than there are");
        return std::move(complaints_);
    }

private:
    struct Uncertain {
        MessageId message;
        std::vector<RecipientResult> results;
        std::vector<NewMessage> caused;
    };

    void complain(std::string what) { complaints_.push_back(std::move(what)); }

    void compare(Spool& spool, const Recovered& found, const Envelope& envelope, const Body& body)
    {
        if (found.envelope != envelope) complain(found.id.to_string() + ": another envelope");
        if (found.body_octets != body.size())
            complain(found.id.to_string() + ": body_octets is wrong");
        const auto text = spool.body(found.id);
        if (!text)
            complain(text.error().to_string());
        else if (kit::whole(*text) != kit::whole(body))
            complain(found.id.to_string() + ": another body");
    }

    /// Nobody was told of it, so it must be one of those whose storing failed. `sender` tells them
    /// apart.
    void adopt(Spool& spool, const Recovered& found, std::set<const NewMessage*>& there)
    {
        if (ids_.contains(found.id))
            return complain(found.id.to_string() + " was done, and came back");
        for (const auto& each : uncertain_)
            for (const auto& message : each.caused)
                if (message.envelope.sender == found.envelope.sender) {
                    compare(spool, found, message.envelope, message.body);
                    if (!there.insert(&message).second)
                        complain(found.id.to_string() + " is there twice");
                    stored(found.id, message);
                    return;
                }
        complain(found.id.to_string() + " was never stored, or was not there at the last start");
    }

    void check_atomic(const Uncertain& each, const std::map<MessageId, Recovered>& found,
                      const std::set<const NewMessage*>& there)
    {
        const auto count = static_cast<std::size_t>(std::ranges::count_if(
            each.caused, [&](const NewMessage& message) { return there.contains(&message); }));
        if (count != 0 && count != each.caused.size()) complain("a part of what a commit caused");
        if (each.results.empty()) return;
        const auto known = messages_.find(each.message);
        if (known == messages_.end()) return;  // settled later
        const auto now = found.find(each.message);
        std::size_t applied = 0;
        std::size_t comparable = 0;
        for (const auto& result : each.results) {
            const auto& possible = known->second.possible[result.recipient];
            if (std::ranges::find(possible, result.state) == possible.end() || possible.size() > 2)
                continue;
            ++comparable;
            const bool shows =
                now == found.end() || now->second.states.at(result.recipient) == result.state;
            if (shows) ++applied;
        }
        if (comparable == 0) return;
        if (applied != 0 && applied != comparable) complain("a part of a commit's results");
        if (!each.caused.empty() && (applied != 0) != (count != 0))
            complain(std::string{"results "} + (applied != 0 ? "without" : "not there, but") +
                     " what they caused");
    }

    void take_over(const std::map<MessageId, Recovered>& found)
    {
        for (auto place = messages_.begin(); place != messages_.end();) {
            auto& [id, message] = *place;
            const auto now = found.find(id);
            if (now == found.end()) {
                const bool may_be_done =
                    std::ranges::all_of(message.possible, [](const auto& states) {
                        return std::ranges::any_of(
                            states, [](const auto& s) { return s.outcome != Outcome::waiting; });
                    });
                if (!may_be_done) complain(id.to_string() + " is lost");
                place = messages_.erase(place);
                continue;
            }
            if (now->second.states.size() != message.possible.size()) {
                complain(id.to_string() + ": not a state for each recipient");
            } else {
                for (std::size_t i = 0; i < message.possible.size(); ++i) {
                    auto& possible = message.possible[i];
                    const auto& state = now->second.states[i];
                    if (std::ranges::find(possible, state) == possible.end())
                        complain(id.to_string() + ": recipient " + std::to_string(i) + " has \"" +
                                 state.last_reply + "\", but \"" + possible.front().last_reply +
                                 "\" was acknowledged");
                    possible = {state};
                }
            }
            ++place;
        }
    }

    Messages messages_;
    std::set<MessageId> ids_;  ///< all that were ever known
    std::vector<Uncertain> uncertain_;
    std::vector<std::string> complaints_;
};

}  // namespace imc::spool
