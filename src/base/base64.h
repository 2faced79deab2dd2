#pragma once
/// @file base/base64.h  RFC 4648 section 4, with padding. Strict: what encode() would not have
/// written does not decode.
#include <optional>
#include <string>
#include <string_view>

namespace imc {

std::string base64_encode(std::string_view octets);

/// Nothing for other characters (line ends too), wrong length, or bits behind the end.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace imc
