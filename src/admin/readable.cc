#include "admin/readable.h"

#include "base/text.h"

namespace imc::admin {

std::string readable(std::string text, bool json)
{
    if (is_utf8(text)) return text;
    constexpr std::string_view digits = "0123456789abcdef";
    const std::string_view in{text};
    std::string out;
    for (std::size_t at = 0; at < in.size();) {
        std::size_t length = 1;
        while (length <= 4 && !is_utf8(in.substr(at, length)))
            ++length;
        if (length <= 4) {
            out += in.substr(at, length);
            at += length;
            continue;
        }
        const auto octet = static_cast<unsigned char>(in[at++]);
        out += json ? "\\\\x" : "\\x";
        out += {digits[octet >> 4U], digits[octet & 15U]};
    }
    return out;
}

}  // namespace imc::admin
