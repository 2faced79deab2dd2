#include "event/caught.h"
#include "queue/state.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

// The life of a courier: one job after the other, over one connection after the other.

namespace imc::queue {

using namespace std::chrono_literals;

net::awaitable<void> Queue::State::work(std::shared_ptr<State> self, SitePtr site,
                                        net::any_io_executor executor)
{
    try {
        auto courier = self->parts.couriers.hire(self->place_of(*site));
        const auto most = std::max<std::uint32_t>(site->place.profile->messages_per_connection, 1);
        std::uint32_t on_this_connection = 0;
        for (unsigned carried = 0;; ++carried) {
            auto batch = co_await self->next_job(site, executor, carried);
            if (!batch) break;
            if (on_this_connection >= most) {
                co_await courier->close();
                courier = self->parts.couriers.hire(self->place_of(*site));
                on_this_connection = 0;
            }
            ++on_this_connection;
            co_await self->carry(*courier, site, std::move(*batch));
            if (!courier->reusable()) {
                co_await courier->close();
                courier = self->parts.couriers.hire(self->place_of(*site));
                on_this_connection = 0;
            }
        }
        co_await courier->close();
    } catch (...) {
        raise_caught(self->parts.events, "courier of", site->key);
    }
    self->retire(site);
}

Place Queue::State::place_of(const Site& site) const
{
    const std::lock_guard lock{mutex};
    return site.place;
}

net::awaitable<std::optional<Batch>>
Queue::State::next_job(SitePtr site, net::any_io_executor executor, unsigned carried)
{
    for (bool waited = false;;) {
        std::shared_ptr<Idle> idle;
        {
            const std::lock_guard lock{mutex};
            look();
            const auto now = parts.steady();
            const bool wanted = places.others_wait() && carried >= Places<SitePtr>::turn;
            const auto room = std::min(site->window.room(now), site->most());
            const bool too_many = site->couriers > room;
            if (!wanted && !too_many && may_send(site->remote)) {
                if (site->pace.next() > now)
                    wake_at(site->pace.next(), {site, {}});
                else if (auto batch = pop(*site))
                    co_return batch;
            }
            if (waited || draining || wanted || too_many || places.others_wait())
                co_return std::nullopt;
            idle = std::make_shared<Idle>(
                Idle{executor, net::steady_timer{executor, parts.idle_courier}});
            site->idle.push_back(idle);
            idlers.push_back(idle);
        }
        boost::system::error_code woken;
        co_await idle->timer.async_wait(net::redirect_error(net::use_awaitable, woken));
        const std::lock_guard lock{mutex};
        std::erase(site->idle, idle);
        std::erase(idlers, idle);
        waited = !woken || idle->dismissed;
    }
}

std::optional<Batch> Queue::State::pop(Site& site)
{
    const auto most = std::max<std::size_t>(site.place.profile->recipients_per_transaction, 1);
    while (auto* const load = site.ready.next()) {
        Batch batch;
        batch.item = load->item;
        while (load->size() > 0 && batch.recipients.size() < most) {
            std::string address;
            const auto index = load->take(address);
            const auto& recipient = load->item->recipient(index);
            if (recipient.stage != Stage::ready || recipient.ticket != load->ticket()) continue;
            items.move(*load->item, index, Stage::flying);
            batch.recipients.push_back(index);
            batch.addresses.push_back(std::move(address));
        }
        if (batch.recipients.empty()) {
            site.ready.drop();
            continue;
        }
        if (load->size() == 0) load->transactions = 1;
        site.ready.took();
        site.pace.took(parts.steady());
        ++site.flying;
        ++in_flight;
        return batch;
    }
    return std::nullopt;
}

/// Its recipients are in nobody's hands but ours: whatever is thrown, they have a result.
net::awaitable<void> Queue::State::carry(Courier& courier, SitePtr site, Batch batch)
{
    Findings found{batch.item, std::move(batch.recipients), {}};
    bool broken = false;
    try {
        co_await hand_over(courier, std::move(batch.addresses), found);
    } catch (...) {
        broken = !no_results(found);
    }
    if (broken)
        not_landed(site, found);
    else
        land(site, std::move(found));
}

/// In a catch block. @return false: there is not even memory for that
bool Queue::State::no_results(Findings& found) const noexcept
try {
    tell_broken(found.item->id, "It is tried again as its retry plan says.");
    const DeliveryResult none{Delivery::deferred, "4.3.0",
                              std::string{"internal error: "} + caught_words(), ""};
    found.results.assign(found.recipients.size(), none);
    return true;
} catch (...) {
    return false;
}

net::awaitable<void> Queue::State::hand_over(Courier& courier, std::vector<std::string> addresses,
                                             Findings& found)
{
    const auto& recipients = found.recipients;
    const auto envelope = envelope_of(*found.item);
    for (std::size_t i = 0; i < recipients.size(); ++i)
        if (addresses[i].empty()) addresses[i] = envelope->recipients[recipients[i]].address;
    bool repeated = false;
    auto body = body_of(*found.item, recipients, repeated);
    if (!body) {
        // A sender may read this in a report, so without names of our files.
        found.results.assign(
            recipients.size(),
            DeliveryResult{Delivery::deferred, "4.3.0",
                           "the text of the message cannot be read (event " +
                               std::to_string(static_cast<int>(body.error().event())) + ")",
                           ""});
        if (body.error().event() != EventId::spool_damaged)  // of that the spool has told, once
            parts.events.raise(body.error(), {{"message", found.item->id.to_string()}});
    } else {
        const Job job{found.item->id,   envelope.get(),       *body,
                      recipients,       std::move(addresses), repeated,
                      found.item->copy, parts.spool.working()};
        found.results = co_await courier.deliver(job);
    }
    found.envelope = envelope;
}

bool is_session_failure(const DeliveryResult& result)
{
    if (result.delivery != Delivery::deferred) return false;
    return result.whole_route || result.reply.starts_with("421") || result.status == "4.4.1" ||
           result.status == "4.4.2";
}

/// The one with which the list begins has answered.
bool is_first_host(const Place& place, const DeliveryResult& result)
{
    const auto hosts = hosts_of(place);
    if (hosts.empty() || result.host.empty()) return false;
    return label_is_of(result.host, hosts.front()) && !is_session_failure(result);
}

void Queue::State::note(const SitePtr& site, const std::vector<DeliveryResult>& results)
{
    look();
    // On a connection that was there nobody else was asked.
    if (!results.empty() && results.front().tried_hosts) site->tried = results.front().tried_hosts;
    if (site->tried && !results.empty() && is_first_host(site->place, results.front()))
        site->tried = {};
    const auto at_work = std::exchange(site->flying, site->flying - 1);
    const auto bad = std::ranges::find_if(results, is_session_failure);
    if (bad == results.end()) {
        // What went wrong on our own side says nothing of the site.
        const bool reached = std::ranges::any_of(results, [](const auto& r) {
            return r.delivery == Delivery::delivered || !r.host.empty();
        });
        if (!reached) return;
        const bool was_down = site->window.down();
        site->window.succeeded();
        feed(site);
        if (was_down)
            for (auto more = site->window.room(parts.steady()); more > 1 && feed(site); --more) {
            }
        return;
    }
    const bool was_down = site->window.down();
    const auto [rest, longest] = rests(*site->place.profile);
    const double dice = std::uniform_real_distribution<>{}(random);
    site->last_failure = *bad;
    if (!site->window.failed(at_work, parts.steady(), rest, longest, dice)) return;
    if (!was_down) site->down_since = items.now();
    if (site->impatient) give_up_impatient(site);
    wake_at(site->window.rests_until(), {site, {}});
}

Result<spool::Body> Queue::State::body_of(Item& item)
{
    bool repeated = false;
    return body_of(item, {}, repeated);
}

Result<spool::Body> Queue::State::body_of(Item& item, const std::vector<std::uint32_t>& recipients,
                                          bool& repeated)
{
    {
        const std::lock_guard lock{mutex};
        const auto tried = [&](auto r) { return item.recipient(r).attempts > 0; };
        repeated = item.recovered || std::ranges::any_of(recipients, tried);
        if (item.body) return *item.body;
    }
    return parts.spool.body(item.id);
}

}  // namespace imc::queue
