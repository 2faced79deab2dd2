#include "event/caught.h"
#include "event/record_json.h"
#include "queue/state.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <iterator>
#include <map>

// From a message to lanes.

namespace imc::queue {

using namespace std::chrono_literals;
using transfer::Route;

/// It is durable: whoever brought it must not think otherwise, whatever happens here.
void Queue::State::add(spool::MessageId id, spool::Envelope envelope, spool::Body body,
                       const std::vector<spool::Evidence>& evidence, std::uint64_t octets,
                       std::span<const std::uint16_t> ways) noexcept
try {
    const auto whole = std::make_shared<const spool::Envelope>(std::move(envelope));
    std::vector<std::uint32_t> all(whole->recipients.size());
    bool forget = false;
    std::optional<WallTime> due;
    ItemPtr item;
    {
        const std::lock_guard lock{mutex};
        const auto now = look();
        item = new Item{id, *whole, std::min(time.from_wall(whole->arrived_at), now)};
        item->octets = body ? body.size() : octets;
        forget = !body || body_octets + body.memory().size() > bodies_in_memory;
        if (!forget) {
            body_octets += body.memory().size();
            item->body = std::make_unique<spool::Body>(std::move(body));
        }
        for (std::uint32_t i = 0; i < item->count; ++i) {
            item->recipient(i).stage = Stage::routing;
            all[i] = i;
        }
        for (std::uint32_t i = 0; i < ways.size() && i < item->count; ++i)
            item->recipient(i).way = ways[i];
        due = adopt(*item, *whole, evidence);
        std::erase_if(all, [&](auto i) { return item->recipient(i).stage != Stage::routing; });
        items.insert(item);
        if (due) items.look_at(*item, *due);
    }
    if (forget) parts.spool.forget_body(id);
    if (!all.empty()) return send_off(item, std::move(all), whole);
    const std::lock_guard lock{mutex};
    arm();
} catch (...) {
    tell_broken(id, next_start);
}

EnvelopePtr Queue::State::envelope_of(const Item& item) const
{
    constexpr std::uint32_t few = 16;
    const auto unpack = [&] {
        return std::make_shared<const spool::Envelope>(item.envelope.unpack());
    };
    if (item.count <= few) return unpack();
    const std::lock_guard lock{large_mutex};
    for (const auto& [known, envelope] : large)
        if (known == item.id && envelope) return envelope;
    auto& slot = large[next_large++ % large.size()];
    slot = {item.id, unpack()};
    return slot.second;
}

void Queue::State::drop_body_now(Item& item)
{
    if (!item.body) return;
    body_octets -= item.body->memory().size();
    item.body.reset();
}

void Queue::State::forget_now(Item& item)
{
    drop_body_now(item);
    (void)decided_anew.take(item.id);
    later_decisions -= std::exchange(item.decided, 0);
    const std::lock_guard lock{large_mutex};
    for (auto& [id, envelope] : large)
        if (id == item.id) envelope = nullptr;
}

void Queue::State::drop_body_if(bool waits, Item& item)
{
    if (!waits || !item.body) return;
    drop_body_now(item);
    parts.spool.forget_body(item.id);
}

void Queue::State::send_off(const ItemPtr& item, std::vector<std::uint32_t> recipients,
                            EnvelopePtr envelope) noexcept
{
    std::shared_ptr<const std::vector<std::uint32_t>> all;
    try {
        const auto with = resolver_now();
        if (!envelope) envelope = envelope_of(*item);
        // Of a list's copy there are thousands: they need not be looked up on a thread of
        // connections.
        if (!with->blocks() && recipients.size() < look_ups_in_place)
            return route(item, recipients, *envelope, *with);
        if (recipients.size() >= look_ups_in_place) envelope.reset();  // hundreds may stand in line
        all = std::make_shared<const std::vector<std::uint32_t>>(std::move(recipients));
        parts.in_background([self = shared_from_this(), item, all, envelope, with]() noexcept {
            self->route_in_background(item, *all, envelope, *with);
        });
    } catch (...) {
        wait_after_defect(*item, all ? *all : recipients, Stage::routing);
    }
}

void Queue::State::route_in_background(const ItemPtr& item,
                                       const std::vector<std::uint32_t>& recipients,
                                       const EnvelopePtr& envelope,
                                       const transfer::RecipientResolver& with) noexcept
try {
    const auto whole = envelope ? envelope : envelope_of(*item);
    route(item, recipients, *whole, with);
} catch (...) {
    wait_after_defect(*item, recipients, Stage::routing);
}

std::shared_ptr<const transfer::RecipientResolver> Queue::State::resolver_now() const
{
    const std::lock_guard lock{mutex};
    return resolver;
}

namespace {

/// Of one message, what goes one way.
struct Group {
    Route route;
    std::string domain;
    std::vector<std::uint32_t> recipients;
    std::vector<std::string> addresses;
    bool renamed = false;

