#include "queue/packed_envelope.h"

#include <cstring>

// sender, count, count x (address, original, notify), envid, ret, flags, priority, time, peer,
// account. A text is its length in groups of seven bits, lowest first, and its octets.

namespace imc::queue {
namespace {

constexpr std::uint8_t flag_eight_bit = 1, flag_smtp_utf8 = 2;

void put(std::string& out, std::uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        out += static_cast<char>(number | 0x80);
    out += static_cast<char>(number);
}

void put(std::string& out, std::string_view text)
{
    put(out, static_cast<std::uint64_t>(text.size()));
    out += text;
}

std::uint64_t number(const char*& at)
{
    std::uint64_t out = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto octet = static_cast<unsigned char>(*at++);
        out |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
        if (octet < 0x80) return out;
    }
}

std::string_view text(const char*& at)
{
    const auto size = static_cast<std::size_t>(number(at));
    const std::string_view out{at, size};
    at += size;
    return out;
}

std::string copy(const char*& at) { return std::string{text(at)}; }

}  // namespace

PackedEnvelope::PackedEnvelope(const spool::Envelope& envelope)
{
    constexpr std::size_t of_lengths = 10;
    std::size_t most = 64 + envelope.sender.size() + envelope.envid.size() + envelope.ret.size() +
                       envelope.peer.size() + envelope.account.size();
    for (const auto& recipient : envelope.recipients)
        most += of_lengths + recipient.address.size() + recipient.original.size();
    std::string out;
    out.reserve(most);
    put(out, envelope.sender);
    put(out, static_cast<std::uint64_t>(envelope.recipients.size()));
    for (const auto& recipient : envelope.recipients) {
        put(out, recipient.address);
        put(out, recipient.original);
        out += static_cast<char>(recipient.notify);
    }
    put(out, envelope.envid);
    put(out, envelope.ret);
    out += static_cast<char>((envelope.eight_bit ? flag_eight_bit : 0) |
                             (envelope.smtp_utf8 ? flag_smtp_utf8 : 0));
    out += static_cast<char>(envelope.priority);
    const auto time = envelope.arrived_at.time_since_epoch().count();
    out.append(reinterpret_cast<const char*>(&time), sizeof time);
    put(out, envelope.peer);
    put(out, envelope.account);
    octets_ = std::make_unique_for_overwrite<char[]>(out.size());
    std::memcpy(octets_.get(), out.data(), out.size());
}

std::string_view PackedEnvelope::sender() const
{
    const char* at = octets_.get();
    return at == nullptr ? std::string_view{} : text(at);
}

spool::Envelope PackedEnvelope::unpack() const
{
    spool::Envelope out;
    const char* at = octets_.get();
    if (at == nullptr) return out;
    out.sender = copy(at);
    out.recipients.resize(static_cast<std::size_t>(number(at)));
    for (auto& recipient : out.recipients) {
        recipient.address = copy(at);
        recipient.original = copy(at);
        recipient.notify = static_cast<std::uint8_t>(*at++);
    }
    out.envid = copy(at);
    out.ret = copy(at);
    const auto flags = static_cast<std::uint8_t>(*at++);
    out.eight_bit = (flags & flag_eight_bit) != 0;
    out.smtp_utf8 = (flags & flag_smtp_utf8) != 0;
    out.priority = static_cast<spool::Priority>(*at++);
    WallTime::rep time = 0;
    std::memcpy(&time, at, sizeof time);
    at += sizeof time;
    out.arrived_at = WallTime{WallTime::duration{time}};
    out.peer = copy(at);
    out.account = copy(at);
    return out;
}

PackedEnvelope::Walk::Walk(const PackedEnvelope& envelope) : at_{envelope.octets_.get()}
{
    if (at_ == nullptr) return;
    (void)text(at_);
    left_ = static_cast<std::uint32_t>(number(at_));
}

bool PackedEnvelope::Walk::next()
{
    if (left_ == 0) return false;
    --left_;
    ++index_;
    address_ = text(at_);
    (void)text(at_);
    notify_ = static_cast<std::uint8_t>(*at_++);
    return true;
}

}  // namespace imc::queue
