#include "app/service/session_ports.h"

#include "app/service/archivist.h"
#include "base/offload.h"
#include "mail/mime_depth.h"
#include "mail/submission.h"
#include "mail/trace.h"
#include "queue/decisions.h"
#include "transfer/restriction.h"

#include <algorithm>
#include <random>
#include <utility>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto look_up_time = 20s;
constexpr std::size_t most_members = 100;  // told to who asks EXPN
/// Of a message that has none: time, and what nobody can guess.
std::string unique_name(WallTime now)
{
    std::random_device random;
    const auto number = std::uint64_t{random()} << 32U | random();
    return std::to_string(now.time_since_epoch().count()) + "." + std::to_string(number);
}

/// A client's word for its size is believed up to here.
constexpr std::uint64_t most_reserved = 32 * 1024;
constexpr std::size_t usual_trace = 512;  // octets of what we put before it

/// By which facts the first recipients were accepted.
std::vector<spool::Evidence> decisions_of(const smtp::Envelope& envelope)
{
    std::vector<spool::Evidence> out;
    const auto count = std::min<std::size_t>(envelope.recipients.size(), queue::decisions_kept);
    out.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i)
        if (const auto& decided = envelope.recipients[i].decided; !decided.empty())
            out.push_back({queue::decision_key(i), decided});
    return out;
}

/// The same in short.
std::vector<std::uint16_t> ways_of(const smtp::Envelope& envelope)
{
    const auto count = std::min<std::size_t>(envelope.recipients.size(), queue::decisions_kept);
    std::vector<std::uint16_t> out(count);
    for (std::size_t i = 0; i < count; ++i)
        if (const auto& decided = envelope.recipients[i].decided; !decided.empty())
            out[i] = transfer::way_of_line(decided);
    return out;
}

}  // namespace

/// Where the directory is here and no rule asks for the sender, this frame is the only one.
net::awaitable<smtp::RecipientVerdict> SessionPorts::look_up(std::string address)
{
    transfer::DecisionLine line;
    const auto request = question(address);
    const auto deadline = after(look_up_time);  // the wait for a thread counts
    const auto ask = [this, &request, &line, deadline] {
        return parts_.resolver->resolve(request, deadline, nullptr, &line);
    };
    transfer::Resolution resolution;
    if (asks_elsewhere(address))
        resolution = co_await offload(parts_.background, ask);
    else
        resolution = ask();
    transfer::RestrictionsPtr rules;
    if (const auto* route = std::get_if<transfer::Route>(&resolution)) rules = route->restrictions;
    if (const auto* list = std::get_if<transfer::Expand>(&resolution)) rules = list->restrictions;
    auto verdict = judge(address, std::move(resolution));
    auto* const accepted = std::get_if<smtp::verdict::Accepted>(&verdict);
    if (accepted == nullptr) co_return verdict;
    if (accepted->unasked) {
        // Who sends it the directory cannot say, either; whether he may, the queue asks.
        parts_.policy.recipient_takes({});
        accepted->decided = line.take();
        co_return verdict;
    }
    policy::SizeLimit takes;
    if (rules)
        if (auto no = too_large_for(*rules, takes)) co_return std::move(*no);
    const bool of_senders = rules && rules->of_senders();
    if (of_senders || (!facts_.account.empty() && !parts_.policy.sender_known())) {
        auto no = co_await refused_for_sender(address, of_senders ? rules.get() : nullptr, line);
        if (no) co_return std::move(*no);
    }
    co_return admitted(std::move(takes), line);
}

std::optional<smtp::RecipientVerdict>
SessionPorts::too_large_for(const transfer::Restrictions& rules, policy::SizeLimit& takes)
{
    if (rules.octets != 0)
        takes = {rules.octets, transfer::size_rule("imcMaxReceiveKB", rules.object)};
    auto no = refused_for_size(takes, "5.2.3");
    if (!rules.old) return no;
    if (no) {
        auto doubt = transfer::outdated(rules, takes.rule);
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(doubt);
        return smtp::verdict::CannotSay{std::move(doubt)};
    }
    takes = {};  // once it has come, the queue asks again
    return {};
}

