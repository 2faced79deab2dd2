#include "spool/encoding.h"

#include "spool/crc32c.h"

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

}  // namespace

std::string message_head(RecordKind kind, MessageId id, const Envelope& envelope,
                         const std::vector<RecipientState>& states, std::string_view body,
                         const LargePart* large)
{
    Writer out;
    out.u32(0);  // the record's length, known at the end
    out.u8(static_cast<std::uint8_t>(kind));
    out.u64(id.number);
    out.text(envelope.sender);
    out.u8(static_cast<std::uint8_t>((envelope.eight_bit ? 1U : 0U) |
                                     (envelope.smtp_utf8 ? 2U : 0U) |
                                     (large != nullptr ? 4U : 0U)));
    out.u8(static_cast<std::uint8_t>(envelope.priority));
    out.u64(millis(envelope.arrived_at));
    out.text(envelope.peer);
    out.text(envelope.account);
    out.text(envelope.envid);
    out.text(envelope.ret);
    out.u32(static_cast<std::uint32_t>(envelope.recipients.size()));
    for (const auto& recipient : envelope.recipients) {
        out.text(recipient.address);
        out.text(recipient.original);
        out.u8(recipient.notify);
    }
    if (kind == RecordKind::moved)
        for (const auto& state : states)
            put(out, state);
    if (large != nullptr) {
        out.u64(large->octets);
        out.u32(static_cast<std::uint32_t>(large->crcs.size()));
        for (const auto crc : large->crcs)
            out.u32(crc);
    }
    out.u32(crc32c(0, body));
    out.u32(static_cast<std::uint32_t>(body.size()));
    auto octets = out.take();
    const auto length = octets.size() - 4 + body.size();
    for (std::size_t i = 0; i < 4; ++i)
        octets[i] = static_cast<char>(length >> (8 * i) & 0xffU);
    return octets;
}

std::string results_record(MessageId id, const std::vector<RecipientResult>& results)
{
    Writer out;
    out.u8(static_cast<std::uint8_t>(RecordKind::results));
    out.u64(id.number);
    out.u32(static_cast<std::uint32_t>(results.size()));
    for (const auto& result : results) {
        out.u32(result.recipient);
        put(out, result.state);
    }
    const auto payload = out.take();
    Writer framed;
    framed.text(payload);
    return framed.take();
}

std::optional<MessageRecord> read_message(RecordKind kind, std::string_view payload)
{
    Reader in{payload};
    MessageRecord out;
    out.id.number = in.u64();
    auto& e = out.envelope;
    e.sender = in.text();
    const auto flags = in.u8();
    e.eight_bit = (flags & 1U) != 0;
    e.smtp_utf8 = (flags & 2U) != 0;
    const auto priority = in.u8();
    e.priority = priority <= 2 ? static_cast<Priority>(priority) : Priority::normal;
    e.arrived_at = wall(in.u64());
    e.peer = in.text();
    e.account = in.text();
    e.envid = in.text();
    e.ret = in.text();
    const auto count = in.u32();
    if (in.failed() || count > in.left()) return {};
    e.recipients.reserve(count);
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        Recipient recipient;
        recipient.address = in.text();
        recipient.original = in.text();
        recipient.notify = in.u8();
        e.recipients.push_back(std::move(recipient));
    }
    out.states.resize(e.recipients.size());
    if (kind == RecordKind::moved)
        for (auto& state : out.states)
            state = get_state(in);
    if ((flags & 4U) != 0) {
        auto& large = out.large.emplace();
        large.octets = in.u64();
        const auto pieces = in.u32();
        if (in.failed() || pieces > in.left() / 4) return {};
        for (std::uint32_t i = 0; i < pieces; ++i)
            large.crcs.push_back(in.u32());
    }
    out.body_crc = in.u32();
    out.body = in.text();
    if (in.failed() || in.left() != 0) return {};
    return out;
}

std::optional<ResultsRecord> read_results(std::string_view payload)
{
    Reader in{payload};
    ResultsRecord out;
    out.id.number = in.u64();
    const auto count = in.u32();
    if (in.failed() || count > in.left()) return {};
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        RecipientResult result{in.u32(), {}};
        result.state = get_state(in);
        out.results.push_back(std::move(result));
    }
    if (in.failed() || in.left() != 0) return {};
    return out;
}

}  // namespace imc::spool
