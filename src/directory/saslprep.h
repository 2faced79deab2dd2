#pragma once
/// @file directory/saslprep.h  User names and passwords in the one form in which they are compared.
///
/// Rules:   RFC 4013 (SASLprep): no-break and other spaces become one, what is written several ways
///          is written one way (NFKC), controls and private characters are refused.
/// Threads: pure functions.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imc {

enum class Prepared : std::uint8_t {
    to_ask,   ///< characters younger than Unicode 3.2 pass (RFC 3454 section 7, "query")
    to_keep,  ///< they are refused: a later Unicode may compare them otherwise ("stored")
};

/// Nothing: not UTF-8, a character that is not allowed, or nothing left.
std::optional<std::string> saslprep(std::string_view text, Prepared how);

}  // namespace imc
