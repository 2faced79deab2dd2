#include "queue/state.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <random>

// What became of recipients: made durable, then known.

namespace imc::queue {

using namespace std::chrono_literals;
using spool::Outcome;

namespace {

constexpr auto record_again = 1s;

std::mt19937_64& random_of_this_thread()
{
    thread_local std::mt19937_64 random{std::random_device{}()};
    return random;
}

}  // namespace

void Queue::State::record(ItemPtr item, std::vector<std::uint32_t> recipients,
                          std::vector<DeliveryResult> results)
{
    net::any_io_executor executor;
    {
        const std::lock_guard lock{mutex};
        ++in_flight;
        executor = parts.executors[item->id.number % parts.executors.size()];
    }
    net::co_spawn(
        executor,
        record_all(shared_from_this(), std::move(item), std::move(recipients), std::move(results)),
        net::detached);
}

net::awaitable<void> Queue::State::record_all(std::shared_ptr<State> self, ItemPtr item,
                                              std::vector<std::uint32_t> recipients,
                                              std::vector<DeliveryResult> results)
{
    Settled settled = self->judge(*item, recipients, results);
    for (;;) {
        auto commit = settled.commit;
        const auto ids = co_await self->parts.spool.commit(std::move(commit));
        if (ids) {
            self->recorded(item, settled, results, *ids);
            co_return;
        }
        // Nothing may be sent whose result cannot be kept: it would be sent again and again.
        if (!self->stop_sending(ids.error())) co_return;
        net::steady_timer pause{co_await net::this_coro::executor, record_again};
        boost::system::error_code woken;
        co_await pause.async_wait(net::redirect_error(net::use_awaitable, woken));
    }
}

Settled Queue::State::judge(const Item& item, const std::vector<std::uint32_t>& recipients,
                            const std::vector<DeliveryResult>& results)
{
    spool::Body body;
    config::ConfigPtr with;
    std::vector<spool::RecipientState> states;
    {
        const std::lock_guard lock{mutex};
        body = item.body;
        with = config;
        for (const auto index : recipients)
            states.push_back(item.recipients[index].state);
    }
    const auto now = parts.clock.now();
    std::string defect;
    try {
        const bool failed = std::ranges::any_of(
            results, [](const auto& r) { return r.delivery != Delivery::delivered; });
        if (!body && failed)
            if (auto read = parts.spool.body(item.id)) body = *read;
        return settle(*with, *item.envelope, body, item.id, states, recipients, results, now,
                      random_of_this_thread());
    } catch (const std::exception& e) {
        defect = e.what();
    }
    parts.events.raise(EventId::exception_handled,
                       {{"detail", "message " + item.id.to_string() + ": " + defect}});
    return settle_after_defect(item.id, states, recipients, results, now, defect);
}

bool Queue::State::stop_sending(const Error& error)
{
    const std::lock_guard lock{mutex};
    if (!std::exchange(cannot_record, true))
        parts.events.raise(EventId::sending_stopped, {{"detail", error.to_string()}});
    if (!draining) return true;
    --in_flight;
    landed.notify_all();
    return false;
}

void Queue::State::recorded(const ItemPtr& item, Settled& settled,
                            const std::vector<DeliveryResult>& results,
                            const std::vector<spool::MessageId>& caused)
{
    std::vector<std::string> routes;  // once settled, a recipient may get another one
    {
        const std::lock_guard lock{mutex};
        if (std::exchange(cannot_record, false)) {
            parts.events.raise(EventId::sending_resumed);
            feed_all();
        }
        for (const auto& result : settled.commit.results) {
            totals.delivered += result.state.outcome == Outcome::delivered ? 1 : 0;
            totals.failed += result.state.outcome == Outcome::failed ? 1 : 0;
            totals.attempts_deferred += result.state.outcome == Outcome::waiting ? 1 : 0;
            if (parts.observer != nullptr)
                routes.push_back(item->recipients[result.recipient].route);
            items.settle(*item, result.recipient, result.state);
        }
        arm();
        if (!settled.again.empty() && item->body) {
            item->body.reset();
            parts.spool.forget_body(item->id);
        }
        --in_flight;
        landed.notify_all();
    }
    tell_settled(*item, settled, results, routes, caused);
    for (const auto index : settled.failed)
        parts.events.raise(
            EventId::recipient_failed,
            {{"message", item->id.to_string()},
             {"recipient", item->envelope->recipients[index].address},
             {"sender", "<" + item->envelope->sender + ">"},
             {"report", caused.empty() ? "nobody to tell" : caused.front().to_string()},
             {"detail", reply_of(settled, index)}});
    for (std::size_t i = 0; i < caused.size(); ++i)
        add(caused[i], std::move(settled.commit.caused[i].envelope), settled.commit.caused[i].body);
}

void Queue::State::tell_settled(const Item& item, const Settled& settled,
                                const std::vector<DeliveryResult>& results,
                                const std::vector<std::string>& routes,
                                const std::vector<spool::MessageId>& caused) const
{
    if (parts.observer == nullptr) return;
    const auto& commit = settled.commit.results;
    for (std::size_t i = 0; i < commit.size(); ++i)
        parts.observer->settled(item.seen(), commit[i].recipient, commit[i].state, results[i],
                                routes[i]);
    for (const auto index : settled.failed)
        parts.observer->reported(item.seen(), index,
                                 caused.empty() ? std::optional<spool::MessageId>{}
                                                : caused.front());
}

std::string Queue::State::reply_of(const Settled& settled, std::uint32_t index)
{
    for (const auto& result : settled.commit.results)
        if (result.recipient == index)
            return result.state.last_status + " " + result.state.last_reply;
    return {};
}

}  // namespace imc::queue
