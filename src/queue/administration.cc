#include "queue/administration.h"

#include "queue/walk.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace imc::queue {

using spool::Outcome;

namespace {

constexpr std::size_t recipients_of_group = 1000;
constexpr std::uint64_t octets_of_group = 4 << 20;  // of texts that reports may return
constexpr std::uint64_t returned_header = 1 << 20;  // at most; whole texts: as configured

constexpr std::array<std::string_view, verbs> names{"retry",  "hold",   "release", "reroute",
                                                    "expire", "bounce", "delete",  "undelete"};

/// Those who can be meant at all.
Selector selector_of(const Instruction& instruction)
{
    auto out = instruction.selector;
    out.deleted =
        instruction.verb == Verb::undelete ? Selector::Deleted::only : Selector::Deleted::hidden;
    return out;
}

enum class Fit : std::uint8_t { yes, no, in_delivery, held };

Fit fit_of(Verb verb, Stage stage)
{
    const bool busy =
        stage == Stage::routing || stage == Stage::flying || stage == Stage::recording;
    switch (verb) {
    case Verb::undelete: return stage == Stage::deleted ? Fit::yes : Fit::no;
    case Verb::release: return stage == Stage::held ? Fit::yes : Fit::no;
    case Verb::retry:
        if (stage == Stage::held) return Fit::held;
        break;
    default: break;
    }
    return busy ? Fit::in_delivery : Fit::yes;
}

Terms changed(const Terms* before, const Instruction& instruction, std::uint64_t action,
              WallTime now)
{
    auto out = before != nullptr ? *before : Terms{};
    out.action = action;
    out.by = instruction.by;
    switch (instruction.verb) {
    case Verb::hold:
        out.held_until = instruction.until;
        out.released = false;
        out.text = instruction.text;
        break;
    case Verb::release:
        out.held_until = now;
        out.released = true;
        out.text.clear();
        break;
    case Verb::reroute: out.route = instruction.route; break;
    case Verb::expire: out.expires = instruction.until; break;
    case Verb::remove: out.deleted = now; break;
    case Verb::undelete: out.deleted = {}; break;
    case Verb::retry:
    case Verb::bounce: break;
    }
    return out;
}

std::string words_of(const Instruction& instruction)
{
    return std::string{name_of(instruction.verb)} + " by " + instruction.by +
           (instruction.route.empty() ? "" : " to " + instruction.route) +
           (instruction.text.empty() ? "" : ": " + instruction.text);
}

void count(Done& done, const Item& item, std::uint32_t index, std::string_view address,
           Reason reason)
{
    ++done.recipients;
    if (done.sample.size() < Administration::sampled)
        done.sample.push_back({item.id, std::string{item.envelope.sender()},
                               address.empty() ? item.envelope.unpack().recipients[index].address
                                               : std::string{address},
                               reason});
}

void leave_alone(Done& done, Fit fit)
{
    done.in_delivery += fit == Fit::in_delivery ? 1 : 0;
    done.held += fit == Fit::held ? 1 : 0;
}

}  // namespace

std::string_view name_of(Verb verb) { return names[static_cast<std::size_t>(verb)]; }

std::optional<Verb> verb_named(std::string_view name)
{
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Verb>(i);
    return {};
}

Done Administration::preview(const Instruction& instruction) const
{
    Done done;
    if (instruction.selector.empty()) return done;
    auto& s = *state_;
    {
        const std::lock_guard lock{s.mutex};
        s.look();
    }
    s.walk(selector_of(instruction), {},
           [&](const ItemPtr& item, const std::vector<std::uint32_t>& fit) {
               const auto before = done.recipients;
               for (const auto index : fit) {
                   const auto& recipient = item->recipient(index);
                   const auto fits = fit_of(instruction.verb, recipient.stage);
                   leave_alone(done, fits);
                   if (fits == Fit::yes) count(done, *item, index, {}, s.reason_of(recipient));
               }
               done.messages += done.recipients > before ? 1 : 0;
               return true;
           });
    return done;
}

