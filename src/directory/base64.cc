#include "directory/base64.h"

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
    std::string out;
    unsigned bits = 0;
    std::size_t count = 0;
    const auto data = text.substr(0, text.find('='));
    if (text.size() - data.size() > 2 || text.find_first_not_of('=', data.size()) != text.npos)
        return {};
    for (const char c : data) {
        const auto value = alphabet.find(c);
        if (value == alphabet.npos) return {};
        bits = bits << 6U | static_cast<unsigned>(value);
        if (++count % 4 != 1) {
            const unsigned shift = 6 - 2 * ((count - 1) % 4);
            out += static_cast<char>(bits >> shift & 0xffU);
        }
    }
    return out;
}

}  // namespace imc
