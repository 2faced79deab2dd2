#include "smtp/server/proxy_header.h"

#include "base/text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace imc::smtp {
namespace {

constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::string_view text_begin = "PROXY ";
constexpr std::size_t most_text = 107;  // of version 1, with CRLF

proxy::Flaw flaw(std::string what) { return {std::move(what)}; }

std::string four(std::string_view octets)
{
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, octets.data(), text.data(), text.size());
    return text.data();
}

std::string six(std::string_view octets)
{
    in6_addr address{};
    std::ranges::copy(octets, reinterpret_cast<char*>(&address));
    if (IN6_IS_ADDR_V4MAPPED(&address)) return four(octets.substr(12));
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, &address, text.data(), text.size());
    return text.data();
}

std::uint16_t word(std::string_view octets)
{
    return static_cast<std::uint16_t>(static_cast<unsigned char>(octets[0]) * 256U +
                                      static_cast<unsigned char>(octets[1]));
}

std::optional<std::string> address(int family, std::string_view written)
{
    in6_addr binary{};
    const std::string text{written};
    if (text.find('\0') != text.npos || ::inet_pton(family, text.c_str(), &binary) != 1) return {};
    const std::string_view octets{reinterpret_cast<const char*>(&binary), 16};
    return family == AF_INET ? four(octets.substr(0, 4)) : six(octets);
}

std::optional<std::uint16_t> port(std::string_view written)
{
    const auto number = written.size() <= 5 ? parse_number(written) : std::nullopt;
    if (!number || *number > 65535) return {};
    return static_cast<std::uint16_t>(*number);
}

/// "PROXY TCP4 192.0.2.1 192.0.2.2 4711 25\r\n"
ProxyHeader version_1(std::string_view received)
{
    const auto end = received.substr(0, most_text).find("\r\n");
    if (end == received.npos) {
        if (received.size() >= most_text) return flaw("a version 1 header of more than 107 octets");
        return proxy::More{};
    }
    const auto words = split(received.substr(0, end), ' ');
    if (words[1] == "UNKNOWN") return proxy::Header{end + 2, {}};
    if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6"))
        return flaw("neither TCP4 nor TCP6 with two addresses and two ports");
    const int family = words[1] == "TCP4" ? AF_INET : AF_INET6;
    const auto source = address(family, words[2]);
    const auto target = address(family, words[3]);
    const auto source_port = port(words[4]);
    const auto target_port = port(words[5]);
    if (!source || !target) return flaw("no address of the family it names");
    if (!source_port || !target_port) return flaw("no port");
    return proxy::Header{end + 2, Peer{*source, *source_port, *target, *target_port}};
}

ProxyHeader version_2(std::string_view received)
{
    if (received.size() < 16) return proxy::More{};
    const auto version_command = static_cast<unsigned char>(received[12]);
    const auto family = static_cast<unsigned char>(received[13]);
    const std::size_t length = word(received.substr(14));
    if (version_command != 0x20 && version_command != 0x21)
        return flaw("no version 2, or neither LOCAL nor PROXY");
    if (length + 16 > proxy::most_octets) return flaw("a header of more than 2,064 octets");
    if (received.size() < 16 + length) return proxy::More{};
    const auto body = received.substr(16, length);
    if (version_command == 0x20) return proxy::Header{16 + length, {}};
    if (family == 0x11 && length >= 12)
        return proxy::Header{16 + length, Peer{four(body.substr(0, 4)), word(body.substr(8)),
                                               four(body.substr(4, 4)), word(body.substr(10))}};
    if (family == 0x21 && length >= 36)
        return proxy::Header{16 + length, Peer{six(body.substr(0, 16)), word(body.substr(32)),
                                               six(body.substr(16, 16)), word(body.substr(34))}};
    if (family == 0x00 || family == 0x31) return proxy::Header{16 + length, {}};
    return flaw("no TCP over IPv4 or IPv6, or too short for its addresses");
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view received)
{
    const auto begins = [&](std::string_view mark) {
        return received.starts_with(mark.substr(0, received.size()));
    };
    if (begins(text_begin))
        return received.size() < text_begin.size() ? ProxyHeader{proxy::More{}}
                                                   : version_1(received);
    if (begins(signature))
        return received.size() < signature.size() ? ProxyHeader{proxy::More{}}
                                                  : version_2(received);
    return flaw("neither the text nor the signature of a PROXY header");
}

}  // namespace imc::smtp
