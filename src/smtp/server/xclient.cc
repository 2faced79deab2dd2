#include "smtp/server/xclient.h"

#include "base/text.h"
#include "smtp/xtext.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace imc::smtp {
namespace {

constexpr std::size_t most_value = 255;

bool is_host_name(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '.' || c == '_';
    });
}

/// "192.0.2.1", "IPV6:2001:db8::1"; an IPv4-mapped address as IPv4.
std::optional<std::string> ip_address(std::string_view value)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    in_addr four{};
    in6_addr six{};
    const std::string plain{value};
    if (::inet_pton(AF_INET, plain.c_str(), &four) == 1) return plain;
    if (!starts_with_word(plain, "IPV6:") || ::inet_pton(AF_INET6, plain.c_str() + 5, &six) != 1)
        return {};
    if (IN6_IS_ADDR_V4MAPPED(&six))
        ::inet_ntop(AF_INET, &six.s6_addr[12], text.data(), text.size());
    else
        ::inet_ntop(AF_INET6, &six, text.data(), text.size());
    return text.data();
}

std::optional<std::uint16_t> port_number(const std::string& value)
{
    const auto number = value.size() <= 5 ? parse_number(value) : std::nullopt;
    if (!number || *number > 65535) return {};
    return static_cast<std::uint16_t>(*number);
}

/// @return false when the value is none
bool set_address(std::optional<std::string>& into, const std::string& value)
{
    into = value.empty() ? std::optional{value} : ip_address(value);
    return into.has_value();
}

bool set_port(std::optional<std::uint16_t>& into, const std::string& value)
{
    into = value.empty() ? std::optional<std::uint16_t>{0} : port_number(value);
    return into.has_value();
}

bool set(XclientAttributes& into, std::string_view name, const std::string& value)
{
    if (same_word(name, "ADDR")) return set_address(into.address, value);
    if (same_word(name, "DESTADDR")) return set_address(into.local_address, value);
    if (same_word(name, "PORT")) return set_port(into.port, value);
    if (same_word(name, "DESTPORT")) return set_port(into.local_port, value);
    if (same_word(name, "NAME")) {
        into.name = value;
        return is_host_name(value);
    }
    if (same_word(name, "HELO")) {
        into.helo = value;
        return true;
    }
    if (same_word(name, "LOGIN")) {
        into.login = value;
        return true;
    }
    into.extended = same_word(value, "ESMTP");
    return same_word(name, "PROTO") && (*into.extended || same_word(value, "SMTP"));
}

bool is_attribute(std::string_view name)
{
    constexpr std::array<std::string_view, 8> all{"NAME",  "ADDR",  "PORT",     "HELO",
                                                  "LOGIN", "PROTO", "DESTADDR", "DESTPORT"};
    return std::ranges::any_of(all, [&](auto one) { return same_word(one, name); });
}

}  // namespace

std::optional<XclientAttributes> parse_xclient(std::string_view argument, std::string& flaw)
{
    XclientAttributes out;
    bool any = false;
    for (const auto word : split(argument, ' ')) {
        if (word.empty()) continue;
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        if (equals == word.npos || !is_attribute(name)) {
            flaw = "Attribute not known: " + printable(name, 40);
            return {};
        }
        auto value = xtext_decode(word.substr(equals + 1));
        const bool sound =
            value && !value->empty() && value->size() <= most_value && is_printable_ascii(*value);
        if (sound && (same_word(*value, "[UNAVAILABLE]") || same_word(*value, "[TEMPUNAVAIL]")))
            value->clear();
        const bool proto = same_word(name, "PROTO");
        if (!sound || (proto && value->empty()) || !set(out, name, *value)) {
            flaw = "Not a value of " + upper(name);
            return {};
        }
        any = true;
    }
    if (any) return out;
    flaw = "Give attributes, as in ADDR=192.0.2.1";
    return {};
}

}  // namespace imc::smtp