    /// Several domains go one way: one text for all of them.
    void join(Group other)
    {
        recipients.insert(recipients.end(), other.recipients.begin(), other.recipients.end());
        std::ranges::move(other.addresses, std::back_inserter(addresses));
        renamed = renamed || other.renamed;
    }

    void in_order_of_envelope()
    {
        if (std::ranges::is_sorted(recipients)) return;
        std::map<std::uint32_t, std::string> sorted;
        for (std::size_t i = 0; i < recipients.size(); ++i)
            sorted.emplace(recipients[i], std::move(addresses[i]));
        recipients.clear();
        addresses.clear();
        for (auto& [index, address] : sorted) {
            recipients.push_back(index);
            addresses.push_back(std::move(address));
        }
    }
};

/// "192.0.2.7" of "[192.0.2.7]:4711 (name)". Empty: no client brought it.
std::string_view address_in(std::string_view peer)
{
    const auto end = peer.find(']');
    return peer.starts_with('[') && end != peer.npos ? peer.substr(1, end - 1) : std::string_view{};
}

}  // namespace

void Queue::State::route(const ItemPtr& item, const std::vector<std::uint32_t>& recipients,
                         const spool::Envelope& envelope,
                         const transfer::RecipientResolver& with) noexcept
{
    std::vector<std::uint32_t> handed_on;
    try {
        find_ways(item, recipients, envelope, with, handed_on);
    } catch (...) {
        wait_after_defect(*item, recipients, Stage::routing, handed_on);
    }
}

void Queue::State::find_ways(const ItemPtr& item, const std::vector<std::uint32_t>& recipients,
                             const spool::Envelope& envelope,
                             const transfer::RecipientResolver& with,
                             std::vector<std::uint32_t>& handed_on)
{
    std::map<std::string, Group> groups;
    std::vector<std::uint32_t> judged;
    std::vector<DeliveryResult> results;
    std::vector<Order> lists;
    std::vector<DecidedNow> anew;
    const auto client = address_in(envelope.peer);
    for (const auto index : recipients) {
        const auto& address = envelope.recipients[index].address;
        const auto* const terms = item->recipient(index).terms.get();
        const bool ordered = terms != nullptr && !terms->route.empty();
        // Of whom nothing is kept, a start does not know that he was decided on.
        const bool first =
            item->recipient(index).way == 0 && (index < decisions_kept || !item->recovered);
        transfer::DecisionLine line;
        auto resolution = ordered ? transfer::Resolution{rerouted(terms->route, address)}
                                  : resolve(address, client, with, first ? &line : nullptr);
        if (!ordered)
            if (auto news = decided(*item, index, address, client, with, resolution, line.take()))
                anew.push_back(std::move(*news));
        if (auto* const more = std::get_if<transfer::Expand>(&resolution)) {
            // Of a copy, the mailbox has passed its own on already.
            if (!item->copy || !more->here) {
                lists.push_back({index, std::move(*more)});
                continue;
            }
            more->here->restrictions = more->restrictions;
            resolution = transfer::Resolution{std::move(*more->here)};
        }
        auto* const found = std::get_if<Route>(&resolution);
        auto refusal = found == nullptr
                           ? std::optional{verdict(*item, index, envelope, resolution)}
                           : restricted(*item, index, envelope, found->restrictions, with);
        if (refusal) {
            judged.push_back(index);
            results.push_back(std::move(*refusal));
            continue;
        }
        found->restrictions.reset();
        auto domain = domain_of(found->address);
        auto& group = groups[found->key + '\n' + domain];
        group.recipients.push_back(index);
        group.renamed = group.renamed || found->address != address;
        group.addresses.push_back(std::move(found->address));
        group.domain = std::move(domain);
        group.route = std::move(*found);
    }
    std::ranges::sort(anew, {}, &DecidedNow::recipient);
    for (const auto& [key, group] : groups)
        tell_queued(*item, envelope, group.recipients, group.route, anew);
    tell_decided(*item, envelope, anew);
    note_decided(*item, anew);
    const bool expands = !lists.empty();
    if (expands) {
        std::vector<std::uint32_t> these;
        for (const auto& order : lists)
            these.push_back(order.recipient);
        expand(item, std::move(lists), envelope);
        handed_on = std::move(these);
    }
    const std::lock_guard lock{mutex};
    const auto now = look();
    if (!expands) needs_no_expansion(*item);
    auto look_again = now + 15min;
    std::map<LanePtr, Group> ways;
    for (auto& [key, group] : groups) {
        const auto lane = lane_for(std::move(group.route), group.domain);
        if (const auto no = too_large_for(*lane->profile, group.domain, item->octets)) {
            judged.insert(judged.end(), group.recipients.begin(), group.recipients.end());
            results.insert(results.end(), group.recipients.size(), *no);
            continue;
        }
        for (const auto index : group.recipients)
            items.set_lane(item->recipient(index), lane);
        ways[lane].join(std::move(group));
    }
    for (auto& [lane, way] : ways) {
        const auto& plan = lane->profile->retry[static_cast<std::size_t>(item->priority)];
        look_again = std::min<WallTime>(look_again, item->arrived_at + plan.timeout);
        for (const auto step : plan.notice_after)
            if (item->arrived_at + step > now)
                look_again = std::min<WallTime>(look_again, item->arrived_at + step);
        way.in_order_of_envelope();
        if (!way.renamed) way.addresses.clear();
        place(lane, Load{item, std::move(way.recipients), std::move(way.addresses)});
    }
    items.look_at(*item, std::max(look_again, now));
    if (!judged.empty())
        record_now({item, std::move(judged), std::move(results),
                    std::make_shared<const spool::Envelope>(envelope)});
    arm();
}

/// What is tried again was told of before, what was found at start most likely, too.
bool Queue::State::is_news(const Item& item, std::uint32_t index)
{
    return !item.recovered && item.recipient(index).attempts == 0 && !item.recipient(index).lane;
}

void Queue::State::tell_queued(const Item& item, const spool::Envelope& envelope,
                               const std::vector<std::uint32_t>& recipients, const Route& route,
                               std::span<const DecidedNow> decided) const
{
    if (parts.observer == nullptr) return;
    std::vector<std::uint32_t> first;
    std::ranges::copy_if(recipients, std::back_inserter(first),
                         [&](auto index) { return is_news(item, index); });
    if (!first.empty())
        parts.observer->queued({item.id, envelope, item.octets, decided}, first, route);
}

/// One address must not take the service with it, nor be forgotten.
transfer::Resolution Queue::State::resolve(const std::string& address, std::string_view client,
                                           const transfer::RecipientResolver& with,
                                           transfer::DecisionLine* line)
{
    std::string defect;
    try {
        transfer::Request request;
        request.recipient = address;
        request.taken = true;
        request.client.peer = client;
        if (line != nullptr) line->add("at", to_rfc3339(parts.clock.now()));
        return with.resolve(request, after(30s), nullptr, line);
    } catch (const std::exception& e) {
        defect = e.what();
    }
    parts.events.raise(EventId::exception_handled,
                       {{"detail", "recipient " + address + ": " + defect}});
    return CannotSay{Error{EventId::exception_handled, defect}};
}

/// What a client was told at RCPT is decided once more here, and most often the same.
std::optional<DecidedNow> Queue::State::decided(const Item& item, std::uint32_t index,
                                                const std::string& address, std::string_view client,
                                                const transfer::RecipientResolver& with,
                                                const transfer::Resolution& resolution,
                                                std::string line)
{
    const auto& recipient = item.recipient(index);
    const auto way = transfer::way_of(resolution);
    if (way == 0 || way == recipient.way) return {};
    transfer::DecisionLine out;
    if (recipient.way != 0) {
        const auto again = resolve(address, client, with, &out);
        if (transfer::way_of(again) != way) return {};  // it has changed again: next time
        line = out.take();
    }
    if (line.empty()) return {};
    const bool expands = std::holds_alternative<transfer::Expand>(resolution);
    return DecidedNow{index, way, expands, std::move(line)};
}

void Queue::State::tell_decided(const Item& item, const spool::Envelope& envelope,
                                const std::vector<DecidedNow>& all) const
{
    if (parts.observer == nullptr) return;
    for (const auto& each : all)
        if (each.expands || !is_news(item, each.recipient))
            parts.observer->decided({item.id, envelope, item.octets}, each.recipient, each.line);
}

/// While they are still taken: whoever has been handed over may have ended, and the message with
/// him, and of one that has ended nothing is remembered.
void Queue::State::note_decided(Item& item, std::vector<DecidedNow>& all)
{
    if (all.empty()) return;
    const std::lock_guard lock{mutex};
    for (auto& each : all) {
        item.recipient(each.recipient).way = each.way;
        decided_anew.note(item.id, each.recipient, std::move(each.line));
    }
}

void Queue::State::count_decided(Item& item, std::span<const spool::Evidence> lines)
{
    for (const auto& each : lines) {
        if (!recipient_of_decision(each.key)) continue;
        const auto octets = static_cast<std::uint32_t>(octets_of(each));
        item.decided += octets;
        later_decisions += octets;
    }
}

std::vector<spool::Evidence> Queue::State::take_decided(Item& item)
{
    auto lines = decided_anew.take(item.id);
    if (later_decisions >= parts.later_decisions) return {};
    count_decided(item, lines);
    return lines;
}

}  // namespace imc::queue