std::optional<smtp::RecipientVerdict> SessionPorts::refused_for_size(const policy::SizeLimit& limit,
                                                                     const char* status) const
{
    const auto declared = parts_.policy.declared_octets();
    const auto no = policy::judge_size(limit, declared);
    if (!no) return {};
    return smtp::verdict::Refused{no->rule, 552, status,
                                  "Message of " + std::to_string(declared) + " octets, at most " +
                                      std::to_string(limit.octets) + " (" + no->rule + ")"};
}

net::awaitable<std::optional<smtp::RecipientVerdict>>
SessionPorts::refused_for_sender(const std::string& address, const transfer::Restrictions* rules,
                                 transfer::DecisionLine& line)
{
    auto& policy = parts_.policy;
    auto found = co_await who_sends();
    if (auto* silent = std::get_if<CannotSay>(&found)) {
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(silent->reason);
        co_return smtp::verdict::CannotSay{std::move(silent->reason)};
    }
    const auto& sender = std::get<transfer::Sender>(found);
    if (auto doubt = rules != nullptr ? transfer::undecided(*rules, sender) : std::nullopt) {
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(*doubt);
        co_return smtp::verdict::CannotSay{std::move(*doubt)};
    }
    // Whoever has not signed in may claim any address: its limits are no others'. By a limit that
    // was nobody is refused.
    if (sender.signed_in && sender.octets != 0 && !sender.old)
        policy.sender_may({sender.octets, transfer::size_rule("imcMaxSendKB", sender.object)});
    else
        policy.sender_may({});
    if (rules == nullptr) co_return std::nullopt;
    if (const auto refusal = transfer::judge(*rules, sender)) {
        policy.restricted(facts_, address, refusal->rule);
        co_return smtp::verdict::Refused{refusal->rule, 550, "5.7.1",
                                         refusal->text + " (" + refusal->rule + ")"};
    }
    line.add("sender", transfer::admitted_by(*rules, sender));
    co_return std::nullopt;
}

smtp::RecipientVerdict SessionPorts::admitted(policy::SizeLimit takes, transfer::DecisionLine& line)
{
    const auto& may = parts_.policy.sender_limit();
    if (auto no = refused_for_size(may, "5.3.4")) return std::move(*no);
    if (takes.octets != 0)
        line.add("size", std::to_string(takes.octets) + " " + takes.rule);
    else if (may.octets != 0)
        line.add("size", std::to_string(may.octets) + " " + may.rule);
    parts_.policy.recipient_takes(std::move(takes));
    return smtp::verdict::Accepted{.decided = line.take()};
}

net::awaitable<std::variant<transfer::Sender, CannotSay>> SessionPorts::who_sends()
{
    const auto deadline = after(look_up_time);  // the wait for a thread counts
    const auto ask = [this, deadline] {
        return parts_.resolver->senders().by_address(parts_.policy.sender(),
                                                     !facts_.account.empty(), deadline);
    };
    if (!parts_.resolver->blocks()) co_return ask();
    auto found = co_await offload(parts_.background, ask);
    co_return found;
}

transfer::Request SessionPorts::question(const std::string& address) const
{
    transfer::Request out;
    out.recipient = address;
    out.from_client = true;
    out.sender = parts_.policy.sender();
    out.client.peer = facts_.peer.address;
    out.client.local = facts_.peer.local_address;
    out.client.account = facts_.account;
    out.client.role = facts_.role;
    if (facts_.tls) {
        out.client.certificate_subject = facts_.tls->client_subject;
        out.client.certificate_fingerprint = facts_.tls->client_fingerprint;
    }
    return out;
}

bool SessionPorts::asks_elsewhere(std::string_view address) const
{
    if (!parts_.resolver->blocks()) return false;
    const auto at = address.rfind('@');
    return at == address.npos || parts_.resolver->is_local_domain(address.substr(at + 1));
}

