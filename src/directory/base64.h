#pragma once
/// @file directory/base64.h  Base64 as LDIF needs it: RFC 4648 section 4, with padding, no line
/// breaks.
#include <optional>
#include <string>
#include <string_view>

namespace imc {

std::string to_base64(std::string_view octets);

/// Nothing when `text` is no base64: strange octets, missing or wrong padding, bits behind the last
/// octet that are not zero (one text for one value).
std::optional<std::string> from_base64(std::string_view text);

}  // namespace imc
