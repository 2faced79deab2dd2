#include "dns/rdata.h"

#include "base/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace imc::dns {
namespace {

std::optional<std::string> read_address(int family, std::size_t size, std::string_view rdata)
{
    if (rdata.size() != size) return {};
    std::array<char, INET6_ADDRSTRLEN> out{};
    return ::inet_ntop(family, rdata.data(), out.data(), out.size());
}

bool may_stand_in_a_name(char c) { return c > 0x20 && c < 0x7f && c != '.' && c != '\\'; }

/// One more label of a name.
void spell(std::string& name, std::string_view label)
{
    if (!name.empty()) name += '.';
    for (const char c : label) {
        if (may_stand_in_a_name(c)) {
            name += to_lower(c);
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        name += '\\';
        name += static_cast<char>('0' + octet / 100);
        name += static_cast<char>('0' + octet / 10 % 10);
        name += static_cast<char>('0' + octet % 10);
    }
}

constexpr std::size_t header_octets = 12;
constexpr unsigned rr_cname = 5, rr_soa = 6;
constexpr std::size_t most_aliases_read = 32;

/// A whole reply, RFC 1035 4.1. Once something does not fit, it has failed and gives nothing more.
struct Packet {
    std::string_view octets;
    std::size_t offset = 0;
    bool failed = false;

    unsigned octet(std::size_t i) const { return static_cast<unsigned char>(octets[i]); }
    unsigned at(std::size_t i) const
    {
        return i + 2 > octets.size() ? 0 : octet(i) << 8U | octet(i + 1);
    }
    void skip(std::size_t count)
    {
        failed = failed || count > octets.size() - offset;
        if (!failed) offset += count;
    }
    unsigned number()
    {
        const auto value = at(offset);
        skip(2);
        return failed ? 0 : value;
    }
    void skip_questions()
    {
        const auto questions = at(4);
        skip(header_octets);
        for (unsigned i = 0; i < questions && !failed; ++i) {
            (void)name();
            skip(4);
        }
    }
    /// Pointers lead backwards only, so that they end (RFC 1035 4.1.4).
    std::string name()
    {
        std::string out;
        std::size_t behind = 0, i = offset, limit = offset;
        while (!failed) {
            failed = i >= octets.size();
            if (failed) break;
            const auto length = octet(i);
            if (length == 0) {
                offset = behind != 0 ? behind : i + 1;
                return out;
            }
            if (length >= 0xc0) {
                const std::size_t target = at(i) & 0x3fffU;
                failed = i + 2 > octets.size() || target >= limit;
                if (behind == 0) behind = i + 2;
                i = limit = target;
                continue;
            }
            failed = length > 63 || i + 1 + length > octets.size() || out.size() > 255;
            if (!failed) spell(out, octets.substr(i + 1, length));
            i += 1 + length;
        }
        return {};
    }
};

}  // namespace

std::optional<std::string> read_name(std::string_view rdata)
{
    std::string name;
    for (;;) {
        if (rdata.empty()) return {};
        const std::size_t length = static_cast<unsigned char>(rdata.front());
        rdata.remove_prefix(1);
        if (length == 0) break;
        if (length > 63 || length > rdata.size() || name.size() > 255) return {};
        spell(name, rdata.substr(0, length));
        rdata.remove_prefix(length);
    }
    if (!rdata.empty()) return {};
    return name;
}

bool has_soa(std::string_view packet)
{
    Packet reply{packet};
    const auto answers = reply.at(6);
    const auto authorities = reply.at(8);
    reply.skip_questions();
    for (unsigned i = 0; i < answers + authorities && !reply.failed; ++i) {
        (void)reply.name();
        const auto type = reply.number();
        reply.skip(6);
        reply.skip(reply.number());
        if (!reply.failed && i >= answers && type == rr_soa) return true;
    }
    return false;
}

std::vector<std::string> read_aliases(std::string_view packet, std::string_view name)
{
    std::vector<std::pair<std::string, std::string>> known;
    Packet reply{packet};
    const auto answers = reply.at(6);
    reply.skip_questions();
    for (unsigned i = 0; i < answers && !reply.failed && known.size() < most_aliases_read; ++i) {
        auto owner = reply.name();
        const auto type = reply.number();
        reply.skip(6);
        const auto length = reply.number();
        const auto data = reply.offset;
        if (type == rr_cname) known.emplace_back(std::move(owner), reply.name());
        reply.offset = data;
        reply.skip(length);
    }
    if (reply.failed && !known.empty() && known.back().second.empty()) known.pop_back();

    std::vector<std::string> out;
    auto at = lower(name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
    while (out.size() < most_aliases_read) {
        const auto next = std::ranges::find(known, at, &decltype(known)::value_type::first);
        if (next == known.end()) break;
        at = next->second;
        out.push_back(at);
    }
    return out;
}

std::optional<Mx> read_mx(std::string_view rdata)
{
    if (rdata.size() < 3) return {};
    const unsigned high = static_cast<unsigned char>(rdata[0]);
    const unsigned low = static_cast<unsigned char>(rdata[1]);
    auto host = read_name(rdata.substr(2));
    if (!host) return {};
    return Mx{static_cast<std::uint16_t>(high << 8U | low), std::move(*host)};
}

std::optional<std::string> read_a(std::string_view rdata)
{
    return read_address(AF_INET, 4, rdata);
}

std::optional<std::string> read_aaaa(std::string_view rdata)
{
    return read_address(AF_INET6, 16, rdata);
}

std::optional<std::string> read_txt(std::string_view rdata)
{
    std::string text;
    while (!rdata.empty()) {
        const std::size_t length = static_cast<unsigned char>(rdata.front());
        if (length >= rdata.size()) return {};
        text += rdata.substr(1, length);
        rdata.remove_prefix(1 + length);
    }
    return text;
}

std::optional<std::string> absolute_name(std::string_view name)
{
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty() || name.size() > 253) return {};
    for (const auto label : split(name, '.')) {
        if (label.empty() || label.size() > 63) return {};
        for (const char c : label)
            if (!may_stand_in_a_name(c)) return {};
    }
    return lower(name) + '.';
}

}  // namespace imc::dns
