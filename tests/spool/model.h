#pragma once
/// @file tests/spool/model.h  What a spool must hold after a crash, given what it has answered.
///
/// A success is a promise. A failure promises nothing: what it was about may be there afterwards or
/// not, but whole; what has then been found is the truth from there on. Once something later about
/// the same message was acknowledged, what failed before can no longer come back.
#include "kit/octets.h"
#include "spool/spool.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace imc::spool {

/// What is known of a message.
struct Known {
    Envelope envelope;
    std::vector<RecipientState> states;
    std::map<std::string, std::string> evidence;
    friend bool operator==(const Known&, const Known&) = default;

    bool waits() const
    {
        return std::ranges::count(states, Outcome::waiting, &RecipientState::outcome) > 0;
    }
};

/// The rules of spool.h once more, in other words. @return nothing: the message is done
inline std::optional<Known> after_commit(Known known, const Commit& change)
{
    for (const auto& [recipient, state] : change.added) {
        known.envelope.recipients.push_back(recipient);
        known.states.push_back(state);
    }
    const auto& news = change.amendment;
    known.envelope.sender = news.sender.value_or(known.envelope.sender);
    known.envelope.priority = news.priority.value_or(known.envelope.priority);
    known.envelope.expires_at = news.expires_at.value_or(known.envelope.expires_at);
    if (news.hold) {
        known.envelope.held_until = news.hold->until;
        known.envelope.hold_reason = news.hold->reason;
    }
    for (const auto& [recipient, route] : news.routes)
        if (recipient < known.states.size()) known.envelope.recipients[recipient].route = route;
    for (const auto& [key, text] : change.evidence)
        known.evidence[key] = text;
    std::erase_if(known.evidence, [](const auto& each) { return each.second.empty(); });
    for (const auto& result : change.results)
        if (result.recipient < known.states.size()) known.states[result.recipient] = result.state;
    if (change.done || !known.waits()) return {};
    return known;
}

class Model {
public:
    struct Message {
        Known known;  ///< as acknowledged
        Body body;
        std::vector<std::optional<Known>> perhaps = {};  ///< what failed commits would have made
    };
    using Messages = std::map<MessageId, Message>;

    const Messages& messages() const { return messages_; }

    void stored(MessageId id, const NewMessage& message)
    {
        if (!ids_.insert(id).second) complain("id " + id.to_string() + " was given twice");
        messages_[id] = {
            {message.envelope, std::vector<RecipientState>(message.envelope.recipients.size()), {}},
            message.body};
    }
    void store_failed(const NewMessage& message) { uncertain_.push_back({{}, {message}}); }

    void committed(const Commit& change, const std::vector<MessageId>& caused)
    {
        committed_all({change}, caused);
    }
    void committed_all(const std::vector<Commit>& changes, const std::vector<MessageId>& caused)
    {
        std::size_t next = 0;
        for (const auto& change : changes) {
            for (const auto& message : change.caused)
                if (next < caused.size()) stored(caused[next++], message);
            const auto place = messages_.find(change.message);
            if (place == messages_.end()) continue;
            auto now = after_commit(place->second.known, change);
            place->second.perhaps.clear();
            if (now)
                place->second.known = std::move(*now);
            else
                messages_.erase(place);
        }
        std::size_t wanted = 0;
        for (const auto& change : changes)
            wanted += change.caused.size();
        if (caused.size() != wanted) complain("not an id for each message that was caused");
    }
    void commit_failed(const Commit& change) { commit_all_failed({change}); }
    void commit_all_failed(const std::vector<Commit>& changes)
    {
        Uncertain all;
        std::map<MessageId, std::optional<Known>> made;  // several of one message
        for (const auto& change : changes) {
            const auto& message = messages_.at(change.message);
            auto& known = made.try_emplace(change.message, message.known).first->second;
            if (known) known = after_commit(std::move(*known), change);
            all.caused.insert(all.caused.end(), change.caused.begin(), change.caused.end());
        }
        for (auto& [id, known] : made) {
            all.made.push_back({id, messages_.at(id).known, known});
            messages_.at(id).perhaps.push_back(std::move(known));
        }
        uncertain_.push_back(std::move(all));
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
                compare_body(spool, message, known->second.body);
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
        struct Made {
            MessageId message;
            Known before;
            std::optional<Known> after;
        };
        std::vector<Made> made;
        std::vector<NewMessage> caused;
    };

    void complain(std::string what) { complaints_.push_back(std::move(what)); }

    static Known known_of(const Recovered& found)
    {
        Known out{found.envelope, found.states, {}};
        for (const auto& [key, text] : found.evidence)
            out.evidence[key] = text;
        return out;
    }

    void compare_body(Spool& spool, const Recovered& found, const Body& body)
    {
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
                    compare_body(spool, found, message.body);
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
        std::size_t applied = 0;
        std::size_t comparable = 0;
        for (const auto& [id, before, after] : each.made) {
            const auto message = messages_.find(id);
            if (message == messages_.end()) continue;  // settled later
            const auto& perhaps = message->second.perhaps;
            // What another one made cannot be told apart, nor what changes nothing.
            if (after == std::optional{before} || std::ranges::count(perhaps, after) != 1) continue;
            ++comparable;
            const auto now = found.find(id);
            const auto shows =
                now == found.end() ? std::optional<Known>{} : std::optional{known_of(now->second)};
            if (shows == after) ++applied;
        }
        if (comparable == 0) return;
        if (applied != 0 && applied != comparable) complain("a part of what was to be all or none");
        if (!each.caused.empty() && (applied != 0) != (count != 0))
            complain(std::string{"a change "} + (applied != 0 ? "without" : "not there, but") +
                     " what it caused");
    }

    void take_over(const std::map<MessageId, Recovered>& found)
    {
        for (auto place = messages_.begin(); place != messages_.end();) {
            auto& [id, message] = *place;
            const auto now = found.find(id);
            if (now == found.end()) {
                if (std::ranges::find(message.perhaps, std::optional<Known>{}) ==
                    message.perhaps.end())
                    complain(id.to_string() + " is lost");
                place = messages_.erase(place);
                continue;
            }
            auto known = known_of(now->second);
            if (known.states.size() != known.envelope.recipients.size())
                complain(id.to_string() + ": not a state for each recipient");
            if (known != message.known &&
                std::ranges::find(message.perhaps, std::optional{known}) == message.perhaps.end())
                complain(id.to_string() + ": is neither as acknowledged nor as a failed change" +
                         difference(message.known, known));
            message.known = std::move(known);
            message.perhaps.clear();
            ++place;
        }
    }

    static std::string difference(const Known& wanted, const Known& found)
    {
        std::string out;
        if (wanted.envelope != found.envelope) out += "; envelope";
        if (wanted.evidence != found.evidence) out += "; evidence";
        for (std::size_t i = 0; i < std::max(wanted.states.size(), found.states.size()); ++i) {
            const auto reply = [i](const Known& known) {
                return i < known.states.size() ? known.states[i].last_reply : "nobody";
            };
            if (i >= wanted.states.size() || i >= found.states.size() ||
                wanted.states[i] != found.states[i])
                out += "; recipient " + std::to_string(i) + " has \"" + reply(found) +
                       "\", acknowledged was \"" + reply(wanted) + "\"";
        }
        return out;
    }

    Messages messages_;
    std::set<MessageId> ids_;  ///< all that were ever known
    std::vector<Uncertain> uncertain_;
    std::vector<std::string> complaints_;
};

}  // namespace imc::spool
