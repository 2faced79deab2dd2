#include "mail/imcea.h"

#include "base/text.h"

#include <algorithm>

namespace imc::mail {
namespace {

constexpr std::string_view prefix = "IMCEA";
constexpr std::size_t most_octets = 1024;
constexpr std::size_t most_type = 16;

bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_plain(char c) { return is_alnum(c) || c == '=' || c == '-'; }

int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_plain(c)) {
            out += c;
        } else if (c == '_') {
            out += '/';
        } else if (c == '+' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
                   digit(text[i + 2]) >= 0) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            return {};
        }
    }
    if (out.empty() || !is_utf8(out) || std::ranges::any_of(out, is_control)) return {};
    return out;
}

}  // namespace

std::optional<Encapsulated> decapsulate(std::string_view local, Capitals capitals)
{
    const bool folded = capitals == Capitals::folded;
    if (local.size() > most_octets ||
        !(folded ? starts_with_word(local, prefix) : local.starts_with(prefix)))
        return {};
    const auto dash = local.find('-');
    if (dash == local.npos || dash == prefix.size() || dash > prefix.size() + most_type) return {};
    const auto written = local.substr(prefix.size(), dash - prefix.size());
    const auto type = upper(written);
    if (!std::ranges::all_of(type, is_alnum) || (!folded && type != written)) return {};
    auto value = decoded(local.substr(dash + 1));
    if (!value) return {};
    return Encapsulated{type, std::move(*value)};
}

std::string encapsulate(const Encapsulated& address)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    auto out = std::string{prefix} + upper(address.type) + "-";
    for (const char c : address.value) {
        if (is_plain(c)) {
            out += c;
        } else if (c == '/') {
            out += '_';
        } else {
            const auto octet = static_cast<unsigned char>(c);
            out += '+';
            out += digits[octet >> 4U];
            out += digits[octet & 15U];
        }
    }
    return out;
}

}  // namespace imc::mail
