#include "queue/expanding.h"

#include "base/waker.h"
#include "event/caught.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

// Lists and mailboxes that pass a copy on, at work. The walk (list_walk.cc) runs in the background;
// what it gives goes to the spool before the next portion.

namespace imc::queue {

namespace {

constexpr std::size_t expansions_at_once = 4;
constexpr std::size_t bodies_in_line = 100;         ///< in memory, of those that wait
constexpr std::uint64_t texts_of_copies = 4 << 20;  ///< in memory, of one message's staged ones

DeliveryResult not_stored(const Error& why)
{
    return {Delivery::deferred, "4.3.1", "its copies cannot be stored: " + why.to_string(), ""};
}

bool fits_in_a_commit(const spool::Body& body)
{
    return !body.blocks() && body.size() <= spool::large_octets;
}

/// What is not to be in memory gets a file of its own. Blocks.
Result<> give_a_file(spool::Spool& spool, spool::NewMessage& message)
{
    if (!message.body.blocks()) return spool::keep_rest_on_disk(spool, message);
    auto rest = spool.begin_text();
    if (!rest) return rest.error();
    const auto from = message.body.file();
    for (std::uint64_t at = 0; at < from->size();) {
        const auto piece = from->piece(at);
        if (!piece) return piece.error();
        if (auto done = (*rest)->append(*piece); !done) return done;
        at += piece->size();
    }
    if (auto done = (*rest)->finish(); !done) return done;
    message.body = spool::Body{message.body.text(), (*rest)->read_back()};
    message.rest = std::move(*rest);
    return {};
}

}  // namespace

/// Whoever waits is woken whatever happens: what is thrown here, out of the background or by the
/// attempt to get there, is thrown where it waits.
net::awaitable<void> Queue::State::aside(std::shared_ptr<State> self, std::function<void()> work)
{
    std::exception_ptr thrown;
    auto initiate = [&self, &work, &thrown](auto handler) {
        auto wake = waker_of(std::move(handler));
        try {
            self->parts.in_background([&work, &thrown, wake]() mutable {
                try {
                    work();
                } catch (...) {
                    thrown = std::current_exception();
                }
                wake();
            });
        } catch (...) {
            thrown = std::current_exception();
            wake();
        }
    };
    co_await net::async_initiate<const net::use_awaitable_t<>&, void()>(initiate,
                                                                        net::use_awaitable);
    if (thrown) std::rethrow_exception(thrown);
}

void Queue::State::expand(const ItemPtr& item, std::vector<Order> lists,
                          const spool::Envelope& envelope)
{
    auto work = std::make_shared<Expanding>(Expanding{item, std::move(lists), {}, {}});
    {
        const std::lock_guard lock{mutex};
        const bool called = called_to_expand.erase(item->id.number) > 0;
        if (!called && expanding >= expansions_at_once) return stand_in_line(*item, work->orders);
        if (!called) ++expanding;
        ++in_flight;
        work->with = resolver;
        work->config = config;
    }
    try {
        work->envelope = std::make_shared<const spool::Envelope>(envelope);
        const auto executor = parts.executors[item->id.number % parts.executors.size()];
        net::co_spawn(executor, expand_all(shared_from_this(), std::move(work)), net::detached);
    } catch (...) {
        expanded();  // it has not begun
        throw;
    }
}

/// Nothing of it is kept but its id: whoever is called is looked up again, and may have been held,
/// deleted or led elsewhere meanwhile.
void Queue::State::stand_in_line(Item& item, const std::vector<Order>& lists)
{
    for (const auto& order : lists)
        items.move(item, order.recipient, Stage::listed);
    if (!std::exchange(item.in_line, true)) line_to_expand.push_back(item.id.number);
    drop_body_if(line_to_expand.size() > bodies_in_line, item);
}

/// Of a place that is free now. Posted: a line of ten thousand must not be ten thousand calls deep.
void Queue::State::call_next()
{
    while (!line_to_expand.empty() && !draining) {
        const auto item = items.find(line_to_expand.front());
        line_to_expand.pop_front();
        if (!item) continue;
        item->in_line = false;
        std::vector<std::uint32_t> recipients;
        for (std::uint32_t i = 0; i < item->count; ++i)
            if (item->recipient(i).stage == Stage::listed) {
                items.move(*item, i, Stage::routing);
                recipients.push_back(i);
            }
        if (recipients.empty()) continue;
        call(item, std::move(recipients));
        return;
    }
    --expanding;
}

void Queue::State::call(const ItemPtr& item, std::vector<std::uint32_t> recipients)
{
    const auto kept = std::make_shared<std::vector<std::uint32_t>>(std::move(recipients));
    try {
        called_to_expand.insert(item->id.number);
        net::post(
            parts.executors[item->id.number % parts.executors.size()],
            [self = shared_from_this(), item, kept] { self->send_off(item, std::move(*kept)); });
    } catch (...) {
        wait_now(*item, *kept, Stage::routing);  // and calls the next one
        tell_broken(item->id, "It is expanded later.");
    }
}

void Queue::State::expanded() noexcept
{
    const std::lock_guard lock{mutex};
    --in_flight;
    landed.notify_all();
    contained(parts.events, "who is next in line to be expanded", [this] { call_next(); });
}

bool Queue::State::is_draining() const
{
    const std::lock_guard lock{mutex};
    return draining;
}

void Queue::State::needs_no_expansion(const Item& item)
{
    if (called_to_expand.erase(item.id.number) > 0) call_next();
}

net::awaitable<void> Queue::State::expand_all(std::shared_ptr<State> self,
                                              std::shared_ptr<Expanding> work)
{
    std::shared_ptr<Copies> copies;
    bool broken = false;
    try {
        copies = std::make_shared<Copies>();
        co_await expand_lists(self, work, copies);
    } catch (...) {
        broken = true;
        self->lists_wait_after_defect(*work);
    }
    if (broken && copies) {
        try {
            co_await drop_copies(self, copies);
        } catch (...) {  // the next start removes them
            raise_caught(self->parts.events, "copies of message", work->item->id.to_string());
        }
    }
    work.reset();
    self->expanded();
}

/// Of a list that is expanded anew: what there is of it must not be sent.
net::awaitable<void> Queue::State::drop_copies(std::shared_ptr<State> self,
                                               std::shared_ptr<const Copies> copies)
{
    std::vector<spool::MessageId> ids;
    for (const auto& staged : copies->staged)
        ids.push_back(staged.id);
    if (ids.empty()) co_return;
    auto gone = all_gone(ids);
    // If this fails the next start removes them.
    (void)co_await self->parts.spool.commit_all(std::move(gone));
}

net::awaitable<void> Queue::State::expand_lists(std::shared_ptr<State> self,
                                                std::shared_ptr<Expanding> work,
                                                std::shared_ptr<Copies> copies)
{
    Findings findings{work->item, {}, {}, work->envelope};
    work->seen = std::make_shared<transfer::SeenMembers>();
    std::function<void()> mark = [&self, &work] { self->mark_addressed(*work); };
    bool stopped = false;
    while (!stopped && !work->failure && work->looked_at < work->envelope->recipients.size()) {
        co_await aside(self, mark);
        stopped = self->is_draining();
    }
    const auto unknown = std::exchange(work->failure, {});
    for (const auto& order : work->orders) {
        if (stopped) break;
        work->seen->begin();
        const auto last_before = copies->last.size();
        std::optional<DeliveryResult> result;
        std::string defect;
        try {
            if (unknown)
                result = *unknown;
            else
                result = co_await expand_one(self, work, order, *copies);
        } catch (const std::exception& e) {
            defect = e.what();
        }
        if (!defect.empty()) {
            self->broken_off(*work, defect);
            result = std::move(work->failure);
        }
        if (result && result->delivery != Delivery::delivered) {
            copies->last.resize(std::min(copies->last.size(), last_before));
            // Whom it would have reached may still be reached by the next one.
            work->seen->take_back();
            std::erase_if(copies->staged, [&](const auto& each) {
                return std::ranges::find(work->stored, each.id) != work->stored.end();
            });
            if (!work->stored.empty()) {
                auto gone = all_gone(work->stored);
                // If this fails the next start removes them.
                (void)co_await self->parts.spool.commit_all(std::move(gone));
            }
        }
        if (!result) {
            stopped = true;
            break;
        }
        findings.recipients.push_back(order.recipient);
        findings.results.push_back(std::move(*result));
    }
    if (stopped) {
        // The service ends: what is staged goes at the next start.
        const std::lock_guard lock{self->mutex};
        for (const auto& order : work->orders)
            self->stand(*work->item, order.recipient);
    } else {
        findings.copies = std::move(copies);
        self->record(std::move(findings));
    }
}

void Queue::State::lists_wait_after_defect(const Expanding& work) noexcept
{
    {
        const std::lock_guard lock{mutex};
        for (const auto& order : work.orders)
            wait_now(*work.item, {&order.recipient, 1}, Stage::routing);
    }
    tell_broken(work.item->id, tried_again);
}

/// @return nothing when the service is ending
net::awaitable<std::optional<DeliveryResult>>
Queue::State::expand_one(std::shared_ptr<State> self, std::shared_ptr<Expanding> work,
                         const Order& order, Copies& copies)
{
    work->failure.reset();
    work->members.clear();
    work->stored.clear();
    work->copies = 0;
    work->last = false;
    std::function<void()> begin = [&self, &work, &order] { self->open_list(*work, order); };
    co_await aside(self, begin);
    std::function<void()> go_on = [&self, &work] { self->walk_on(*work); };
    while (!work->failure && !work->last) {
        if (self->is_draining()) co_return std::nullopt;
        co_await aside(self, go_on);
        if (work->failure || work->members.empty()) continue;
        const bool whole = work->members.size() >= self->parts.recipients_of_copy;
        if (!whole && !work->last) continue;
        const bool with_the_result = work->last && work->stored.empty() &&
                                     fits_in_a_commit(work->body) &&
                                     copies.has_room(work->members.size(), work->body.size(),
                                                     self->parts.recipients_of_copy);
        ++work->copies;
        if (with_the_result) {
            copies.last.push_back(self->next_copy(*work));
            continue;
        }
        co_await stage(self, work, copies);
    }
    if (work->failure) co_return std::move(work->failure);
    co_return self->close_list(*work, copies);
}

/// One copy more, durable, and not to be sent.
net::awaitable<void> Queue::State::stage(std::shared_ptr<State> self,
                                         std::shared_ptr<Expanding> work, Copies& copies)
{
    auto message = self->next_copy(*work);
    Copies::Staged staged{{}, PackedEnvelope{message.envelope}, {}, 0, message.evidence};
    mark_staged(message);
    std::function<void()> to_disk = [&self, &work, &message] {
        try {
            if (auto given = give_a_file(self->parts.spool, message); !given)
                work->failure = not_stored(given.error());
        } catch (const std::exception& e) {
            self->broken_off(*work, e.what());
        }
    };
    if (!fits_in_a_commit(message.body)) co_await aside(self, to_disk);
    if (work->failure) co_return;
    staged.octets = message.body.size();
    const auto in_memory = message.body.memory().size();
    const bool keeps = copies.octets_in_memory + in_memory <= texts_of_copies;
    if (keeps) staged.body = message.body;
    const auto id = co_await self->parts.spool.store(std::move(message));
    if (!id) {
        work->failure = not_stored(id.error());
        co_return;
    }
    staged.id = *id;
    if (keeps)
        copies.octets_in_memory += in_memory;
    else
        self->parts.spool.forget_body(*id);
    work->stored.push_back(*id);
    copies.staged.push_back(std::move(staged));
}
net::awaitable<Result<std::vector<spool::MessageId>>>
Queue::State::make_durable(std::shared_ptr<State> self, const Findings& findings,
                           spool::Commit commit)
{
    if (!findings.copies || findings.copies->staged.empty())
        return self->parts.spool.commit(std::move(commit));
    return self->parts.spool.commit_all(all_at_once(*findings.copies, std::move(commit)));
}

void Queue::State::add_copies(const Copies& copies) noexcept
{
    for (const auto& staged : copies.staged)
        try {
            add(staged.id, staged.envelope.unpack(), staged.body, staged.evidence, staged.octets);
        } catch (...) {
            tell_broken(staged.id, next_start);
        }
}

void Queue::State::drop_staged(std::vector<spool::Recovered>& messages)
{
    const auto staged = take_staged(messages);
    if (staged.empty()) return;
    std::vector<spool::MessageId> ids;
    for (const auto& message : staged)
        ids.push_back(message.id);
    parts.events.raise(EventId::list_begun_again, {{"count", std::to_string(ids.size())},
                                                   {"detail", staged.front().envelope.peer}});
    const auto executor = parts.executors.front();
    net::co_spawn(executor, remove_staged(shared_from_this(), std::move(ids)), net::detached);
}

net::awaitable<void> Queue::State::remove_staged(std::shared_ptr<State> self,
                                                 std::vector<spool::MessageId> ids)
{
    try {
        auto gone = all_gone(ids);
        // If it fails they are found at the next start.
        (void)co_await self->parts.spool.commit_all(std::move(gone));
    } catch (...) {
        raise_caught(self->parts.events, "copies that a crash has left");
    }
}

}  // namespace imc::queue