std::vector<Taken> Administration::take(Queue::State& s, const Instruction& instruction,
                                        spool::MessageId& after, spool::MessageId newest,
                                        Done& done)
{
    std::vector<Taken> group;
    std::size_t recipients = 0;
    std::uint64_t octets = 0;
    s.walk(selector_of(instruction), after,
           [&](const ItemPtr& item, const std::vector<std::uint32_t>& fit) {
               if (item->id > newest) return false;
               Taken taken{item, {}};
               for (const auto index : fit) {
                   auto& recipient = item->recipient(index);
                   const auto fits = fit_of(instruction.verb, recipient.stage);
                   leave_alone(done, fits);
                   if (fits != Fit::yes) continue;
                   count(done, *item, index, {}, s.reason_of(recipient));
                   if (recipient.stage == Stage::deleted)
                       s.items.move(*item, index, Stage::recording);
                   else
                       (void)s.items.take(*item, index, Stage::recording);
                   taken.recipients.push_back(index);
               }
               after = item->id;
               recipients += taken.recipients.size();
               if (instruction.verb == Verb::bounce && !taken.recipients.empty())
                   octets += std::min(item->octets,
                                      std::max(returned_header, s.config->reports.returned_octets));
               if (!taken.recipients.empty()) group.push_back(std::move(taken));
               return recipients < recipients_of_group && octets < octets_of_group;
           });
    done.messages += group.size();
    return group;
}

struct Administration::Order {
    Order(Instruction given, std::shared_ptr<Progress> told, spool::MessageId last)
        : instruction{std::move(given)}, progress{std::move(told)}, newest{last}
    {}
    const Instruction instruction;
    const std::shared_ptr<Progress> progress;
    const spool::MessageId newest;
    std::mutex taking{};  ///< guards what follows
    spool::MessageId after{};
    Done done{};
    bool failed = false;  ///< nobody takes more
};

net::awaitable<Result<Done>> Administration::carry_out(Instruction instruction,
                                                       std::shared_ptr<Progress> progress)
{
    const auto state = state_;
    Done done;
    spool::MessageId newest;  // what comes later was not meant
    if (instruction.selector.empty()) co_return selects_nothing();
    if (progress) progress->of = preview(instruction).recipients;
    {
        const std::lock_guard lock{state->mutex};
        state->look();
        const auto now = static_cast<std::uint64_t>(state->wall_now().time_since_epoch().count());
        done.action = state->last_action = std::max(state->last_action + 1, now);
        newest.number = state->items.newest();
    }
    if (instruction.verb == Verb::retry) {
        if (progress && progress->cancelled) co_return done;
        const auto seen = preview(instruction);
        done.in_delivery = seen.in_delivery;
        done.held = seen.held;
        done.messages = seen.messages;
        done.sample = seen.sample;
        done.recipients = state->retry(selector_of(instruction));
        if (progress) progress->done = done.recipients;
        co_return done;
    }
    if (instruction.verb == Verb::bounce) {
        auto order = std::make_shared<Order>(std::move(instruction), progress, newest);
        order->done.action = done.action;
        // Two at work: while one waits for the disk, the other writes reports.
        using net::experimental::awaitable_operators::operator&&;
        const auto& executors = state->parts.executors;
        const auto [one, other] = co_await (
            net::co_spawn(executors.front(), bounce_all(state, order), net::use_awaitable) &&
            net::co_spawn(executors.back(), bounce_all(state, order), net::use_awaitable));
        if (!one) co_return one.error();
        if (!other) co_return other.error();
        co_return std::move(order->done);
    }
    for (spool::MessageId after{};;) {
        if (progress && progress->cancelled) break;
        const auto group = take(*state, instruction, after, newest, done);
        if (group.empty()) break;
        const auto recorded = co_await change(state, instruction, done.action, group);
        if (!recorded) co_return recorded.error();
        if (progress) progress->done = done.recipients;
    }
    co_return done;
}

net::awaitable<Result<>> Administration::bounce_all(StatePtr state, std::shared_ptr<Order> order)
{
    for (;;) {
        std::vector<Taken> group;
        {
            const std::lock_guard lock{order->taking};
            if (order->failed || (order->progress && order->progress->cancelled)) break;
            group = take(*state, order->instruction, order->after, order->newest, order->done);
        }
        if (group.empty()) break;
        const auto recorded = co_await bounce(state, order->instruction, group);
        if (!recorded) {
            const std::lock_guard lock{order->taking};
            order->failed = true;
            co_return recorded.error();
        }
        if (!order->progress) continue;
        for (const auto& taken : group)
            order->progress->done += taken.recipients.size();
    }
    co_return Result<>{};
}

void Administration::put_back(Queue::State& s, const std::vector<Taken>& group)
{
    const std::lock_guard lock{s.mutex};
    s.look();
    for (const auto& taken : group)
        for (const auto index : taken.recipients)
            s.stand(*taken.item, index);
    s.arm();
}

