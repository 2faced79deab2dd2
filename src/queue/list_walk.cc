#include "base/text.h"
#include "mail/list_header.h"
#include "queue/expanding.h"
#include "queue/local_sender.h"
#include "transfer/procedure.h"
#include "transfer/senders.h"

#include <algorithm>

// A list, or a mailbox that passes a copy on: may it be entered, who is on it, what is said of it
// at the end. All of it blocks and runs in the background, a portion at a time.

namespace imc::queue {

using namespace std::chrono_literals;
using transfer::Expansion;

namespace {

constexpr auto portion_time = 5s;  ///< others wait for the background, too
constexpr std::size_t events_of_one = 10;
/// What we put in front of a text does not count against its recipient's limit.
constexpr std::uint64_t front_octets = 4096;

DeliveryResult silent(const CannotSay& why)
{
    return {Delivery::deferred, "4.3.0",
            std::string{silent_directory} + ": " + why.reason.to_string(), ""};
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

/// Normalized names of the objects that a recipient's way led by.
std::vector<std::string> objects_in(const transfer::Evidence& steps)
{
    std::vector<std::string> out;
    for (const auto& step : steps) {
        if (step.step != "object") continue;
        for (const auto& [fact, value] : step.facts) {
            const auto dn = fact == "dn" ? Dn::parse(value) : Error{};
            if (dn) out.push_back(dn->normalized());
        }
    }
    return out;
}

}  // namespace

/// By each object on his way, and by each address: what he is called on a list is another thing.
void Queue::State::mark_addressed(Expanding& work)
{
    const auto until = after(portion_time);
    const auto& all = work.envelope->recipients;
    std::string defect;
    try {
        for (; work.looked_at < all.size() && std::chrono::steady_clock::now() < until &&
               !is_draining();
             ++work.looked_at) {
            const auto index = work.looked_at;
            if (std::ranges::find(work.orders, index, &Order::recipient) != work.orders.end())
                continue;
            const auto& address = all[index].address;
            (void)work.seen->add_address(address);
            if (!work.with->is_local_domain(domain_of(address))) continue;
            transfer::Request request;
            request.recipient = address;
            request.taken = true;
            transfer::Evidence steps;
            const auto found = work.with->resolve(request, after(30s), &steps);
            if (const auto* unknown = std::get_if<CannotSay>(&found)) {
                work.failure = silent(*unknown);
                return;
            }
            const auto* const route = std::get_if<transfer::Route>(&found);
            if (route == nullptr) continue;  // he gets nothing himself
            (void)work.seen->add_address(route->address);
            for (const auto& key : objects_in(steps))
                (void)work.seen->add_object(key);
        }
        return;
    } catch (const std::exception& e) {
        defect = e.what();
    }
    broken_off(work, defect);
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
        // By whose rules he will be judged shows as the list is walked.
        auto sender = work.with->senders().as_of_now(work.envelope->sender, false, after(30s));
        if (const auto* unknown = std::get_if<CannotSay>(&sender)) {
            work.failure = silent(*unknown);
            return;
        }
        auto& who = std::get<transfer::Sender>(sender);
        who.signed_in = is_signed_in(*work.envelope, who);
        const auto object = Dn::parse(what.object);
        transfer::ExpansionLimits limits{work.config->lists.members, work.config->lists.depth};
        const auto octets = work.item->octets;
        limits.message_octets = octets > front_octets ? octets - front_octets : 0;
        work.walk = std::make_unique<Expansion>(work.with->directory(), work.with->people(), limits,
                                                std::move(who), work.seen);
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

/// Lists within that do not take this message: its sender is told, as of any recipient.
void Queue::State::report_refusals(Expanding& work, Copies& copies)
{
    if (!work.walk || work.walk->facts().refusals.empty()) return;
    auto about = *work.envelope;
    about.recipients.clear();
    std::vector<Told> told;
    for (const auto& refusal : work.walk->facts().refusals) {
        Told one{static_cast<std::uint32_t>(about.recipients.size())};
        one.status = refusal.status.substr(refusal.status.find(' ') + 1);
        one.reply = refusal.status + " " + refusal.why;
        told.push_back(std::move(one));
        auto& recipient =
            about.recipients.emplace_back(work.envelope->recipients[work.plan->order.recipient]);
        recipient.original = "rfc822;" + recipient.address;
        recipient.address = refusal.address;
        // As at RCPT: who is disabled, or takes nothing so large, is no event.
        if (told.size() <= events_of_one && refusal.status.ends_with("5.7.1"))
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
    const bool too_large = rules->octets != 0 && item.octets > rules->octets + front_octets;
    if (too_large && rules->old)
        return silent(CannotSay{
            transfer::outdated(*rules, transfer::size_rule("imcMaxReceiveKB", rules->object))});
    if (too_large)
        return DeliveryResult{Delivery::failed, "5.2.3",
                              "552 5.2.3 the message has " + std::to_string(item.octets) +
                                  " octets, at most " + std::to_string(rules->octets) + " (" +
                                  transfer::size_rule("imcMaxReceiveKB", rules->object) + ")",
                              ""};
    // A copy's sender may be the list's; those who refuse the message's own are no members of it.
    // What leaves is the mail of who sends the copy.
    const auto& asked = item.copy ? rules->outbound : rules;
    if (!asked || !asked->of_senders()) return {};
    auto found = with.senders().by_address(envelope.sender, false, after(30s), asked.get());
    if (const auto* unknown = std::get_if<CannotSay>(&found)) return silent(*unknown);
    auto& sender = std::get<transfer::Sender>(found);
    sender.signed_in = is_signed_in(envelope, sender);
    if (auto doubt = transfer::undecided(*asked, sender))
        return silent(CannotSay{std::move(*doubt)});
    const auto refusal = transfer::judge(*asked, sender);
    if (!refusal) return {};
    parts.events.raise(EventId::delivery_restricted,
                       {{"sender", "<" + envelope.sender + ">"},
                        {"recipient", envelope.recipients[index].address},
                        {"rule", refusal->rule}});
    return DeliveryResult{Delivery::failed, "5.7.1",
                          "550 5.7.1 " + refusal->text + " (" + refusal->rule + ")", ""};
}

}  // namespace imc::queue
