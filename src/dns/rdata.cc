#include "dns/rdata.h"

#include "base/text.h"

#include <arpa/inet.h>

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
        if (!name.empty()) name += '.';
        for (const char c : rdata.substr(0, length)) {
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
        rdata.remove_prefix(length);
    }
    if (!rdata.empty()) return {};
    return name;
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