smtp::RecipientVerdict SessionPorts::judge(const std::string& address,
                                           transfer::Resolution resolution)
{
    if (auto* silent = std::get_if<CannotSay>(&resolution)) {
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(silent->reason);
        return smtp::verdict::CannotSay{std::move(silent->reason)};
    }
    if (auto* taken = std::get_if<transfer::TakenUnasked>(&resolution)) {
        parts_.policy.taken_unasked(facts_, address, taken->rule);
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(taken->reason);
        return smtp::verdict::Accepted{.unasked = true};
    }
    parts_.directory_silent = false;
    if (std::holds_alternative<transfer::Route>(resolution) ||
        std::holds_alternative<transfer::Expand>(resolution))
        return smtp::verdict::Accepted{};
    if (const auto* several = std::get_if<transfer::AmbiguousRecipient>(&resolution)) {
        std::string objects;
        for (const auto& object : several->objects)
            objects += (objects.empty() ? "" : "; ") + object;
        parts_.events.raise(EventId::address_not_unique,
                            {{"address", address}, {"objects", objects}});
        return smtp::verdict::Ambiguous{};
    }
    if (const auto* denied = std::get_if<transfer::RelayDenied>(&resolution)) {
        parts_.policy.relay_refused(facts_, address, denied->rule);
        return smtp::verdict::Refused{"relay: " + denied->rule};
    }
    if (auto* refused = std::get_if<transfer::Refused>(&resolution)) {
        if (refused->event != EventId{})
            parts_.events.raise(
                refused->event,
                {{"address", address},
                 {"detail", refused->detail.empty() ? refused->why : refused->detail}});
        return smtp::verdict::Refused{std::move(refused->rule), refused->code,
                                      std::move(refused->status), std::move(refused->why)};
    }
    return smtp::verdict::Unknown{};
}

net::awaitable<smtp::ListVerdict> SessionPorts::members(std::string list)
{
    if (!parts_.resolver->blocks())
        co_return judge(parts_.resolver->members(list, most_members, after(look_up_time)));
    const auto deadline = after(look_up_time);
    const auto ask = [this, &list, deadline] {
        return parts_.resolver->members(list, most_members, deadline);
    };
    auto expansion = co_await offload(parts_.background, ask);
    co_return judge(std::move(expansion));
}

smtp::ListVerdict SessionPorts::judge(transfer::ListAnswer expansion)
{
    return std::visit(
        Overloaded{
            [](transfer::ListMembers& list) -> smtp::ListVerdict {
                return smtp::verdict::Members{std::move(list.addresses)};
            },
            [](transfer::NotAList&) -> smtp::ListVerdict { return smtp::verdict::NoList{}; },
            [](transfer::TooManyMembers&) -> smtp::ListVerdict { return smtp::verdict::TooMany{}; },
            [](transfer::NoSuchRecipient&) -> smtp::ListVerdict {
                return smtp::verdict::Unknown{};
            },
            [](transfer::AmbiguousRecipient&) -> smtp::ListVerdict {
                return smtp::verdict::Ambiguous{};
            },
            [this](CannotSay& silent) -> smtp::ListVerdict {
                if (!parts_.directory_silent.exchange(true)) parts_.events.raise(silent.reason);
                return smtp::verdict::CannotSay{std::move(silent.reason)};
            },
        },
        expansion);
}

void SessionPorts::message_begins() { parts_.sessions.message_begins(session_); }

net::awaitable<Result<std::string>> SessionPorts::store(const smtp::SessionFacts& facts,
                                                        const smtp::Envelope& envelope,
                                                        smtp::BodyReader& body)
{
    taken_ = 0;
    message_begins();
    Text text;
    auto queued = co_await take(facts, envelope, body, text);
    if (text.rest) {  // a file that is not kept goes with it, and that takes its time
        const auto let_go = [&text] {
            text.rest.reset();
            return true;
        };
        (void)co_await offload(parts_.disk, let_go);
    }
    parts_.sessions.message_ends(session_);
    parts_.budget.give_back(taken_);
    taken_ = 0;
    co_return queued;
}

