#include "app/service/session_ports.h"

#include "app/service/archivist.h"
#include "base/offload.h"
#include "mail/mime_depth.h"
#include "mail/submission.h"
#include "mail/trace.h"
#include "queue/decisions.h"

#include <algorithm>
#include <random>
#include <utility>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

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
