#include "directory/base64.h"

#include <cstdint>

namespace imc {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view octets)
{
    std::string out;
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        const auto piece = octets.substr(i, 3);
        unsigned bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8U | (j < piece.size() ? static_cast<unsigned char>(piece[j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= piece.size() ? alphabet[bits >> (18 - 6 * j) & 63U] : '=';
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0) return {};
    std::size_t padding = 0;
    while (padding < 2 && text.ends_with('=')) {
        text.remove_suffix(1);
        ++padding;
    }
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == alphabet.npos) return {};
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>(bits >> held & 0xffU);
    }
    // One text for one value: what pads the last octet is zero.
    if (held >= 6 || (bits & ((1U << held) - 1U)) != 0) return {};
    return out;
}

}  // namespace imc
