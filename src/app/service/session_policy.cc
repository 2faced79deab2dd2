#include "app/service/session_policy.h"

#include "app/service/counter_list.h"
#include "base/text.h"
#include "event/caught.h"
#include "mail/address.h"
#include "policy/sender_domain.h"
#include "store/quarantine.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace imc::app {

namespace net = smtp::net;
using namespace std::chrono_literals;

namespace {

constexpr auto name_time = 5s;     // nobody waits for it
constexpr auto domain_time = 15s;  // the client waits at MAIL

std::string bracketed(const smtp::SessionFacts& facts) { return "[" + facts.peer.address + "]"; }

std::string domain_of(std::string_view address)
{
    const auto at = address.rfind('@');
    if (at == address.npos) return {};
    const auto domain = address.substr(at + 1);
    return domain.starts_with('[') ? lower(domain) : mail::canonical_domain(domain);
}

const smtp::SessionFacts& nobody()
{
    static const smtp::SessionFacts facts;
    return facts;
}

net::awaitable<void> find_name(std::reference_wrapper<PolicyBook> book, std::string address,
                               std::shared_ptr<std::string> into)
{
    try {
        auto name = co_await book.get().names.look_up(std::move(address), after(name_time));
        *into = std::move(name);
    } catch (...) {  // it stays unknown
        raise_caught(book.get().events, "the name of a client");
    }
}

}  // namespace

std::string counter_of(std::string_view rule)
{
    std::string out = "refused_";
    bool small_before = false;
    for (const char c : rule) {
        const bool capital = c >= 'A' && c <= 'Z';
        const bool small = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!capital && !small) break;
        if (capital && small_before) out += '_';
        out += to_lower(c);
        small_before = small;
    }
    return rule.empty() || out.back() == '_' ? "refused_other" : out;
}

SessionPolicy::SessionPolicy(PolicyBook& book,
                             std::shared_ptr<const transfer::RecipientResolver> resolver)
    : book_{book}, resolver_{std::move(resolver)}, tables_{book.tables()}, facts_{&nobody()}
{}

policy::Client SessionPolicy::client(const smtp::SessionFacts& facts) const
{
    return {facts.peer.address, facts.account};
}

/// Tells the log what begins; the journal is written when the reply goes out.
SessionPolicy::Verdict SessionPolicy::refuse(const smtp::SessionFacts& facts,
                                             policy::Verdict verdict)
{
    if (!verdict) return std::nullopt;
    if (verdict->rule.starts_with("InboundLimits"))
        book_.raise_once(
            EventId::limit_reached, facts.peer.address + " " + verdict->rule,
            {{"peer", bracketed(facts)}, {"account", facts.account}, {"rule", verdict->rule}});
    return smtp::Refusal{verdict->code, std::move(verdict->enhanced), std::move(verdict->text),
                         std::move(verdict->rule), verdict->close};
}

bool SessionPolicy::is_trusted(const smtp::SessionFacts& facts) const
{
    return !facts.account.empty() || (row_ != nullptr && !row_->reject);
}

net::awaitable<SessionPolicy::Verdict> SessionPolicy::on_connect(const smtp::SessionFacts& facts)
{
    const auto& rules = tables_->config->policy;
    row_ = tables_->connections.find(facts.peer.address);
    if (auto verdict = policy::judge_connection(row_, facts.peer.address)) {
        book_.raise_once(
            EventId::connection_refused, facts.peer.address + " " + verdict->rule,
            {{"peer", bracketed(facts)}, {"rule", verdict->rule}, {"detail", verdict->text}});
        co_return refuse(facts, std::move(verdict));
    }
    const auto now = std::chrono::steady_clock::now();
    if (auto verdict = book_.limits.connect(rules.limits, client(facts), now, held_))
        co_return refuse(facts, std::move(verdict));
    if (auto verdict = book_.limits.errors(rules.limits, client(facts), now))
        co_return refuse(facts, std::move(verdict));
    if (!is_trusted(facts) && !facts.tls) delay_ = rules.greeting_delay;
    if (rules.reverse_look_up && book_.resolver) {
        const auto executor = co_await net::this_coro::executor;
        net::co_spawn(executor, find_name(std::ref(book_), facts.peer.address, peer_name_),
                      net::detached);
    }
    co_return std::nullopt;
}