bool SessionPorts::hold(std::uint64_t octets)
{
    if (!parts_.budget.take(octets)) {
        parts_.policy.too_much_at_once(facts_);
        return false;
    }
    taken_ += octets;
    return true;
}

Result<> SessionPorts::refuse(const smtp::SessionFacts& facts, Error why)
{
    parts_.events.raise(why, {{"peer", "[" + facts.peer.address + "]"}});
    return why;
}

/// The first piece of a text holds its header whole.
Result<> SessionPorts::judge_header(const smtp::SessionFacts& facts, std::string_view piece,
                                    Text& text, WallTime now)
{
    const auto& config = parts_.resolver->config();
    const auto hops = mail::count_received(piece);
    if (hops > config.max_hops)
        return refuse(facts, {EventId::hop_count_exceeded,
                              std::to_string(hops) + " Received lines, at most " +
                                  std::to_string(config.max_hops) + " (MaxHops)"});
    text.added = parts_.policy.tag();
    text.message_id = mail::message_id(piece);
    if (facts.account.empty()) return {};
    const auto header = piece.substr(0, std::min(piece.find("\r\n\r\n"), piece.size()));
    text.added += mail::completion(header, now, unique_name(now), config.host_name);
    return {};
}

net::awaitable<Result<>> SessionPorts::read(const smtp::SessionFacts& facts, smtp::BodyReader& body,
                                            Text& text, WallTime now)
{
    mail::MimeDepth nesting{parts_.resolver->config().session.mime_depth};
    for (;;) {
        const auto piece = co_await body.next();
        if (!piece) co_return refuse(facts, piece.error());
        if (piece->empty()) break;
        if (text.size == 0)
            if (auto judged = judge_header(facts, *piece, text, now); !judged) co_return judged;
        // Of the first piece some may have been counted while it grew.
        if (piece->size() > taken_ || text.size > 0)
            if (!hold(piece->size() - (text.size == 0 ? taken_ : 0)))
                co_return Error{EventId::too_much_in_flight, ""};
        text.size += piece->size();
        nesting.feed(*piece);
        text.text += *piece;
        if (text.text.size() <= spool::large_octets) continue;
        if (auto spilled = co_await spill(text, false); !spilled) co_return spilled;
    }
    if (text.size == 0)
        if (auto judged = judge_header(facts, {}, text, now); !judged) co_return judged;
    if (nesting.over_limit()) text.added += mail::MimeDepth::tag();
    if (auto large = parts_.policy.too_large(text.size)) co_return refuse(facts, std::move(*large));
    if (text.rest) co_return co_await spill(text, true);
    co_return Result<>{};
}

/// What is in memory goes to the disk.
net::awaitable<Result<>> SessionPorts::spill(Text& text, bool last)
{
    const auto write = [this, &text, last]() -> Result<> {
        if (!text.rest) {
            auto begun = parts_.spool.begin_text();
            if (!begun) return begun.error();
            text.rest = std::move(*begun);
        }
        if (auto written = text.rest->append(text.text); !written) return written;
        return last ? text.rest->finish() : Result<>{};
    };
    auto written = co_await offload(parts_.disk, write);
    std::string{}.swap(text.text);  // its memory, too: that is what the budget counts
    parts_.budget.give_back(std::exchange(taken_, 0));
    co_return written;
}

