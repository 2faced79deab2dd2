#pragma once
/// @file smtp/server/inherited.h  Listening sockets given by systemd.
#include <cstdint>
#include <optional>
#include <string>

namespace imc::smtp {

/// A duplicate of systemd's socket for this address and port, non-blocking. None: it gave none.
std::optional<int> inherited_listener(const std::string& address, std::uint16_t port);

}  // namespace imc::smtp