net::awaitable<SessionPolicy::Verdict> SessionPolicy::on_helo(const smtp::SessionFacts& facts)
{
    begin_transaction(facts);
    if (facts.early && tables_->config->policy.greeting_delay.count() > 0 && !is_trusted(facts)) {
        policy::Verdict hasty = policy::Refusal{554, "5.5.1", "You spoke before you were greeted",
                                                "GreetingDelay", true};
        book_.raise_once(
            EventId::connection_refused, facts.peer.address + " GreetingDelay",
            {{"peer", bracketed(facts)}, {"rule", hasty->rule}, {"detail", hasty->text}});
        co_return refuse(facts, std::move(hasty));
    }
    co_return refuse(facts, book_.limits.errors(tables_->config->policy.limits, client(facts),
                                                std::chrono::steady_clock::now()));
}

net::awaitable<SessionPolicy::Verdict> SessionPolicy::on_mail(const smtp::SessionFacts& facts,
                                                              const smtp::Envelope& envelope)
{
    begin_transaction(facts);
    const auto& rules = tables_->config->policy;
    const auto now = std::chrono::steady_clock::now();
    if (closing_) co_return refuse(facts, *closing_);
    if (auto no = policy::judge_terms(row_, facts.tls.has_value(), !facts.account.empty()))
        co_return refuse(facts, std::move(no));
    if (auto no = book_.limits.errors(rules.limits, client(facts), now))
        co_return refuse(facts, std::move(no));
    if (facts.account != counted_account_) {
        if (auto no = book_.limits.authenticate(rules.limits, client(facts), held_))
            co_return refuse(facts, std::move(no));
        counted_account_ = facts.account;
    }
    if (auto no = book_.limits.message(rules.limits, client(facts), now))
        co_return refuse(facts, std::move(no));
    sender_ = envelope.sender;
    declared_octets_ = envelope.declared_octets;
    sender_domain_ = domain_of(envelope.sender);
    if (auto no = policy::judge_size(size_limit(), envelope.declared_octets))
        co_return refuse(facts, std::move(no));
    if (auto hit = tables_->filter.judge_sender(envelope.sender))
        if (auto no = judge_filter(facts, std::move(*hit))) co_return no;
    const bool to_check = rules.check_sender_domain && book_.resolver && !is_trusted(facts) &&
                          !sender_domain_.empty() && !resolver_->is_local_domain(sender_domain_);
    if (!to_check) co_return std::nullopt;
    auto verdict =
        co_await policy::check_sender_domain(*book_.resolver, sender_domain_, after(domain_time));
    co_return refuse(facts, std::move(verdict));
}

net::awaitable<SessionPolicy::Verdict> SessionPolicy::on_rcpt(const smtp::SessionFacts& facts,
                                                              const smtp::Envelope& envelope,
                                                              std::string_view recipient)
{
    const auto& rules = tables_->config->policy;
    const auto now = std::chrono::steady_clock::now();
    // Counted with the others until it is refused: on_refused() takes it out again.
    const auto domain = domain_of(recipient);
    recipient_domains_.push_back(domain);
    outbound_before_ = outbound_;
    recipients_before_ = envelope.recipients.size();
    asked_ = true;
    outbound_ = outbound_ || (!domain.empty() && !resolver_->is_local_domain(domain));
    if (closing_) co_return refuse(facts, *closing_);
    if (auto no = book_.limits.errors(rules.limits, client(facts), now))
        co_return refuse(facts, std::move(no));
    if (auto no = book_.limits.recipient(rules.limits, client(facts), now))
        co_return refuse(facts, std::move(no));
    co_return refuse(facts, policy::judge_size(size_limit(), envelope.declared_octets));
}

net::awaitable<SessionPolicy::Verdict> SessionPolicy::on_header(const smtp::SessionFacts& facts,
                                                                const smtp::Envelope&,
                                                                std::string_view header)
{
    // What the envelope decided stands; a row that refuses goes before one that only sets aside.
    if (auto hit = tables_->filter.judge_header(header))
        if (!filtered_ || hit->row->action < filtered_->row->action)
            co_return judge_filter(facts, std::move(*hit));
    co_return std::nullopt;
}

