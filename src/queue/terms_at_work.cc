#include "queue/state.h"

#include "config/parse.h"
#include "event/caught.h"
#include "event/record_json.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

// What an administrator has ordered, as the scheduler keeps to it.

namespace imc::queue {

using namespace std::chrono_literals;
using spool::Outcome;

namespace {

constexpr std::string_view by_administrator = "rerouted by an administrator";
constexpr auto purge_again = 1min;

}  // namespace

transfer::Route rerouted(const std::string& host, const std::string& address)
{
    const auto parsed = config::parse_host(host, 25);
    const transfer::HostPort to =
        parsed ? transfer::HostPort{parsed->name, parsed->port} : transfer::HostPort{host, 25};
    return {transfer::ToSmartHosts{{to}}, "rerouted:[" + to.host + "]:" + std::to_string(to.port),
            address, std::string{by_administrator}};
}

ProfilePtr without_sign_in(ProfilePtr profile, const transfer::Route& route)
{
    const bool others = route.why == by_administrator || !route.by_profile;
    if (!others || profile->auth_user.empty()) return profile;
    auto copy = std::make_shared<config::DomainProfile>(*profile);
    copy->auth_user.clear();
    copy->auth_password_file.clear();
    return copy;
}

std::optional<WallTime> Queue::State::adopt(Item& item, const spool::Envelope& envelope,
                                            const std::vector<spool::Evidence>& evidence) const
{
    const auto terms_of = [&](std::uint32_t index) -> Terms& {
        auto& terms = item.recipient(index).terms;
        if (!terms) terms = std::make_unique<Terms>();
        return *terms;
    };
    if (envelope.held_until != WallTime{} || envelope.expires_at != WallTime{})
        for (std::uint32_t i = 0; i < item.count; ++i) {
            auto& terms = terms_of(i);
            terms.held_until = envelope.held_until;
            terms.expires = envelope.expires_at;
            terms.text = envelope.hold_reason;
        }
    for (const auto& each : evidence) {
        item.copy = item.copy || each.key == copy_key;
        if (const auto decided = recipient_of_decision(each.key); decided && *decided < item.count)
            item.recipient(*decided).way = transfer::way_of_line(each.text);
        const auto index = recipient_of_key(each.key);
        if (!index || *index >= item.count) continue;
        if (auto terms = parse_evidence(each.text)) terms_of(*index) = std::move(*terms);
    }
    for (std::uint32_t i = 0; i < item.count; ++i)
        if (const auto& route = envelope.recipients[i].route; !route.empty())
            terms_of(i).route = route;

    std::optional<WallTime> due;
    const auto now = wall_now();
    const auto sooner = [&](WallTime wall) {
        const auto when = time.from_wall(wall);
        if (!due || when < *due) due = when;
    };
    for (std::uint32_t i = 0; i < item.count; ++i) {
        auto& recipient = item.recipient(i);
        auto* const terms = recipient.terms.get();
        if (terms == nullptr || !recipient.waits()) continue;
        if (terms->is_deleted()) {
            recipient.stage = Stage::deleted;
            sooner(terms->deleted + kept_after_deletion);
            terms->purge_at = time.from_wall(terms->deleted + kept_after_deletion);
        } else if (terms->held(now)) {
            recipient.stage = Stage::held;
            if (terms->held_until != WallTime::max()) sooner(terms->held_until);
        }
        if (terms->expires != WallTime{}) sooner(terms->expires);
    }
    return due;
}

WallTime Queue::State::ends_of(const Item& item, const Recipient& recipient,
                               const config::RetryPlan& plan) const
{
    if (!recipient.terms) return item.arrived_at + plan.timeout;
    const auto wall = ends(time.to_wall(item.arrived_at), plan.timeout, recipient.terms.get());
    return wall == WallTime::max() ? wall : time.from_wall(wall);
}

void Queue::State::stand(Item& item, std::uint32_t index, bool at_once)
{
    auto& recipient = item.recipient(index);
    const auto* const terms = recipient.terms.get();
    if (terms != nullptr && terms->is_deleted()) {
        items.move(item, index, Stage::deleted);
        items.look_at(item, terms->purge_at);
    } else if (terms != nullptr && terms->held(wall_now())) {
        items.move(item, index, Stage::held);
        if (terms->held_until != WallTime::max())
            items.look_at(item, time.from_wall(terms->held_until));
    } else if (at_once) {
        items.release_now(item, index);
    } else {
        items.release(item, index);
    }
    if (terms != nullptr && terms->expires != WallTime{})
        items.look_at(item, time.from_wall(terms->expires));
}

bool Queue::State::examine_terms(Item& item, std::uint32_t index, WallTime ends, WallTime& again,
                                 std::vector<std::uint32_t>& over,
                                 std::vector<std::uint32_t>& purge)
{
    auto& recipient = item.recipient(index);
    const auto now = items.now();
    if (recipient.stage == Stage::deleted) {
        const auto when = recipient.terms->purge_at;
        if (when <= now)
            purge.push_back(index);
        else
            again = std::min(again, when);
        return true;
    }
    if (recipient.stage != Stage::held) return false;
    const bool ordered = recipient.terms->expires != WallTime{};
    if (ordered && ends <= now) {
        over.push_back(index);
    } else if (!recipient.terms->held(wall_now())) {
        items.release_now(item, index);
        again = std::min(again, now);
    } else {
        if (recipient.terms->held_until != WallTime::max())
            again = std::min(again, time.from_wall(recipient.terms->held_until));
        if (ordered) again = std::min(again, ends);
    }
    return true;
}

void Queue::State::purge_now(const ItemPtr& item, std::vector<std::uint32_t> recipients)
{
    if (recipients.empty()) return;
    for (const auto index : recipients)
        items.move(*item, index, Stage::recording);
    ++in_flight;
    const auto executor = parts.executors[item->id.number % parts.executors.size()];
    // Posted: co_spawn may begin at once, on this thread, which holds the mutex.
    const auto all = std::make_shared<const std::vector<std::uint32_t>>(std::move(recipients));
    net::post(executor, [self = shared_from_this(), executor, item, all] {
        try {
            net::co_spawn(executor, purge(self, item, all), net::detached);
        } catch (...) {
            self->not_purged(*item, *all);
        }
    });
}

void Queue::State::not_purged(Item& item, std::span<const std::uint32_t> recipients) noexcept
{
    tell_broken(item.id, "It is removed in a minute.");
    const std::lock_guard lock{mutex};
    contained(parts.events, "a message that was deleted", [&] {
        const auto now = look();
        for (const auto index : recipients)
            if (item.recipient(index).stage == Stage::recording)
                items.move(item, index, Stage::deleted);
        items.look_at(item, now + purge_again);
        arm();
    });
    --in_flight;
    landed.notify_all();
}

net::awaitable<void> Queue::State::purge(std::shared_ptr<State> self, ItemPtr item,
                                         std::shared_ptr<const std::vector<std::uint32_t>> all)
{
    try {
        co_await purge_all(self, item, all);
    } catch (...) {
        self->not_purged(*item, *all);
    }
}

net::awaitable<void>
Queue::State::purge_all(std::shared_ptr<State> self, ItemPtr item,
                        std::shared_ptr<const std::vector<std::uint32_t>> recipients)
{
    spool::Commit commit;
    commit.message = item->id;
    {
        const std::lock_guard lock{self->mutex};
        for (const auto index : *recipients) {
            auto known = Items::known(item->recipient(index));
            known.outcome = Outcome::deleted;
            commit.results.push_back({index, std::move(known)});
        }
    }
    auto kept = commit;
    const auto done = co_await self->parts.spool.commit(std::move(kept));
    if (done && self->parts.observer != nullptr)
        contained(self->parts.events, "telling of a message that was deleted", [&] {
            const auto envelope = self->envelope_of(*item);
            for (const auto index : *recipients)
                self->parts.observer->removed({item->id, *envelope, item->octets}, index);
        });
    const std::lock_guard lock{self->mutex};
    const auto now = self->look();
    for (const auto& result : commit.results) {
        if (done)
            self->items.settle(*item, result.recipient, result.state);
        else
            self->items.move(*item, result.recipient, Stage::deleted);
    }
    if (item->waiting == 0)
        self->forget_now(*item);
    else if (!done)
        self->items.look_at(*item, now + purge_again);
    --self->in_flight;
    self->landed.notify_all();
    contained(self->parts.events, "the queue's timetable", [&self] { self->arm(); });
}

std::string Queue::State::why_held(const Terms& terms) const
{
    const auto by = terms.by.empty() ? std::string{} : " by " + terms.by;
    if (terms.is_deleted())
        return "was deleted" + by + " and is purged at " +
               to_rfc3339(terms.deleted + kept_after_deletion);
    const auto until = terms.held_until == WallTime::max()
                           ? std::string{"until it is released"}
                           : "until " + to_rfc3339(terms.held_until);
    return "is held" + by + " " + until + (terms.text.empty() ? "" : ": " + terms.text);
}

}  // namespace imc::queue
