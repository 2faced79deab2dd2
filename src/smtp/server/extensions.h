#pragma once
/// @file smtp/server/extensions.h  What EHLO can offer, and what a listener leaves out.
#include <cstdint>
#include <optional>
#include <string_view>

namespace imc::smtp {

enum class Extension : std::uint8_t {
    pipelining,             ///< RFC 2920
    size,                   ///< RFC 1870
    eight_bit_mime,         ///< RFC 6152
    smtp_utf8,              ///< RFC 6531
    chunking,               ///< RFC 3030
    binary_mime,            ///< RFC 3030; needs chunking
    dsn,                    ///< RFC 3461
    enhanced_status_codes,  ///< RFC 2034
    start_tls,              ///< RFC 3207
    auth,                   ///< RFC 4954
    limits,                 ///< RFC 9422
    mt_priority,            ///< RFC 6710
    xclient,                ///< Postfix's XCLIENT
    etrn,                   ///< RFC 1985
    help,                   ///< RFC 5321 4.1.1.8
};
constexpr std::size_t extension_count = 15;

/// "8BITMIME"
std::string_view keyword(Extension extension);
std::optional<Extension> extension_named(std::string_view keyword);  ///< any letter case

class Extensions {
public:
    constexpr bool has(Extension e) const { return (bits_ >> static_cast<unsigned>(e) & 1U) != 0; }
    constexpr void remove(Extension e) { bits_ &= ~(1U << static_cast<unsigned>(e)); }

private:
    std::uint32_t bits_ = ~0U;
};

}  // namespace imc::smtp