SessionPolicy::Verdict SessionPolicy::judge_filter(const smtp::SessionFacts& facts,
                                                   policy::FilterHit hit)
{
    tables_->filter.count(hit);
    book_.metrics.counter("filtered_messages", "Messages that matched a row of TurfTable").add();
    if (hit.row->action != config::FilterAction::reject) {
        filtered_ = std::move(hit);
        return std::nullopt;
    }
    book_.raise_once(EventId::message_filtered, facts.peer.address + " " + hit.row->text,
                     {{"originator", hit.matched},
                      {"rule", hit.row->text},
                      {"where", hit.in_header ? "From" : "MAIL FROM"},
                      {"action", "refused in the session"},
                      {"peer", bracketed(facts)},
                      {"file", "nothing"}});
    return smtp::Refusal{550, "5.7.1", "Mail from this sender is not accepted here",
                         "TurfTable " + hit.row->text};
}

std::string SessionPolicy::on_refused(const smtp::SessionFacts& facts,
                                      const smtp::Envelope& envelope, std::string_view stage,
                                      const smtp::Reply& reply, std::string_view rule)
{
    const auto now = std::chrono::steady_clock::now();
    const auto& rules = tables_->config->policy;
    book_.metrics.counter(counter_of(rule), "Replies of 4xx and 5xx by the rule that decided")
        .add();
    book_.metrics.counter("refused", help_of("refused")).add();
    if (same_word(stage, "connect"))
        book_.metrics.counter("connections_rejected", help_of("connections_rejected")).add();
    if (reply.enhanced == "5.4.6")
        book_.metrics.counter("loops_detected", help_of("loops_detected")).add();
    const bool at_recipient = same_word(stage, "RCPT");
    // Not when the dialogue itself refused a recipient that was no address: we were not asked.
    if (at_recipient && asked_ && envelope.recipients.size() == recipients_before_) {
        recipient_domains_.pop_back();
        outbound_ = outbound_before_;
        asked_ = false;
    }
    // What we cannot say now is no error of the client. Nor is a limit's own refusal: it would
    // never get out again.
    if (reply.code >= 500 && !rule.starts_with("InboundLimits"))
        book_.limits.error(rules.limits, client(facts), now);
    if (at_recipient && reply.enhanced == "5.1.1" && !is_trusted(facts)) {
        auto answer = book_.slow_down.unknown_recipient(rules, facts.peer.address, now);
        delay_ = answer.delay;
        if (answer.close) closing_ = std::move(*answer.close);
        if (answer.begins)
            book_.raise_once(EventId::recipients_guessed, facts.peer.address,
                             {{"peer", bracketed(facts)},
                              {"detail", "more than " + std::to_string(rules.unknown_recipients) +
                                             ", UnknownRecipientLimit"}});
    }
    const auto nobody_by = std::exchange(nobody_by_, {});
    if (!book_.journal) return {};
    return book_.journal({facts, envelope, stage, reply, rule,
                          facts.peer_name.empty() ? *peer_name_ : facts.peer_name, nobody_by});
}

std::chrono::milliseconds SessionPolicy::delay(const smtp::SessionFacts&)
{
    return std::exchange(delay_, 0ms);
}

void SessionPolicy::too_much_at_once(const smtp::SessionFacts& facts)
{
    book_.raise_once(EventId::too_much_in_flight, "",
                     {{"detail", bracketed(facts) + " is one of them"}});
}

void SessionPolicy::relay_refused(const smtp::SessionFacts& facts, const std::string& recipient,
                                  const std::string& rule)
{
    book_.raise_once(EventId::session_refused, facts.peer.address + " " + rule,
                     {{"peer", bracketed(facts)}, {"recipient", recipient}, {"detail", rule}});
    book_.metrics.counter("relay_denied", "Recipients refused because the client may not relay")
        .add();
}

policy::SizeLimit SessionPolicy::size_limit() const
{
    policy::SizeQuestion question;
    question.account = facts_->account;
    question.listener = facts_->listener;
    question.role = facts_->role;
    question.sender_domain = sender_domain_;
    question.recipient_domains = recipient_domains_;
    question.outbound = outbound_;
    return policy::size_limit(*tables_->config, question);
}

