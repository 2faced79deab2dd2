#include "app/service/session_ports.h"

#include "base/offload.h"
#include "mail/submission.h"
#include "mail/trace.h"
#include "transfer/relay.h"

#include <algorithm>
#include <random>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto look_up_time = 20s;
/// Of a message that has none: time, and what nobody can guess.
std::string unique_name(WallTime now)
{
    std::random_device random;
    const auto number = std::uint64_t{random()} << 32U | random();
    return std::to_string(now.time_since_epoch().count()) + "." + std::to_string(number);
}

constexpr std::uint64_t most_reserved =
    4 << 20;  // a client's word for its size is believed up to here

}  // namespace

net::awaitable<smtp::RecipientVerdict> SessionPorts::look_up(std::string address)
{
    const auto at = address.rfind('@');
    if (at != std::string::npos &&
        !parts_.resolver->is_local_domain(std::string_view{address}.substr(at + 1))) {
        transfer::RelayQuestion question{facts_.peer.address, facts_.peer.local_address,
                                         std::string_view{address}.substr(at + 1), facts_.account};
        if (facts_.tls) {
            question.certificate_subject = facts_.tls->client_subject;
            question.certificate_fingerprint = facts_.tls->client_fingerprint;
        }
        const auto decision = transfer::decide_relay(parts_.resolver->config().relay, question);
        if (decision.allowed) co_return smtp::verdict::Accepted{};
        parts_.policy.relay_refused(facts_, address, decision.rule);
        co_return smtp::verdict::Refused{"relay: " + decision.rule};
    }
    auto resolution = co_await resolve(address);
    co_return judge(address, std::move(resolution));
}

net::awaitable<transfer::Resolution> SessionPorts::resolve(std::string address)
{
    if (!parts_.resolver->blocks())
        co_return parts_.resolver->resolve(address, after(look_up_time));
    const auto ask = [this, &address] {
        return parts_.resolver->resolve(address, after(look_up_time));
    };
    auto resolution = co_await offload(parts_.background, ask);
    co_return resolution;
}

smtp::RecipientVerdict SessionPorts::judge(const std::string& address,
                                           transfer::Resolution resolution)
{
    if (auto* silent = std::get_if<CannotSay>(&resolution)) {
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(silent->reason);
        return smtp::verdict::CannotSay{std::move(silent->reason)};
    }
    parts_.directory_silent = false;
    if (std::holds_alternative<transfer::Route>(resolution)) return smtp::verdict::Accepted{};
    if (const auto* several = std::get_if<transfer::AmbiguousRecipient>(&resolution)) {
        std::string objects;
        for (const auto& object : several->objects)
            objects += (objects.empty() ? "" : "; ") + object;
        parts_.events.raise(EventId::address_not_unique,
                            {{"address", address}, {"objects", objects}});
        return smtp::verdict::Ambiguous{};
    }
    return smtp::verdict::Unknown{};
}

void SessionPorts::message_begins() { parts_.sessions.message_begins(session_); }

net::awaitable<Result<std::string>> SessionPorts::store(const smtp::SessionFacts& facts,
                                                        const smtp::Envelope& envelope,
                                                        smtp::BodyReader& body)
{
    taken_ = 0;
    message_begins();
    auto queued = co_await read(facts, envelope, body);
    parts_.sessions.message_ends(session_);
    parts_.budget.give_back(taken_);
    taken_ = 0;
    co_return queued;
}

net::awaitable<Result<std::string>> SessionPorts::read(const smtp::SessionFacts& facts,
                                                       const smtp::Envelope& envelope,
                                                       smtp::BodyReader& body)
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
    std::string text = mail::received_line(hop);
    const auto trace = text.size();
    text.reserve(trace + std::min(envelope.declared_octets, most_reserved));
    for (;;) {
        const auto piece = co_await body.next();
        if (!piece) {
            parts_.events.raise(piece.error(), {{"peer", "[" + facts.peer.address + "]"}});
            co_return piece.error();
        }
        if (piece->empty()) break;
        if (!parts_.budget.take(piece->size())) {
            const Error full{EventId::spool_write_failed,
                             "too much mail is being received at once"};
            parts_.events.raise(full);
            co_return full;
        }
        taken_ += piece->size();
        text += *piece;
    }
    const auto hops = mail::count_received(std::string_view{text}.substr(trace));
    if (hops > config.max_hops) {
        const Error loop{EventId::hop_count_exceeded,
                         std::to_string(hops) + " Received lines, at most " +
                             std::to_string(config.max_hops) + " (MaxHops)"};
        parts_.events.raise(loop, {{"peer", "[" + facts.peer.address + "]"}});
        co_return loop;
    }
    if (auto large = parts_.policy.too_large(text.size() - trace)) {
        parts_.events.raise(*large, {{"peer", "[" + facts.peer.address + "]"}});
        co_return std::move(*large);
    }
    if (parts_.policy.sets_aside()) {
        const auto keep = [this, &envelope, &text] {
            return parts_.policy.set_aside(envelope, text);
        };
        auto id = co_await offload(parts_.background, keep);
        co_return id;
    }
    std::string more = parts_.policy.tag();
    if (!facts.account.empty()) {
        const auto header = std::string_view{text}.substr(trace);
        more += mail::completion(header.substr(0, std::min(header.find("\r\n\r\n"), header.size())),
                                 now, unique_name(now), config.host_name);
    }
    text.insert(trace, more);
    spool::NewMessage message;
    message.body = std::make_shared<const std::string>(std::move(text));
    auto& kept = message.envelope;
    kept.sender = envelope.sender;
    for (const auto& recipient : envelope.recipients)
        kept.recipients.push_back({recipient.address, recipient.original, recipient.notify});
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
    const auto octets = message.body->size();
    spool::Envelope for_queue = kept;
    spool::Body for_first_attempt = message.body;
    auto id = co_await parts_.spool.store(std::move(message));
    if (!id) co_return id.error();
    parts_.tracker.received(*id, for_queue, *for_first_attempt, facts);
    parts_.queue.add(*id, std::move(for_queue), std::move(for_first_attempt));
    parts_.metrics.counter("inbound_messages", "Messages taken").add();
    parts_.metrics.counter("inbound_bytes", "Octets of messages taken").add(octets);
    co_return id->to_string();
}

}  // namespace imc::app
