#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace imc {

std::string lower(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), to_lower);
    return out;
}

std::string upper(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), to_upper);
    return out;
}

bool same_word(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

bool starts_with_word(std::string_view text, std::string_view beginning)
{
    return text.size() >= beginning.size() &&
           same_word(text.substr(0, beginning.size()), beginning);
}

std::string_view trim(std::string_view text)
{
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> pieces;
    for (;;) {
        const auto end = text.find(separator);
        pieces.push_back(text.substr(0, end));
        if (end == text.npos) return pieces;
        text.remove_prefix(end + 1);
    }
}

std::optional<std::uint64_t> parse_number(std::string_view text)
{
    std::uint64_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, number);
    if (text.empty() || failure != std::errc{} || stop != end) return {};
    return number;
}

std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t same = diagonal + (to_lower(a[i]) == to_lower(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, same});
        }
    }
    return row.back();
}

namespace {

/// Length of the well-formed UTF-8 sequence at the front, or 0.
std::size_t utf8_length(std::string_view text)
{
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto tail = [&](std::size_t i) { return i < text.size() && (octet(i) & 0xc0) == 0x80; };
    const unsigned first = octet(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return tail(1) ? 2 : 0;
    if (first >= 0xe0 && first < 0xf0) {
        if (!tail(1) || !tail(2)) return 0;
        if (first == 0xe0 && octet(1) < 0xa0) return 0;
        if (first == 0xed && octet(1) >= 0xa0) return 0;
        return 3;
    }
    if (first >= 0xf0 && first < 0xf5) {
        if (!tail(1) || !tail(2) || !tail(3)) return 0;
        if (first == 0xf0 && octet(1) < 0x90) return 0;
        if (first == 0xf4 && octet(1) >= 0x90) return 0;
        return 4;
    }
    return 0;
}

}  // namespace

bool is_utf8(std::string_view text)
{
    while (!text.empty()) {
        const bool ascii = static_cast<unsigned char>(text.front()) < 0x80;
        const auto length = ascii ? 1 : utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view text, std::size_t most)
{
    constexpr std::string_view digits = "0123456789abcdef";
    const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (text.size() <= most && std::ranges::all_of(text, is_plain)) return std::string{text};
    std::string out;
    while (!text.empty()) {
        const auto length = utf8_length(text);
        std::string piece;
        if (length == 0 || is_control(text.front())) {
            const auto octet = static_cast<unsigned char>(text.front());
            piece = {'\\', 'x', digits[octet >> 4U], digits[octet & 15U]};
        } else {
            piece = text.substr(0, length);
        }
        if (out.size() + piece.size() > most) return out + "...";
        out += piece;
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

void put_number(std::string& text, std::size_t at, std::size_t digits, std::int64_t number)
{
    for (auto i = at + digits; i-- > at; number /= 10)
        text.at(i) = static_cast<char>('0' + number % 10);
}

std::string shell_word(std::string_view text)
{
    const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"_./:=@,+-"}.find(c) != std::string_view::npos;
    });
    if (plain) return std::string{text};
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return out + "'";
}

std::string octal(unsigned mode)
{
    std::string out;
    for (; mode != 0 || out.size() < 4; mode /= 8)
        out.insert(out.begin(), static_cast<char>('0' + mode % 8));
    return out;
}

}  // namespace imc
