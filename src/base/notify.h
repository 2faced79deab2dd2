#pragma once
/// @file base/notify.h  What a sender wants to hear of one recipient: NOTIFY of RFC 3461 4.1, as
/// bits and as words. No bit: nothing was said, which means failures and delays.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imc::notify {

inline constexpr std::uint8_t never = 1, success = 2, failure = 4, delay = 8;

/// "SUCCESS,FAILURE"; empty: no bit is set.
std::string words(std::uint8_t bits);

/// Words in any letter case, separated by commas. Nothing: one of them is none.
std::optional<std::uint8_t> parse(std::string_view text);

}  // namespace imc::notify
