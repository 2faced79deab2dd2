#include "spool/encoding.h"
#include "spool/encoding_parts.h"

#include <functional>

// Records, from octets.

namespace imc::spool {
namespace {

RecipientState get_state(Reader& in)
{
    RecipientState state;
    const auto outcome = in.u8();
    state.outcome = outcome <= static_cast<std::uint8_t>(Outcome::deleted)
                        ? static_cast<Outcome>(outcome)
                        : Outcome::waiting;
    state.attempts = in.u32();
    state.next_attempt = wall(in.u64());
    state.last_status = in.text();
    state.last_reply = in.text();
    state.last_host = in.text();
    return state;
}

Recipient get_recipient(Reader& in, bool with_route)
{
    Recipient out;
    out.address = in.text();
    out.original = in.text();
    out.notify = in.u8();
    if (with_route) out.route = in.text();
    return out;
}

/// Reads a count and that many of what `one` reads. @return whether they were all there
bool get_each(Reader& in, const std::function<void()>& one)
{
    const auto count = in.u32();
    if (in.failed() || count > in.left()) return false;
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i)
        one();
    return !in.failed();
}

bool get(Reader& in, std::vector<Evidence>& evidence)
{
    return get_each(in, [&] {
        Evidence each;
        each.key = in.text();
        each.text = in.text();
        evidence.push_back(std::move(each));
    });
}

Priority priority_of(std::uint8_t octet)
{
    return octet <= 2 ? static_cast<Priority>(octet) : Priority::normal;
}

/// @return its flags; nothing: it is none
std::optional<std::uint8_t> get_envelope(Reader& in, Envelope& e)
{
    e.sender = in.text();
    const auto flags = in.u8();
    e.eight_bit = (flags & flag_eight_bit) != 0;
    e.smtp_utf8 = (flags & flag_utf8) != 0;
    e.priority = priority_of(in.u8());
    e.arrived_at = wall(in.u64());
    e.peer = in.text();
    e.account = in.text();
    e.envid = in.text();
    e.ret = in.text();
    const bool routes = (flags & flag_routes) != 0;
    if (!get_each(in, [&] { e.recipients.push_back(get_recipient(in, routes)); })) return {};
    if ((flags & flag_terms) != 0) {
        e.expires_at = wall(in.u64());
        e.held_until = wall(in.u64());
        e.hold_reason = in.text();
    }
    return flags;
}

bool get(Reader& in, Amendment& news)
{
    const auto what = in.u8();
    if ((what & amends_sender) != 0) news.sender = in.text();
    if ((what & amends_priority) != 0) news.priority = priority_of(in.u8());
    if ((what & amends_expiry) != 0) news.expires_at = wall(in.u64());
    if ((what & amends_hold) != 0) {
        auto& hold = news.hold.emplace();
        hold.until = wall(in.u64());
        hold.reason = in.text();
    }
    return get_each(in, [&] {
        const auto recipient = in.u32();
        news.routes.insert_or_assign(recipient, in.text());
    });
}

/// Up to where the body begins.
std::optional<MessageRecord> get_head(RecordKind kind, Reader& in)
{
    MessageRecord out;
    out.id.number = in.u64();
    const auto flags = get_envelope(in, out.envelope);
    if (!flags) return {};
    out.states.resize(out.envelope.recipients.size());
    if (kind == RecordKind::moved)
        for (auto& state : out.states)
            state = get_state(in);
    if ((*flags & flag_evidence) != 0 && !get(in, out.evidence)) return {};
    if ((*flags & flag_large) != 0) {
        auto& large = out.large.emplace();
        large.octets = in.u64();
        const auto pieces = in.u32();
        if (in.failed() || pieces > in.left() / 4) return {};
        for (std::uint32_t i = 0; i < pieces; ++i)
            large.crcs.push_back(in.u32());
    }
    out.body_crc = in.u32();
    out.body_octets = in.u32();
    if (in.failed()) return {};
    return out;
}

void skip_texts(Reader& in, int count)
{
    while (count-- > 0)
        (void)in.text();
}

}  // namespace

std::optional<MessageRecord> read_message(RecordKind kind, std::string_view payload)
{
    Reader in{payload};
    auto out = get_head(kind, in);
    if (!out || in.left() != out->body_octets) return {};
    out->body = payload.substr(payload.size() - in.left());
    return out;
}

std::optional<MessageRecord> read_message_head(RecordKind kind, std::string_view head)
{
    Reader in{head};
    auto out = get_head(kind, in);
    if (in.left() != 0) return {};
    return out;
}

std::optional<MessagePlaces> skim_message(RecordKind kind, std::string_view octets)
{
    Reader in{octets};
    MessagePlaces out{};
    out.id = in.u64();
    skip_texts(in, 1);
    const auto flags = in.u8();
    (void)in.u8();
    (void)in.u64();
    skip_texts(in, 4);
    out.recipients = in.u32();
    if (in.failed() || out.recipients > in.left()) return {};
    for (std::uint32_t i = 0; i < out.recipients && !in.failed(); ++i) {
        skip_texts(in, 2);
        (void)in.u8();
        if ((flags & flag_routes) != 0) skip_texts(in, 1);
    }
    if ((flags & flag_terms) != 0) {
        (void)in.u64();
        (void)in.u64();
        skip_texts(in, 1);
    }
    if (kind == RecordKind::moved)
        for (std::uint32_t i = 0; i < out.recipients && !in.failed(); ++i) {
            (void)in.u8();
            (void)in.u32();
            (void)in.u64();
            skip_texts(in, 3);
        }
    if ((flags & flag_evidence) != 0 && !get_each(in, [&] { skip_texts(in, 2); })) return {};
    out.large = (flags & flag_large) != 0;
    if (out.large) {
        (void)in.u64();
        const auto pieces = in.u32();
        if (in.failed() || pieces > in.left() / 4) return {};
        for (std::uint32_t i = 0; i < pieces; ++i)
            (void)in.u32();
    }
    out.body_crc = in.u32();
    out.body_octets = in.u32();
    if (in.failed()) return {};
    out.head = octets.size() - in.left();
    return out;
}

std::optional<Commit> read_change(RecordKind kind, std::string_view payload)
{
    Reader in{payload};
    Commit out{MessageId{in.u64()}};
    bool sound = true;
    switch (kind) {
    case RecordKind::message:
    case RecordKind::moved: return {};
    case RecordKind::added:
        sound = get_each(in, [&] {
            AddedRecipient each{get_recipient(in, true)};
            each.state = get_state(in);
            out.added.push_back(std::move(each));
        });
        break;
    case RecordKind::amended: sound = get(in, out.amendment); break;
    case RecordKind::evidence: sound = get(in, out.evidence); break;
    case RecordKind::results:
        sound = get_each(in, [&] {
            RecipientResult result{in.u32(), {}};
            result.state = get_state(in);
            out.results.push_back(std::move(result));
        });
        break;
    case RecordKind::done: out.done = true; break;
    default: return {};
    }
    if (!sound || in.failed() || in.left() != 0) return {};
    return out;
}

}  // namespace imc::spool