void SessionPolicy::begin_transaction(const smtp::SessionFacts& facts)
{
    facts_ = &facts;
    sender_.clear();
    sender_domain_.clear();
    declared_octets_ = 0;
    sender_known_ = false;
    sender_limit_ = {};
    largest_.reset();
    recipient_domains_.clear();
    outbound_ = outbound_before_ = asked_ = false;
    filtered_.reset();
}

std::optional<Error> SessionPolicy::too_large(std::uint64_t octets) const
{
    auto verdict = policy::judge_size(size_limit(), octets);
    if (!verdict) verdict = policy::judge_size(sender_limit_, octets);
    // Those who take less than others get a report; when nobody takes it, the client hears it.
    if (!verdict && largest_) verdict = policy::judge_size(*largest_, octets);
    if (!verdict) return {};
    return Error{EventId::message_too_large, verdict->text};
}

void SessionPolicy::recipient_takes(policy::SizeLimit limit)
{
    if (!largest_ ||
        (largest_->octets != 0 && (limit.octets == 0 || limit.octets > largest_->octets)))
        largest_ = std::move(limit);
}

void SessionPolicy::restricted(const smtp::SessionFacts& facts, const std::string& recipient,
                               const std::string& rule)
{
    book_.metrics
        .counter("refused_delivery_restrictions", "Recipients that do not take the sender's mail")
        .add();
    book_.raise_once(EventId::delivery_restricted, facts.peer.address + " " + sender_ + " " + rule,
                     {{"sender", "<" + sender_ + ">"}, {"recipient", recipient}, {"rule", rule}});
}

void SessionPolicy::taken_unasked(const smtp::SessionFacts& facts, const std::string& recipient,
                                  const std::string& rule)
{
    book_.metrics
        .counter("recipients_taken_unasked",
                 "Recipients taken while the directory could not say who they are")
        .add();
    book_.raise_once(
        EventId::recipient_taken_unasked, rule,
        {{"recipient", recipient}, {"rule", rule}, {"peer", "[" + facts.peer.address + "]"}});
}

std::string SessionPolicy::tag() const
{
    if (!filtered_ || filtered_->row->action != config::FilterAction::tag) return {};
    std::string out = "X-IMC-Filtered: ";
    for (const char c : filtered_->row->text)
        out += is_control(c) || (c & '\x80') != 0 ? '?' : c;
    return out + "\r\n";
}

bool SessionPolicy::sets_aside() const
{
    return filtered_ && filtered_->row->action == config::FilterAction::quarantine;
}

Result<std::string> SessionPolicy::set_aside(const smtp::Envelope& envelope,
                                             const Octets& text) const
{
    store::Quarantined record;
    record.kept_at = wall_clock().now();
    record.sender = envelope.sender;
    for (const auto& recipient : envelope.recipients)
        record.recipients.push_back({recipient.address, recipient.original, recipient.notify});
    record.envid = envelope.envid;
    record.ret = envelope.ret;
    record.priority = envelope.priority;
    const auto peer = bracketed(*facts_) + ":" + std::to_string(facts_->peer.port);
    record.peer = peer;
    record.helo = facts_->helo;
    record.account = facts_->account;
    record.rule = filtered_->row->text;
    record.matched = filtered_->matched;
    record.where = filtered_->in_header ? "From" : "MAIL FROM";
    record.eight_bit = envelope.eight_bit;
    record.smtp_utf8 = envelope.smtp_utf8;
    const auto& folder = tables_->config->policy.quarantine;
    store::Quarantine quarantine{real_files(), folder};
    const auto where = record.where;
    auto id = quarantine.keep(std::move(record), text);
    if (!id) {
        book_.events.raise(id.error(), {{"folder", folder}});
        return id;
    }
    book_.events.raise(EventId::message_filtered, {{"originator", filtered_->matched},
                                                   {"rule", filtered_->row->text},
                                                   {"where", where},
                                                   {"action", "set aside"},
                                                   {"peer", peer},
                                                   {"file", quarantine.path(*id)}});
    return id;
}

}  // namespace imc::app
