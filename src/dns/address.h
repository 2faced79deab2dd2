#pragma once
/// @file dns/address.h  Internet addresses as text: literals, servers with ports, reverse names.
///
/// Pure functions, no look-up.
/// Rules:   RFC 5321 4.1.3 (address literals), RFC 1035 3.5 and RFC 3596 2.5 (reverse names)
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::dns {

/// "192.0.2.1" or "2001:db8::1" in its usual spelling; nothing for anything else.
std::optional<std::string> parse_address(std::string_view text);

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (the tag in any letter case).
std::optional<std::string> parse_address_literal(std::string_view text);

struct Server {
    std::string address;
    std::uint16_t port = 53;
    friend bool operator==(const Server&, const Server&) = default;
};

/// "addr", "addr@port", "v4:port", "[v6]:port", "[v6]".
std::optional<Server> parse_server(std::string_view text);

/// The `nameserver` lines of resolv.conf(5). @param bad  if given, gets the lines that are wrong.
std::vector<Server> parse_resolv_conf(std::string_view text,
                                      std::vector<std::string>* bad = nullptr);

/// "1.2.0.192.in-addr.arpa."; nothing if `address` is not one.
std::optional<std::string> reverse_name(std::string_view address);

}  // namespace imc::dns