net::awaitable<Result<>> Administration::change(StatePtr state, const Instruction& instruction,
                                                std::uint64_t action,
                                                const std::vector<Taken>& group)
{
    const bool purges = instruction.verb == Verb::remove && instruction.at_once;
    std::vector<spool::Commit> commits;
    std::vector<std::vector<Terms>> news;
    {
        const std::lock_guard lock{state->mutex};
        state->look();
        for (const auto& taken : group) {
            spool::Commit commit;
            commit.message = taken.item->id;
            news.emplace_back();
            for (const auto index : taken.recipients) {
                const auto& recipient = taken.item->recipient(index);
                if (purges) {
                    auto known = Items::known(recipient);
                    known.outcome = Outcome::deleted;
                    commit.results.push_back({index, std::move(known)});
                    continue;
                }
                auto terms = changed(recipient.terms.get(), instruction, action, state->wall_now());
                commit.evidence.push_back({evidence_key(index), to_evidence(terms)});
                if (instruction.verb == Verb::reroute)
                    commit.amendment.routes[index] = instruction.route;
                news.back().push_back(std::move(terms));
            }
            commits.push_back(std::move(commit));
        }
    }
    const auto recorded = co_await state->parts.spool.commit_all(std::move(commits));
    if (!recorded) {
        put_back(*state, group);
        co_return recorded.error();
    }
    const bool at_once = instruction.verb == Verb::release || instruction.verb == Verb::reroute;
    const bool waits = instruction.verb == Verb::hold || instruction.verb == Verb::remove;
    const auto words = words_of(instruction);
    for (std::size_t i = 0; i < group.size(); ++i) {
        auto& item = *group[i].item;
        if (auto* const observer = state->parts.observer) {
            const auto envelope = state->envelope_of(item);
            for (const auto index : group[i].recipients) {
                if (purges)
                    observer->removed({item.id, *envelope, item.octets}, index);
                else
                    observer->administered({item.id, *envelope, item.octets}, index,
                                           instruction.verb == Verb::reroute, words);
            }
        }
        const std::lock_guard lock{state->mutex};
        const auto now = state->look();
        for (std::size_t r = 0; r < group[i].recipients.size(); ++r) {
            const auto index = group[i].recipients[r];
            if (purges) {
                auto known = Items::known(item.recipient(index));
                known.outcome = Outcome::deleted;
                state->items.settle(item, index, known);
                continue;
            }
            if (instruction.verb == Verb::remove) news[i][r].purge_at = now + kept_after_deletion;
            item.recipient(index).terms = std::make_unique<Terms>(std::move(news[i][r]));
            state->stand(item, index, at_once);
            // A time-out that was far may be near now.
            if (instruction.verb == Verb::expire) state->items.look_at(item, now);
        }
        if (item.waiting == 0)
            state->forget_now(item);
        else
            state->drop_body_if(waits, item);
    }
    const std::lock_guard lock{state->mutex};
    state->arm();
    co_return Result<>{};
}

net::awaitable<Result<>> Administration::bounce(StatePtr state, const Instruction& instruction,
                                                const std::vector<Taken>& group)
{
    DeliveryResult result{Delivery::failed, "5.7.1", instruction.text, ""};
    result.tried = false;
    std::vector<Findings> findings;
    std::vector<Recording> recordings(group.size());
    bool copied = false;
    std::vector<spool::Commit> commits;
    {
        const std::lock_guard lock{state->mutex};
        state->in_flight += group.size();
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
        const auto& taken = group[i];
        findings.push_back({taken.item, taken.recipients,
                            std::vector<DeliveryResult>(taken.recipients.size(), result)});
        recordings[i].settled = state->judge(findings.back());
        if (state->has_copies_to_keep(*recordings[i].settled)) {
            copied = true;
            co_await Queue::State::keep_copies(state, *recordings[i].settled);
        }
        commits.push_back(recordings[i].settled->commit);
    }
    const auto ids = co_await state->parts.spool.commit_all(std::move(commits));
    if (!ids) {
        if (copied) {
            std::vector<Settled> settled;
            for (const auto& one : recordings)
                settled.push_back(*one.settled);
            co_await Queue::State::discard_copies(state, settled);
        }
        put_back(*state, group);
        const std::lock_guard lock{state->mutex};
        state->in_flight -= group.size();
        state->landed.notify_all();
        co_return ids.error();
    }
    auto next = ids->begin();
    for (std::size_t i = 0; i < group.size(); ++i) {
        auto& done = recordings[i];
        const auto end = next + static_cast<std::ptrdiff_t>(done.settled->commit.caused.size());
        done.caused.emplace(next, end);
        state->recorded(findings[i], done);
        next = end;
    }
    co_return Result<>{};
}

}  // namespace imc::queue
