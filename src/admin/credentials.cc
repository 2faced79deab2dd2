#include "admin/credentials.h"

#include "base/text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace imc::admin {
namespace {

constexpr std::size_t longest_name = 253;

bool is_host_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_port(std::string_view text)
{
    const auto number = parse_number(text);
    return number && *number > 0 && *number < 65536;
}

}  // namespace

std::string cookie_of(std::string_view header, std::string_view name)
{
    std::string found;
    for (const auto piece : split(header, ';')) {
        const auto pair = trim(piece);
        const auto equals = pair.find('=');
        if (equals == pair.npos || pair.substr(0, equals) != name) continue;
        // Two of them: one was planted by somebody else, and which one cannot be seen.
        if (!found.empty()) return {};
        found = pair.substr(equals + 1);
    }
    return found;
}

std::string bearer_of(std::string_view header)
{
    constexpr std::string_view scheme = "bearer ";
    if (!starts_with_word(header, scheme)) return {};
    const auto token = trim(header.substr(scheme.size()));
    const bool sound = !token.empty() && token.size() <= 200 &&
                       std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
    return sound ? std::string{token} : std::string{};
}

bool is_address(std::string_view host)
{
    std::array<unsigned char, 16> octets{};
    if (host.find('\0') != host.npos) return false;  // where inet_pton would stop reading
    const std::string text{host};
    return ::inet_pton(AF_INET, text.c_str(), octets.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), octets.data()) == 1;
}

std::optional<std::string> host_of(std::string_view authority)
{
    if (authority.empty() || authority.size() > longest_name + 8) return {};
    if (authority.front() == '[') {
        const auto end = authority.find(']');
        if (end == authority.npos) return {};
        const auto rest = authority.substr(end + 1);
        if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return {};
        auto host = lower(authority.substr(1, end - 1));
        if (!is_address(host) || host.find(':') == std::string::npos) return {};
        return host;
    }
    const auto colon = authority.find(':');
    if (colon != authority.npos && !is_port(authority.substr(colon + 1))) return {};
    auto host = lower(authority.substr(0, colon));
    while (host.ends_with('.'))
        host.pop_back();
    if (host.empty() || !std::ranges::all_of(host, is_host_character)) return {};
    return host;
}

bool same_origin(std::string_view origin, std::string_view authority)
{
    for (const std::string_view scheme : {"https://", "http://"})
        if (starts_with_word(origin, scheme))
            return !authority.empty() && same_word(origin.substr(scheme.size()), authority);
    return false;
}

bool same_secret(std::string_view a, std::string_view b)
{
    unsigned char differs = a.size() == b.size() ? 0 : 1;
    const auto length = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < length; ++i)
        differs = static_cast<unsigned char>(differs | (a[i] ^ b[i]));
    return differs == 0;
}

std::string to_hex(std::string_view octets)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        out += {digits[octet >> 4U], digits[octet & 15U]};
    }
    return out;
}

}  // namespace imc::admin
