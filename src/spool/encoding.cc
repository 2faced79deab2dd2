#include "spool/encoding.h"

#include "spool/crc32c.h"

#include <algorithm>
#include <functional>

namespace imc::spool {
namespace {

std::uint64_t millis(WallTime time)
{
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
WallTime wall(std::uint64_t millis)
{
    return WallTime{std::chrono::milliseconds{static_cast<std::int64_t>(millis)}};
}

void put(Writer& out, const RecipientState& state)
{
    out.u8(static_cast<std::uint8_t>(state.outcome));
    out.u32(state.attempts);
    out.u64(millis(state.next_attempt));
    out.text(state.last_status);
    out.text(state.last_reply);
    out.text(state.last_host);
}

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

enum Flag : std::uint8_t {
    flag_eight_bit = 1,
    flag_utf8 = 2,
    flag_large = 4,
    flag_terms = 8,    // expiry and hold stand behind the recipients
    flag_routes = 16,  // a route stands behind each recipient
    flag_evidence = 32,
};

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

Recipient get_recipient(Reader& in, bool with_route)
{
    Recipient out;
    out.address = in.text();
    out.original = in.text();
    out.notify = in.u8();
    if (with_route) out.route = in.text();
    return out;
}

void put(Writer& out, const std::vector<Evidence>& evidence)
{
    out.u32(static_cast<std::uint32_t>(evidence.size()));
    for (const auto& each : evidence) {
        out.text(each.key);
        out.text(each.text);
    }
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

constexpr std::uint8_t amends_sender = 1, amends_priority = 2, amends_expiry = 4, amends_hold = 8;

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

namespace {

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
