#include "base/text.h"
#include "queue/views.h"
#include "queue/walk.h"

#include <algorithm>
#include <tuple>

// Waiting recipients by what they have in common.

namespace imc::queue {

namespace {

constexpr std::size_t longest_reply = 200;

constexpr std::array<std::pair<std::string_view, GroupBy>, 5> names{{{"site", GroupBy::site},
                                                                     {"route", GroupBy::route},
                                                                     {"reason", GroupBy::reason},
                                                                     {"domain", GroupBy::domain},
                                                                     {"sender", GroupBy::sender}}};

struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const
    {
        return std::hash<std::string_view>{}(key);
    }
};
template <class Value>
using ByKey = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

struct Tally {
    Group group;
    std::array<std::uint32_t, reasons> by_reason{};
    spool::MessageId last{};  ///< counted already
};
using Tallies = ByKey<Tally>;

/// Of what is known of the way of a recipient; as the selector `route` takes it.
std::string key_of(GroupBy by, const Item& item, const Recipient& recipient, Reason reason,
                   std::string_view address)
{
    switch (by) {
    case GroupBy::sender: return lower(item.envelope.sender());
    case GroupBy::domain: return domain_of(address);
    case GroupBy::reason: return std::string{name_of(reason)};
    case GroupBy::site:
        if (const auto site = recipient.lane ? recipient.lane->site.lock() : nullptr)
            if (auto hosts = hosts_of(site->place); !hosts.empty()) return std::move(hosts.front());
        [[fallthrough]];
    case GroupBy::route: break;
    }
    return recipient.lane ? recipient.lane->route.key : std::string{};
}

/// @param see  false: enough
template <class State, class See>
void each_waiting(const State& s, GroupBy by, See see)
{
    s.walk({.all = true}, {}, [&](const ItemPtr& item, const std::vector<std::uint32_t>& fit) {
        auto wanted = fit.begin();
        for (PackedEnvelope::Walk walk{item->envelope}; walk.next() && wanted != fit.end();) {
            if (walk.index() != *wanted) continue;
            ++wanted;
            const auto& recipient = item->recipient(walk.index());
            const auto reason = s.reason_of(recipient);
            if (!see(key_of(by, *item, recipient, reason, walk.address()), *item, recipient,
                     reason))
                return false;
        }
        return true;
    });
}

/// Misra and Gries: whoever has more than one in `most` of all recipients is among those that are
/// left, however many there are.
template <class State>
Tallies frequent(const State& s, GroupBy by, std::size_t most)
{
    ByKey<std::uint64_t> left;
    each_waiting(s, by, [&](std::string key, const Item&, const Recipient&, Reason) {
        if (const auto known = left.find(key); known != left.end())
            ++known->second;
        else if (left.size() < most)
            left.emplace(std::move(key), 1);
        else
            for (auto each = left.begin(); each != left.end();)
                each = --each->second == 0 ? left.erase(each) : std::next(each);
        return true;
    });
    Tallies out;
    for (const auto& [key, count] : left)
        out[key];
    return out;
}

void take_in(Tally& tally, const Item& item, const Recipient& recipient, Reason reason,
             const QueueTime& time)
{
    auto& group = tally.group;
    ++group.recipients;
    ++tally.by_reason[static_cast<std::size_t>(reason)];
    if (tally.last != item.id) {
        tally.last = item.id;
        ++group.messages;
        group.octets += item.octets;
    }
    const auto arrived = time.to_wall(item.arrived_at);
    if (group.oldest == WallTime{} || arrived < group.oldest) group.oldest = arrived;
    if (recipient.stage == Stage::idle) {
        const auto next = time.to_wall(recipient.next_attempt);
        if (!group.next_attempt || next < *group.next_attempt) group.next_attempt = next;
    }
    if (group.last_reply.empty() && recipient.said != nullptr)
        group.last_reply = recipient.said->reply().substr(0, longest_reply);
}

void add(Group& rest, const Group& one)
{
    rest.messages += one.messages;
    rest.recipients += one.recipients;
    rest.octets += one.octets;
    if (rest.oldest == WallTime{} || (one.oldest != WallTime{} && one.oldest < rest.oldest))
        rest.oldest = one.oldest;
}

}  // namespace

std::optional<GroupBy> group_by_named(std::string_view name)
{
    const auto* const found = std::ranges::find(names, name, [](const auto& n) { return n.first; });
    if (found == names.end()) return {};
    return found->second;
}

Groups Views::groups(GroupBy by, std::size_t most, std::size_t in_memory) const
{
    const auto& s = *state_;
    Tallies tallies;
    Tally others;
    bool too_many = false;
    each_waiting(s, by, [&](std::string key, const Item& item, const Recipient& r, Reason reason) {
        auto found = tallies.find(key);
        if (found == tallies.end() && tallies.size() < in_memory)
            found = tallies.try_emplace(std::move(key)).first;
        else if (found == tallies.end())
            too_many = true;
        if (!too_many) take_in(found->second, item, r, reason, s.time);
        return !too_many;
    });
    if (too_many) {
        tallies = frequent(s, by, in_memory);
        each_waiting(
            s, by,
            [&](const std::string& key, const Item& item, const Recipient& r, Reason reason) {
                const auto found = tallies.find(key);
                take_in(found == tallies.end() ? others : found->second, item, r, reason, s.time);
                return true;
            });
    }
    Groups out;
    for (auto& [key, tally] : tallies) {
        if (tally.group.recipients == 0) continue;  // gone between two walks
        const auto commonest = std::ranges::max_element(tally.by_reason) - tally.by_reason.begin();
        tally.group.reason = static_cast<Reason>(commonest);
        tally.group.key = key;
        out.top.push_back(std::move(tally.group));
    }
    std::ranges::sort(out.top, [](const Group& a, const Group& b) {
        return std::tuple{b.recipients, std::string_view{a.key}} <
               std::tuple{a.recipients, std::string_view{b.key}};
    });
    add(out.rest, others.group);
    if (!too_many) out.in_rest = out.top.size() > most ? out.top.size() - most : 0;
    for (auto at = most; at < out.top.size(); ++at)
        add(out.rest, out.top[at]);
    if (out.top.size() > most) out.top.resize(most);
    return out;
}

}  // namespace imc::queue
