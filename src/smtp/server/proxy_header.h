#pragma once
/// @file smtp/server/proxy_header.h  The PROXY protocol, versions 1 and 2: who is behind a
/// front-end.
///
/// A pure function over what has come so far. Whose word is taken is decided by the driver: only
/// networks of a registry value are believed, and they must begin with a header.
///
/// Source: https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
#include "smtp/server/facts.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace imc::smtp {

namespace proxy {

struct More {};  ///< the beginning of a header; read on
struct Header {
    std::size_t octets;        ///< of the header; what follows is the client's
    std::optional<Peer> peer;  ///< none: LOCAL or UNKNOWN, the connection's own addresses hold
};
struct Flaw {
    std::string what;
};

constexpr std::size_t most_octets = 16 + 2048;  ///< a header never needs more to be judged

}  // namespace proxy

using ProxyHeader = std::variant<proxy::More, proxy::Header, proxy::Flaw>;

/// Never More for most_octets or more.
ProxyHeader parse_proxy_header(std::string_view received);

}  // namespace imc::smtp
