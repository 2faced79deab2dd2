#include "queue/state.h"

#include "base/notify.h"
#include "event/caught.h"
#include "queue/notices.h"
#include "spool/working.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

// What became of recipients: made durable, then known.

namespace imc::queue {

using spool::Outcome;

namespace {

std::mt19937_64& random_of_this_thread()
{
    thread_local std::mt19937_64 dice{std::random_device{}()};
    return dice;
}

}  // namespace

void Queue::State::record(Findings findings)
{
    const auto kept = std::make_shared<Findings>(std::move(findings));
    net::any_io_executor executor;
    {
        const std::lock_guard lock{mutex};
        executor = begin_record(*kept);
    }
    spawn_record(executor, kept);
}

void Queue::State::land(const SitePtr& site, Findings findings) noexcept
{
    net::any_io_executor executor;
    {
        const std::lock_guard lock{mutex};
        contained(parts.events, site->key, [&] { note(site, findings.results); });
        executor = begin_record(findings);
        --in_flight;  // of the two the record remains, and tells who waits for the last one
    }
    try {
        const auto kept = std::make_shared<Findings>(std::move(findings));
        spawn_record(executor, kept);
    } catch (...) {
        break_off_record(findings);
    }
}

void Queue::State::spawn_record(const net::any_io_executor& executor,
                                const std::shared_ptr<Findings>& findings) noexcept
try {
    net::co_spawn(executor, record_all(shared_from_this(), findings), net::detached);
} catch (...) {
    break_off_record(*findings);
}

net::any_io_executor Queue::State::begin_record(const Findings& findings)
{
    for (const auto index : findings.recipients)
        items.move(*findings.item, index, Stage::recording);
    ++in_flight;
    return parts.executors[findings.item->id.number % parts.executors.size()];
}

void Queue::State::record_now(Findings findings)
{
    const auto kept = std::make_shared<Findings>(std::move(findings));
    const auto executor = begin_record(*kept);
    try {
        // Posted: co_spawn may begin at once, on this thread, which holds the mutex.
        net::post(executor, [self = shared_from_this(), executor, kept] {
            self->spawn_record(executor, kept);
        });
    } catch (...) {
        wait_now(*kept->item, kept->recipients, Stage::recording);
        --in_flight;
        tell_broken(kept->item->id, tried_again);
    }
}

/// A result that is known must come into the spool: whatever is thrown on the way, it is tried
/// again from where it was.
net::awaitable<void> Queue::State::record_all(std::shared_ptr<State> self,
                                              std::shared_ptr<Findings> findings)
{
    Recording done;
    for (bool first = true;;) {
        try {
            if (!done.settled) {
                done.settled = self->judge(*findings);
                if (self->has_copies_to_keep(*done.settled))
                    co_await keep_copies(self, *done.settled);
            }
            if (!done.caused) {
                auto commit = done.settled->commit;
                auto ids = co_await make_durable(self, *findings, std::move(commit));
                if (ids) done.caused = std::move(*ids);
                // Nothing may be sent whose result cannot be kept: it would be sent again and
                // again.
                if (!ids && !self->stop_sending(ids.error())) co_return;
            }
            if (done.caused) {
                self->recorded(*findings, done);
                co_return;
            }
        } catch (...) {
            if (!self->records_again(findings->item->id, std::exchange(first, false))) co_return;
        }
        net::steady_timer pause{co_await net::this_coro::executor, self->parts.record_again};
        boost::system::error_code woken;
        co_await pause.async_wait(net::redirect_error(net::use_awaitable, woken));
    }
}

bool Queue::State::has_copies_to_keep(const Settled& settled) const
{
    const auto is_one = [](const auto& caused) { return is_report(caused.envelope); };
    return parts.copies != nullptr && std::ranges::any_of(settled.commit.caused, is_one) &&
           parts.copies->wants();
}

net::awaitable<void> Queue::State::keep_copies(std::shared_ptr<State> self, Settled& settled)
{
    std::function<void()> keep = [&self, &settled] {
        try {
            for (auto& caused : settled.commit.caused)
                if (is_report(caused.envelope)) self->parts.copies->keep_report(caused);
        } catch (const std::exception& e) {
            self->parts.events.raise(EventId::exception_handled,
                                     {{"detail", "message " + settled.commit.message.to_string() +
                                                     ": copy of its report: " + e.what()}});
        }
    };
    co_await aside(self, keep);
}

net::awaitable<void> Queue::State::discard_copies(std::shared_ptr<State> self,
                                                  const std::vector<Settled>& settled)
{
    std::function<void()> discard = [&self, &settled] {
        for (const auto& one : settled)
            for (const auto& caused : one.commit.caused)
                self->parts.copies->discard(caused);
    };
    co_await aside(self, discard);
}

Settled Queue::State::judge(Findings& findings)
{
    auto& item = *findings.item;
    if (!findings.envelope) findings.envelope = envelope_of(item);
    spool::Body body;
    config::ConfigPtr with;
    std::vector<spool::RecipientState> states;
    std::vector<std::optional<std::chrono::milliseconds>> left;
    std::vector<spool::Evidence> notices;
    std::vector<spool::Evidence> decisions;
    bool others_wait = false;
    std::chrono::milliseconds age{};
    WallTime now{};
    {
        const std::lock_guard lock{mutex};
        age = look() - item.arrived_at;
        now = time.to_wall(items.now());
        if (item.body) body = *item.body;
        with = config;
        decisions = take_decided(item);
        others_wait = item.waiting > findings.recipients.size();
        for (const auto index : findings.recipients) {
            states.push_back(Items::known(item.recipient(index)));
            states.back().next_attempt = time.to_wall(states.back().next_attempt);
            const auto& recipient = item.recipient(index);
            if (findings.notice) notices.push_back(notices_evidence(index, recipient.notices));
            // The plan by which the timetable gives up, too: a redirected address has another one.
            const auto& address = findings.envelope->recipients[index].address;
            left.emplace_back(ends_of(item, recipient, plan_of(item, recipient, address)) -
                              items.now());
        }
    }
    std::string defect;
    try {
        bool reported = std::ranges::any_of(
            findings.results, [](const auto& r) { return r.delivery != Delivery::delivered; });
        for (const auto index : findings.recipients)
            reported = reported || findings.envelope->recipients[index].notify > notify::never;
        if (!body && reported)
            if (auto read = parts.spool.body(item.id)) body = *read;
        const spool::WorkingOn at_work{parts.spool, item.id};
        if (findings.notice) {
            auto notice = delay_notice(*with, *findings.envelope, body, item.id, states,
                                       findings.recipients, findings.results, now, left);
            notice.commit.evidence = std::move(notices);
            std::ranges::move(decisions, std::back_inserter(notice.commit.evidence));
            return notice;
        }
        auto settled =
            settle(*with, *findings.envelope, body, item.id, states, findings.recipients,
                   findings.results, now, random_of_this_thread(), &double_bounces, age, left);
        if (findings.copies)
            std::ranges::copy(findings.copies->last, std::back_inserter(settled.commit.caused));
        // Nobody asks the queue for one that has gone.
        if (others_wait || !settled.again.empty()) settled.commit.evidence = std::move(decisions);
        return settled;
    } catch (const std::exception& e) {
        defect = e.what();
    }
    parts.events.raise(EventId::exception_handled,
                       {{"detail", "message " + item.id.to_string() + ": " + defect}});
    auto settled =
        settle_after_defect(item.id, states, findings.recipients, findings.results, now, defect);
    settled.commit.evidence = std::move(notices);  // one that could not be made is not tried again
    std::ranges::move(decisions, std::back_inserter(settled.commit.evidence));
    if (findings.copies) settled.commit.caused = findings.copies->last;
    return settled;
}

bool Queue::State::stop_sending(const Error& error)
{
    const std::lock_guard lock{mutex};
    if (!std::exchange(cannot_record, true))
        parts.events.raise(EventId::sending_stopped, {{"detail", error.to_string()}});
    no_room = error.event() == EventId::flush_mode_entered;
    if (!draining) return true;
    --in_flight;
    landed.notify_all();
    return false;
}

void Queue::State::recorded(const Findings& findings, Recording& done)
{
    auto& settled = *done.settled;
    auto& item = *findings.item;
    {
        const std::lock_guard lock{mutex};
        look();
        if (std::exchange(cannot_record, false)) {
            parts.events.raise(EventId::sending_resumed);
            feed_all();
        }
        for (auto& known = done.known; known < settled.commit.results.size(); ++known) {
            const auto& result = settled.commit.results[known];
            const auto& lane = item.recipient(result.recipient).lane;
            if (parts.observer != nullptr && done.routes.size() == known)
                done.routes.push_back(lane ? lane->route.key : "");
            auto state = result.state;
            state.next_attempt = time.from_wall(state.next_attempt);
            items.settle(item, result.recipient, state);
            // It still stands where an administrator has put it.
            const auto* const terms = item.recipient(result.recipient).terms.get();
            if (state.outcome == Outcome::waiting && terms != nullptr &&
                (terms->is_deleted() || terms->held(wall_now())))
                stand(item, result.recipient);
            if (findings.notice) continue;
            totals.delivered += result.state.outcome == Outcome::delivered ? 1 : 0;
            totals.failed += result.state.outcome == Outcome::failed ? 1 : 0;
            totals.attempts_deferred += result.state.outcome == Outcome::waiting ? 1 : 0;
        }
        arm();
        if (item.waiting == 0)
            forget_now(item);
        else
            drop_body_if(!settled.again.empty(), item);
        --in_flight;
        landed.notify_all();
    }
    // It is known now. Nothing of what follows may be done twice.
    try {
        tell_recorded(findings, settled, done.routes, *done.caused);
    } catch (...) {
        raise_caught(parts.events, "telling of message", item.id.to_string());
    }
    const auto& caused = *done.caused;
    for (std::size_t i = 0; i < caused.size(); ++i)
        add(caused[i], std::move(settled.commit.caused[i].envelope), settled.commit.caused[i].body,
            settled.commit.caused[i].evidence);
    if (findings.copies) add_copies(*findings.copies);
}

void Queue::State::tell_recorded(const Findings& findings, Settled& settled,
                                 const std::vector<std::string>& routes,
                                 const std::vector<spool::MessageId>& caused) const
{
    const auto& item = *findings.item;
    if (!findings.notice) tell_settled(findings, settled, routes, caused);
    for (const auto index : settled.failed)
        parts.events.raise(EventId::recipient_failed,
                           {{"message", item.id.to_string()},
                            {"recipient", findings.envelope->recipients[index].address},
                            {"sender", "<" + findings.envelope->sender + ">"},
                            {"report", report_on(settled, index, caused)},
                            {"detail", reply_of(settled, index)}});
    for (std::size_t i = 0; i < findings.results.size(); ++i)
        if (findings.results[i].suppressed != mail::Automatic::no)
            parts.events.raise(
                EventId::message_dropped_by_policy,
                {{"message", item.id.to_string()},
                 {"recipient",
                  findings.envelope->recipients[settled.commit.results[i].recipient].address},
                 {"sender", "<" + findings.envelope->sender + ">"},
                 {"detail", findings.results[i].reply}});
    if (settled.too_many_double_bounces)
        parts.events.raise(
            EventId::double_bounces_absorbed,
            {{"message", item.id.to_string()},
             {"most", std::to_string(config_now()->reports.double_bounces_per_hour)}});
}

config::ConfigPtr Queue::State::config_now() const
{
    const std::lock_guard lock{mutex};
    return config;
}

void Queue::State::tell_settled(const Findings& findings, const Settled& settled,
                                const std::vector<std::string>& routes,
                                const std::vector<spool::MessageId>& caused) const
{
    if (parts.observer == nullptr) return;
    const Seen seen{findings.item->id, *findings.envelope, findings.item->octets};
    const auto& commit = settled.commit.results;
    for (std::size_t i = 0; i < commit.size(); ++i)
        parts.observer->settled(seen, commit[i].recipient, commit[i].state, findings.results[i],
                                routes[i]);
    for (const auto& of : settled.reports)
        parts.observer->reported(seen, of.recipient,
                                 of.report ? std::optional{caused[*of.report]}
                                           : std::optional<spool::MessageId>{});
}

std::string Queue::State::report_on(const Settled& settled, std::uint32_t index,
                                    const std::vector<spool::MessageId>& caused)
{
    for (const auto& of : settled.reports)
        if (of.recipient == index && of.report) return caused[*of.report].to_string();
    return "nobody to tell";
}

std::string Queue::State::reply_of(const Settled& settled, std::uint32_t index)
{
    for (const auto& result : settled.commit.results)
        if (result.recipient == index)
            return result.state.last_status + " " + result.state.last_reply;
    return {};
}

}  // namespace imc::queue
