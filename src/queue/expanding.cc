#include "queue/state.h"

#include "base/notify.h"
#include "base/text.h"
#include "mail/list_header.h"
#include "transfer/senders.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

// Lists and mailboxes that pass a copy on, at work. The walk blocks, so it runs in the background,
// a portion at a time; what it gives goes to the spool before the next portion.

namespace imc::queue {

using namespace std::chrono_literals;
using transfer::Expansion;

namespace {

constexpr std::size_t expansions_at_once = 4;
constexpr auto portion_time = 5s;  ///< others wait for the background, too
constexpr std::size_t events_of_one = 10;
/// What we put in front of a text does not count against its recipient's limit.
constexpr std::uint64_t front_octets = 4096;

DeliveryResult silent(const CannotSay& why)
{
    return {Delivery::deferred, "4.3.0",
            std::string{silent_directory} + ": " + why.reason.to_string(), ""};
}

DeliveryResult not_stored(const Error& why)
{
    return {Delivery::deferred, "4.3.1", "its copies cannot be stored: " + why.to_string(), ""};
}

std::string named(const std::vector<std::string>& examples)
{
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(examples.size(), 3); ++i)
        out += (out.empty() ? "" : "; ") + examples[i];
    return out;
}

std::string number_of(std::size_t count, const char* one, const char* many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// The text again, with `front` before it.
spool::Body with_front(const spool::Body& body, const std::string& front)
{
    return {std::make_shared<const std::string>(front + std::string{body.memory()}), body.file()};
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

/// All orders of one message, on their way to one commit.
struct Queue::State::Expanding {
    ItemPtr item;
    std::vector<Order> orders;
    EnvelopePtr envelope;
    std::shared_ptr<const transfer::RecipientResolver> with;
    config::ConfigPtr config = {};

    // Of the order that is being walked.
    std::shared_ptr<transfer::SeenMembers> seen = {};
    std::unique_ptr<Expansion> walk = {};
    std::optional<CopyPlan> plan = {};
    spool::Body text = {};  ///< of the message
    spool::Body body = {};  ///< of its copies
    std::optional<DeliveryResult> failure = {};
    std::vector<std::string> members = {};
    bool last = false;
    std::vector<spool::MessageId> stored = {};
    std::size_t copies = 0;
};

net::awaitable<void> Queue::State::aside(std::shared_ptr<State> self, std::function<void()> work)
{
    auto initiate = [&self, &work](auto handler) {
        auto executor = net::get_associated_executor(handler);
        auto guard = net::make_work_guard(executor);
        auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
        self->parts.in_background([&work, waiting, executor, guard] {
            work();
            net::post(executor, [waiting] { (*waiting)(); });
        });
    };
    co_await net::async_initiate<const net::use_awaitable_t<>&, void()>(initiate,
                                                                        net::use_awaitable);
}

void Queue::State::expand(const ItemPtr& item, std::vector<Order> lists,
                          const spool::Envelope& envelope)
{
    std::shared_ptr<Expanding> work;
    {
        const std::lock_guard lock{mutex};
        work = std::make_shared<Expanding>(Expanding{
            item, std::move(lists), std::make_shared<const spool::Envelope>(envelope), resolver});
        work->config = config;
        if (expanding >= expansions_at_once) {
            to_expand.push_back(std::move(work));
            return;
        }
        ++expanding;
        ++in_flight;
    }
    start_expanding(std::move(work));
}

void Queue::State::start_expanding(std::shared_ptr<Expanding> work)
{
    const auto executor = parts.executors[work->item->id.number % parts.executors.size()];
    net::co_spawn(executor, expand_all(shared_from_this(), std::move(work)), net::detached);
}

void Queue::State::expanded()
{
    std::shared_ptr<Expanding> next;
    {
        const std::lock_guard lock{mutex};
        --in_flight;
        landed.notify_all();
        if (to_expand.empty() || draining) {
            --expanding;
        } else {
            next = std::move(to_expand.front());
            to_expand.pop_front();
            ++in_flight;
        }
    }
    if (next) start_expanding(std::move(next));
}

net::awaitable<void> Queue::State::expand_all(std::shared_ptr<State> self,
                                              std::shared_ptr<Expanding> work)
{
    auto copies = std::make_shared<Copies>();
    Findings findings{work->item, {}, {}, work->envelope};
    work->seen = std::make_shared<transfer::SeenMembers>();
    for (std::uint32_t i = 0; i < work->envelope->recipients.size(); ++i)
        if (std::ranges::find(work->orders, i, &Order::recipient) == work->orders.end())
            (void)work->seen->add_address(work->envelope->recipients[i].address);
    bool stopped = false;
    for (const auto& order : work->orders) {
        const auto seen_before = work->orders.size() > 1
                                     ? std::make_shared<transfer::SeenMembers>(*work->seen)
                                     : work->seen;
        const auto last_before = copies->last.size();
        std::optional<DeliveryResult> result;
        std::string defect;
        try {
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
            work->seen = seen_before;
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
    work.reset();
    self->expanded();
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
        {
            const std::lock_guard lock{self->mutex};
            if (self->draining) co_return std::nullopt;
        }
        co_await aside(self, go_on);
        if (work->failure || work->members.empty()) continue;
        const bool whole = work->members.size() >= self->parts.recipients_of_copy;
        if (!whole && !work->last) continue;
        const bool with_the_result =
            work->last && work->stored.empty() && fits_in_a_commit(work->body);
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
    Copies::Staged staged{{}, PackedEnvelope{message.envelope}, {}, message.evidence};
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
    staged.body = message.body;
    const auto id = co_await self->parts.spool.store(std::move(message));
    if (!id) {
        work->failure = not_stored(id.error());
        co_return;
    }
    staged.id = *id;
    work->stored.push_back(*id);
    copies.staged.push_back(std::move(staged));
}

/// Whether it may be entered at all; blocks.
void Queue::State::open_list(Expanding& work, const Order& order)
{
    std::string defect;
    try {
        const auto& what = order.what;
        if (auto refused = restricted(*work.item, order.recipient, *work.envelope,
                                      what.restrictions, *work.with)) {
            work.failure = std::move(refused);
            return;
        }
        // What results are recorded in is not for copies.
        if (!parts.spool.health().accepts) {
            work.failure = DeliveryResult{Delivery::deferred, "4.3.1",
                                          "its copies cannot be stored: no room for new mail", ""};
            return;
        }
        auto body = body_of(*work.item);
        if (!body) {
            work.failure =
                DeliveryResult{Delivery::deferred, "4.3.0",
                               "the text cannot be read: " + body.error().to_string(), ""};
            return;
        }
        const auto header = header_section(*body);
        if (!header) {
            work.failure =
                DeliveryResult{Delivery::deferred, "4.3.0",
                               "the text cannot be read: " + header.error().to_string(), ""};
            return;
        }
        if (mail::has_been_at(*header, what.address)) {
            parts.events.raise(EventId::list_mail_came_back,
                               {{"message", work.item->id.to_string()},
                                {"sender", "<" + work.envelope->sender + ">"},
                                {"list", what.address}});
            work.failure =
                DeliveryResult{Delivery::failed, "5.4.6",
                               "550 5.4.6 the message has been at " + what.address + " before", ""};
            return;
        }
        auto sender = work.with->senders().by_address(work.envelope->sender,
                                                      !work.envelope->account.empty(), after(30s));
        if (const auto* unknown = std::get_if<CannotSay>(&sender)) {
            work.failure = silent(*unknown);
            return;
        }
        const auto object = Dn::parse(what.object);
        transfer::ExpansionLimits limits{work.config->lists.members, work.config->lists.depth};
        work.walk =
            std::make_unique<Expansion>(work.with->directory(), work.with->people(), limits,
                                        std::get<transfer::Sender>(std::move(sender)), work.seen);
        if (const auto why = work.walk->open(object ? *object : Dn{},
                                             what.list ? std::string{} : what.address)) {
            work.failure = silent(*why);
            return;
        }
        CopyPlan plan{*work.envelope, work.item->id, order, {}, {}};
        {
            const std::lock_guard lock{mutex};
            plan.now = time.to_wall(look());
        }
        if (what.list) {
            auto manners = transfer::manners_of(work.walk->root(), *work.with->directory(),
                                                work.config->administrator.address, after(30s));
            if (const auto* why = std::get_if<CannotSay>(&manners)) {
                work.failure = silent(*why);
                return;
            }
            plan.manners = std::get<transfer::ListManners>(std::move(manners));
        }
        work.text = *body;
        work.body = with_front(*body, copy_header(plan, *header));
        work.plan.emplace(std::move(plan));
        return;
    } catch (const std::exception& e) {
        defect = e.what();
    }
    broken_off(work, defect);
}

void Queue::State::walk_on(Expanding& work)
{
    std::string defect;
    try {
        const auto wanted = parts.recipients_of_copy - work.members.size();
        auto step = work.walk->next(wanted, after(portion_time));
        if (const auto* why = std::get_if<CannotSay>(&step)) {
            work.failure = silent(*why);
        } else if (const auto* beyond = std::get_if<Expansion::TooLarge>(&step)) {
            const auto& list = work.plan->order.what.address;
            parts.events.raise(
                EventId::list_too_large,
                {{"message", work.item->id.to_string()}, {"list", list}, {"detail", beyond->why}});
            work.failure = DeliveryResult{
                Delivery::failed, "5.5.3",
                "550 5.5.3 " + list + " takes no mail: " + beyond->why + "; nobody got a copy", ""};
        } else {
            auto& portion = std::get<Expansion::Portion>(step);
            std::ranges::move(portion.addresses, std::back_inserter(work.members));
            work.last = portion.last;
        }
        return;
    } catch (const std::exception& e) {
        defect = e.what();
    }
    broken_off(work, defect);
}

void Queue::State::broken_off(Expanding& work, const std::string& defect)
{
    parts.events.raise(EventId::exception_handled,
                       {{"detail", "message " + work.item->id.to_string() + ": " + defect}});
    work.failure = DeliveryResult{Delivery::deferred, "4.3.0", "internal error: " + defect, ""};
}

/// For the members that wait for one.
spool::NewMessage Queue::State::next_copy(Expanding& work)
{
    spool::NewMessage out;
    out.envelope = copy_envelope(*work.plan);
    for (auto& member : work.members)
        out.envelope.recipients.push_back(copy_recipient(*work.plan, std::move(member)));
    work.members.clear();
    out.body = work.body;
    out.evidence = copy_evidence(*work.plan);
    return out;
}

/// All members are known.
DeliveryResult Queue::State::close_list(Expanding& work, Copies& copies)
{
    const auto& facts = work.walk->facts();
    const auto& what = work.plan->order.what;
    const auto message = work.item->id.to_string();
    for (std::size_t i = 0; i < std::min(facts.loops.size(), events_of_one); ++i)
        parts.events.raise(EventId::list_contains_itself,
                           {{"message", message}, {"path", facts.loops[i]}});
    if (facts.left_out > 0)
        parts.events.raise(EventId::list_members_left_out,
                           {{"message", message},
                            {"list", what.address},
                            {"count", std::to_string(facts.left_out)},
                            {"detail", named(facts.missing)}});
    report_refusals(work, copies);
    DeliveryResult out{Delivery::delivered, "2.1.5",
                       what.why + ": " + number_of(facts.members, "recipient", "recipients") +
                           " in " + number_of(work.copies, "copy", "copies"),
                       ""};
    out.became = work.plan->as_list() ? Became::posting : Became::copies;
    work.walk.reset();
    return out;
}

/// Lists within that do not take mail from this sender: he is told, as of any recipient.
void Queue::State::report_refusals(Expanding& work, Copies& copies)
{
    if (!work.walk || work.walk->facts().refusals.empty()) return;
    auto about = *work.envelope;
    about.recipients.clear();
    std::vector<Told> told;
    for (const auto& refusal : work.walk->facts().refusals) {
        Told one{static_cast<std::uint32_t>(about.recipients.size())};
        one.status = "5.7.1";
        one.reply = "550 5.7.1 " + refusal.why;
        told.push_back(std::move(one));
        auto& recipient =
            about.recipients.emplace_back(work.envelope->recipients[work.plan->order.recipient]);
        recipient.original = "rfc822;" + recipient.address;
        recipient.address = refusal.address;
        if (told.size() <= events_of_one)
            parts.events.raise(EventId::delivery_restricted,
                               {{"sender", "<" + work.envelope->sender + ">"},
                                {"recipient", refusal.address},
                                {"rule", refusal.why}});
    }
    WallTime now{};
    {
        const std::lock_guard lock{mutex};
        now = time.to_wall(look());
    }
    auto reports =
        make_reports(*work.config, about, work.text, work.item->id, told, now, &double_bounces);
    std::ranges::move(reports.messages, std::back_inserter(copies.last));
}

std::optional<DeliveryResult> Queue::State::restricted(const Item& item, std::uint32_t index,
                                                       const spool::Envelope& envelope,
                                                       const transfer::RestrictionsPtr& rules,
                                                       const transfer::RecipientResolver& with)
{
    if (!rules) return {};
    if (rules->octets != 0 && item.octets > rules->octets + front_octets)
        return DeliveryResult{Delivery::failed, "5.2.3",
                              "552 5.2.3 the message has " + std::to_string(item.octets) +
                                  " octets, at most " + std::to_string(rules->octets) + " (" +
                                  transfer::size_rule("imcMaxReceiveKB", rules->object) + ")",
                              ""};
    // A copy's sender may be the list's; those who refuse the message's own are no members of it.
    if (!rules->of_senders() || item.copy) return {};
    const auto sender =
        with.senders().by_address(envelope.sender, !envelope.account.empty(), after(30s));
    if (const auto* unknown = std::get_if<CannotSay>(&sender)) return silent(*unknown);
    const auto refusal = transfer::judge(*rules, std::get<transfer::Sender>(sender));
    if (!refusal) return {};
    parts.events.raise(EventId::delivery_restricted,
                       {{"sender", "<" + envelope.sender + ">"},
                        {"recipient", envelope.recipients[index].address},
                        {"rule", refusal->rule}});
    return DeliveryResult{Delivery::failed, "5.7.1",
                          "550 5.7.1 " + refusal->text + " (" + refusal->rule + ")", ""};
}

net::awaitable<Result<std::vector<spool::MessageId>>>
Queue::State::make_durable(std::shared_ptr<State> self, const Findings& findings,
                           spool::Commit commit)
{
    if (!findings.copies || findings.copies->staged.empty())
        return self->parts.spool.commit(std::move(commit));
    return self->parts.spool.commit_all(all_at_once(*findings.copies, std::move(commit)));
}

void Queue::State::add_copies(const Copies& copies)
{
    for (const auto& staged : copies.staged)
        add(staged.id, staged.envelope.unpack(), staged.body, staged.evidence);
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
    auto gone = all_gone(ids);
    // If it fails they are found at the next start.
    (void)co_await self->parts.spool.commit_all(std::move(gone));
}

}  // namespace imc::queue
