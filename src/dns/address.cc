#include "dns/address.h"

#include "base/text.h"

#include <arpa/inet.h>

#include <array>

namespace imc::dns {
namespace {

constexpr std::size_t longest_address = 45;

}  // namespace

std::optional<std::string> parse_address(std::string_view text)
{
    if (text.empty() || text.size() > longest_address) return {};
    const std::string terminated{text};
    std::array<unsigned char, 16> octets{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    for (const int family : {AF_INET, AF_INET6}) {
        if (::inet_pton(family, terminated.c_str(), octets.data()) != 1) continue;
        return ::inet_ntop(family, octets.data(), out.data(), out.size());
    }
    return {};
}

std::optional<std::string> parse_address_literal(std::string_view text)
{
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') return {};
    text = text.substr(1, text.size() - 2);
    const bool tagged = starts_with_word(text, "IPv6:");
    if (tagged) text.remove_prefix(5);
    const bool has_colon = text.find(':') != text.npos;
    if (tagged != has_colon) return {};
    return parse_address(text);
}

std::optional<Server> parse_server(std::string_view text)
{
    text = trim(text);
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return {};
        const auto rest = text.substr(end + 1);
        text = text.substr(1, end - 1);
        if (!rest.empty()) {
            if (rest.front() != ':' && rest.front() != '@') return {};
            port = rest.substr(1);
            if (port.empty()) return {};
        }
    } else if (const auto at = text.find('@'); at != text.npos) {
        port = text.substr(at + 1);
        text = text.substr(0, at);
        if (port.empty()) return {};
    } else if (const auto colon = text.find(':');
               colon != text.npos && text.find(':', colon + 1) == text.npos) {
        port = text.substr(colon + 1);
        text = text.substr(0, colon);
        if (port.empty()) return {};
    }
    const auto address = parse_address(text);
    if (!address) return {};
    Server server{*address, 53};
    if (!port.empty()) {
        const auto number = parse_number(port);
        if (!number || *number == 0 || *number > 65535) return {};
        server.port = static_cast<std::uint16_t>(*number);
    }
    return server;
}

std::vector<Server> parse_resolv_conf(std::string_view text, std::vector<std::string>* bad)
{
    std::vector<Server> servers;
    for (auto line : split(text, '\n')) {
        line = trim(line);
        constexpr std::string_view keyword = "nameserver";
        if (!line.starts_with(keyword)) continue;
        const auto rest = line.substr(keyword.size());
        if (rest.empty() || (rest.front() != ' ' && rest.front() != '\t')) continue;
        auto address = trim(rest);
        address = address.substr(0, address.find_first_of(" \t#;"));
        if (const auto parsed = parse_address(address)) {
            servers.push_back({*parsed, 53});
        } else if (bad) {
            bad->push_back(printable(line));
        }
    }
    return servers;
}

std::optional<std::string> reverse_name(std::string_view address)
{
    const auto known = parse_address(address);
    if (!known) return {};
    std::array<unsigned char, 16> octets{};
    std::string name;
    if (::inet_pton(AF_INET, known->c_str(), octets.data()) == 1) {
        for (std::size_t i = 4; i-- > 0;)
            name += std::to_string(octets[i]) + '.';
        return name + "in-addr.arpa.";
    }
    if (::inet_pton(AF_INET6, known->c_str(), octets.data()) != 1) return {};
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 16; i-- > 0;) {
        name += digits[octets[i] & 15U];
        name += '.';
        name += digits[octets[i] >> 4U];
        name += '.';
    }
    return name + "ip6.arpa.";
}

}  // namespace imc::dns
