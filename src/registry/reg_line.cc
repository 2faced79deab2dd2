#include "registry/reg_line.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace imc::registry {
namespace {

std::string in_quotes(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string hex_list(const std::string& data)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const auto octet = static_cast<unsigned char>(data[i]);
        if (i > 0) out += ',';
        if (column >= 24) {
            out += "\\\n  ";
            column = 0;
        }
        out += {digits[octet >> 4U], digits[octet & 15U]};
        ++column;
    }
    return out;
}

}  // namespace

std::string value_line(std::string_view name, const Value& value)
{
    const std::string left = (name.empty() ? "@" : in_quotes(name)) + "=";
    const auto text = value.as_text();
    // A string with a line break inside, or without its zero, is written as octets.
    if (value.type == Type::sz && text && Value::sz(*text) == value &&
        text->find_first_of("\r\n") == std::string::npos && text->find('\0') == std::string::npos)
        return left + in_quotes(*text);
    if (value.type == Type::dword && value.data.size() == 4) {
        std::array<char, 9> digits{};
        std::snprintf(digits.data(), digits.size(), "%08x",
                      static_cast<unsigned>(*value.as_number()));
        return left + "dword:" + digits.data();
    }
    if (value.type == Type::binary) return left + "hex:" + hex_list(value.data);
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   static_cast<std::uint32_t>(value.type), 16);
    return left + "hex(" + std::string{digits.data(), end.ptr} + "):" + hex_list(value.data);
}

}  // namespace imc::registry
