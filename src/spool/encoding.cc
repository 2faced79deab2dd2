#include "spool/encoding.h"

#include "spool/crc32c.h"
#include "spool/encoding_parts.h"

#include <algorithm>
#include <functional>

// Records, to octets.

namespace imc::spool {
namespace {

void put(Writer& out, const RecipientState& state)
{
    out.u8(static_cast<std::uint8_t>(state.outcome));
    out.u32(state.attempts);
    out.u64(millis(state.next_attempt));
    out.text(state.last_status);
    out.text(state.last_reply);
    out.text(state.last_host);
}

bool has_terms(const Envelope& e)
{
    return e.expires_at != WallTime{} || e.held_until != WallTime{} || !e.hold_reason.empty();
}

bool has_routes(const Envelope& e)
{
    return std::ranges::any_of(e.recipients, [](const Recipient& r) { return !r.route.empty(); });
}

void put(Writer& out, const Recipient& recipient, bool with_route)
{
    out.text(recipient.address);
    out.text(recipient.original);
    out.u8(recipient.notify);
    if (with_route) out.text(recipient.route);
}

void put(Writer& out, const std::vector<Evidence>& evidence)
{
    out.u32(static_cast<std::uint32_t>(evidence.size()));
    for (const auto& each : evidence) {
        out.text(each.key);
        out.text(each.text);
    }
}

void put_envelope(Writer& out, const Envelope& envelope, std::uint8_t more_flags)
{
    const bool terms = has_terms(envelope);
    const bool routes = has_routes(envelope);
    out.text(envelope.sender);
    out.u8(static_cast<std::uint8_t>(more_flags | (envelope.eight_bit ? flag_eight_bit : 0) |
                                     (envelope.smtp_utf8 ? flag_utf8 : 0) |
                                     (terms ? flag_terms : 0) | (routes ? flag_routes : 0)));
    out.u8(static_cast<std::uint8_t>(envelope.priority));
    out.u64(millis(envelope.arrived_at));
    out.text(envelope.peer);
    out.text(envelope.account);
    out.text(envelope.envid);
    out.text(envelope.ret);
    out.u32(static_cast<std::uint32_t>(envelope.recipients.size()));
    for (const auto& recipient : envelope.recipients)
        put(out, recipient, routes);
    if (!terms) return;
    out.u64(millis(envelope.expires_at));
    out.u64(millis(envelope.held_until));
    out.text(envelope.hold_reason);
}

/// One record: its length, its kind, the message, and what `rest` writes.
void put_record(std::string& out, RecordKind kind, MessageId id,
                const std::function<void(Writer&)>& rest)
{
    Writer payload;
    payload.u8(static_cast<std::uint8_t>(kind));
    payload.u64(id.number);
    rest(payload);
    Writer framed;
    framed.text(payload.take());
    out += framed.take();
}

void put(Writer& out, const Amendment& news)
{
    out.u8(static_cast<std::uint8_t>(
        (news.sender ? amends_sender : 0) | (news.priority ? amends_priority : 0) |
        (news.expires_at ? amends_expiry : 0) | (news.hold ? amends_hold : 0)));
    if (news.sender) out.text(*news.sender);
    if (news.priority) out.u8(static_cast<std::uint8_t>(*news.priority));
    if (news.expires_at) out.u64(millis(*news.expires_at));
    if (news.hold) {
        out.u64(millis(news.hold->until));
        out.text(news.hold->reason);
    }
    out.u32(static_cast<std::uint32_t>(news.routes.size()));
    for (const auto& [recipient, route] : news.routes) {
        out.u32(recipient);
        out.text(route);
    }
}

}  // namespace

std::string message_head(MessageId id, const Envelope& envelope, std::string_view body,
                         const LargePart* large, const Carried* carried)
{
    return message_head(id, envelope, static_cast<std::uint32_t>(body.size()), crc32c(0, body),
                        large, carried);
}

std::string message_head(MessageId id, const Envelope& envelope, std::uint32_t body_octets,
                         std::uint32_t body_crc, const LargePart* large, const Carried* carried)
{
    Writer out;
    out.u32(0);  // the record's length, known at the end
    const bool moved = carried != nullptr && !carried->is_new;
    out.u8(static_cast<std::uint8_t>(moved ? RecordKind::moved : RecordKind::message));
    out.u64(id.number);
    const bool evidence = carried != nullptr && !carried->evidence.empty();
    put_envelope(out, envelope,
                 static_cast<std::uint8_t>((large != nullptr ? flag_large : 0) |
                                           (evidence ? flag_evidence : 0)));
    if (moved)
        for (const auto& state : carried->states)
            put(out, state);
    if (evidence) put(out, carried->evidence);
    if (large != nullptr) {
        out.u64(large->octets);
        out.u32(static_cast<std::uint32_t>(large->crcs.size()));
        for (const auto crc : large->crcs)
            out.u32(crc);
    }
    out.u32(body_crc);
    out.u32(body_octets);
    auto octets = out.take();
    const auto length = octets.size() - 4 + body_octets;
    for (std::size_t i = 0; i < 4; ++i)
        octets[i] = static_cast<char>(length >> (8 * i) & 0xffU);
    return octets;
}

std::string change_records(const Commit& change)
{
    std::string out;
    if (!change.added.empty())
        put_record(out, RecordKind::added, change.message, [&](Writer& to) {
            to.u32(static_cast<std::uint32_t>(change.added.size()));
            for (const auto& each : change.added) {
                put(to, each.recipient, true);
                put(to, each.state);
            }
        });
    if (!change.amendment.empty())
        put_record(out, RecordKind::amended, change.message,
                   [&](Writer& to) { put(to, change.amendment); });
    if (!change.evidence.empty())
        put_record(out, RecordKind::evidence, change.message,
                   [&](Writer& to) { put(to, change.evidence); });
    if (!change.results.empty())
        put_record(out, RecordKind::results, change.message, [&](Writer& to) {
            to.u32(static_cast<std::uint32_t>(change.results.size()));
            for (const auto& result : change.results) {
                to.u32(result.recipient);
                put(to, result.state);
            }
        });
    if (change.done) put_record(out, RecordKind::done, change.message, [](Writer&) {});
    return out;
}

}  // namespace imc::spool