net::awaitable<Result<std::string>> SessionPorts::take(const smtp::SessionFacts& facts,
                                                       const smtp::Envelope& envelope,
                                                       smtp::BodyReader& body, Text& text)
{
    const auto& config = parts_.resolver->config();
    const auto now = wall_clock().now();
    mail::Hop hop;
    hop.helo = facts.helo;
    const auto name = facts.peer_name.empty() ? parts_.policy.peer_name() : facts.peer_name;
    hop.name = name;
    hop.peer = facts.peer.address;
    hop.host = config.host_name;
    hop.protocol = mail::with_protocol(facts.extended, facts.tls.has_value(),
                                       !facts.account.empty(), envelope.smtp_utf8);
    if (facts.tls) hop.tls = facts.tls->version + " " + facts.tls->cipher;
    if (envelope.recipients.size() == 1) hop.single_recipient = envelope.recipients.front().address;
    hop.time = now;
    text.text.reserve(std::min(envelope.declared_octets, most_reserved) + usual_trace);
    if (auto whole = co_await read(facts, body, text, now); !whole) co_return whole.error();

    const bool aside = parts_.policy.sets_aside();
    spool::NewMessage message;
    if (!aside) message.id = text.rest ? text.rest->id() : parts_.spool.new_id();
    if (!aside) hop.id = message.id.to_string();
    auto front = mail::received_line(hop);
    if (!aside) front += text.added;
    if (text.rest)
        text.text = std::move(front);
    else
        text.text.insert(0, front);
    message.body =
        spool::Body{std::make_shared<const std::string>(std::move(text.text)),
                    text.rest ? text.rest->read_back() : std::shared_ptr<const OctetsFile>{}};
    message.rest = text.rest;
    if (aside) {
        const auto keep = [this, &envelope, &message] {
            return parts_.policy.set_aside(envelope, message.body);
        };
        auto id = co_await offload(parts_.disk, keep);
        co_return id;
    }
    auto& kept = message.envelope;
    kept.sender = envelope.sender;
    for (const auto& recipient : envelope.recipients)
        kept.recipients.push_back({recipient.address, recipient.original, recipient.notify});
    message.evidence = decisions_of(envelope);
    kept.envid = envelope.envid;
    kept.ret = envelope.ret;
    kept.eight_bit = envelope.eight_bit;
    kept.smtp_utf8 = envelope.smtp_utf8;
    kept.priority = envelope.priority > 0   ? spool::Priority::urgent
                    : envelope.priority < 0 ? spool::Priority::non_urgent
                                            : spool::Priority::normal;
    kept.arrived_at = now;
    kept.peer = "[" + facts.peer.address + "]:" + std::to_string(facts.peer.port);
    if (!name.empty()) kept.peer += " (" + name + ")";
    kept.account = facts.account;
    const auto octets = message.body.size();
    spool::Envelope for_queue = kept;
    spool::Body for_first_attempt = message.body;
    tracking::Archive::Kept copy;
    if (parts_.archive != nullptr && parts_.archive->wants(tracking::Direction::in)) {
        const auto named = message.id;
        const auto keep = [this, &config, named, &for_queue, &for_first_attempt] {
            return keep_inbound(*parts_.archive, config, named, for_queue, for_first_attempt);
        };
        auto kept_copy = co_await offload(parts_.disk, keep);
        if (!kept_copy) co_return kept_copy.error();
        copy = std::move(*kept_copy);
    }
    auto id = co_await parts_.spool.store(std::move(message));
    if (!id && !copy.name.empty()) {
        const auto discard = [this, &copy] { return parts_.archive->discard(copy), true; };
        (void)co_await offload(parts_.disk, discard);
    }
    if (!id) co_return id.error();
    parts_.tracker.received({*id, for_queue, octets}, text.message_id, facts, envelope.recipients);
    if (parts_.counted != nullptr)
        parts_.counted->count(config.local_domains, {*id, for_queue, octets});
    if (parts_.events.wants(EventId::message_received))
        parts_.events.raise(EventId::message_received,
                            {{"message", id->to_string()},
                             {"peer", for_queue.peer},
                             {"sender", for_queue.sender},
                             {"recipients", std::to_string(for_queue.recipients.size())},
                             {"octets", std::to_string(octets)}});
    parts_.queue.add(*id, std::move(for_queue), std::move(for_first_attempt), ways_of(envelope));
    co_return id->to_string();
}

}  // namespace imc::app
