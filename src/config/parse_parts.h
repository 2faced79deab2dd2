#pragma once
/// @file config/parse_parts.h  What the parsers of this folder share. Not for others.
#include "base/error.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imc::config {

Error bad(std::string text);                   ///< 40110
std::string in_quotes(std::string_view text);  ///< printable, cut

/// IPv4 as ::ffff:a.b.c.d. None: no address.
std::optional<std::array<std::uint8_t, 16>> address_octets(std::string_view text, bool* is_v4);

/// @param whole  for the error
Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole);

/// "[v6]", "name" or "v4" in front, the port (or nothing) behind.
struct Split {
    std::string_view host;
    std::optional<std::string_view> port;
};
Result<Split> split_port(std::string_view text);

}  // namespace imc::config
