#include "registry/tree.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace imc::registry {
namespace {

std::string little_endian(std::uint64_t number, std::size_t octets)
{
    std::string out;
    for (std::size_t i = 0; i < octets; ++i)
        out += static_cast<char>(number >> (8 * i) & 0xffU);
    return out;
}

std::optional<std::uint64_t> any_number(std::string_view text)
{
    if (!starts_with_word(text, "0x")) return parse_number(text);
    text.remove_prefix(2);
    std::uint64_t number = 0;
    const auto [stop, failure] =
        std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (text.empty() || failure != std::errc{} || stop != text.data() + text.size()) return {};
    return number;
}

bool is_string(Type type) { return type == Type::sz || type == Type::expand_sz; }

}  // namespace

std::string to_string(Type type)
{
    switch (type) {
    case Type::none: return "NONE";
    case Type::sz: return "SZ";
    case Type::expand_sz: return "EXPAND_SZ";
    case Type::binary: return "BINARY";
    case Type::dword: return "DWORD";
    case Type::multi_sz: return "MULTI_SZ";
    case Type::qword: return "QWORD";
    }
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   static_cast<std::uint32_t>(type), 16);
    return "hex(" + std::string{digits.data(), end.ptr} + ")";
}

std::optional<Type> parse_type(std::string_view text)
{
    if (starts_with_word(text, "REG_")) text.remove_prefix(4);
    for (const auto type : {Type::none, Type::sz, Type::expand_sz, Type::binary, Type::dword,
                            Type::multi_sz, Type::qword})
        if (same_word(text, to_string(type))) return type;
    return {};
}

std::optional<std::string> utf16le_to_utf8(std::string_view octets)
{
    if (octets.size() % 2 != 0) return {};
    std::string out;
    const auto unit = [&](std::size_t i) {
        return static_cast<std::uint32_t>(
            static_cast<unsigned char>(octets[i]) |
            static_cast<unsigned>(static_cast<unsigned char>(octets[i + 1])) << 8U);
    };
    for (std::size_t i = 0; i < octets.size(); i += 2) {
        std::uint32_t code = unit(i);
        if (code >= 0xdc00 && code < 0xe000) return {};
        if (code >= 0xd800 && code < 0xdc00) {
            if (i + 3 >= octets.size() || unit(i + 2) < 0xdc00 || unit(i + 2) >= 0xe000) return {};
            code = 0x10000 + ((code - 0xd800) << 10U) + (unit(i + 2) - 0xdc00);
            i += 2;
        }
        if (code < 0x80) {
            out += static_cast<char>(code);
        } else if (code < 0x800) {
            out += static_cast<char>(0xc0U | code >> 6U);
            out += static_cast<char>(0x80U | (code & 0x3fU));
        } else if (code < 0x10000) {
            out += static_cast<char>(0xe0U | code >> 12U);
            out += static_cast<char>(0x80U | (code >> 6U & 0x3fU));
            out += static_cast<char>(0x80U | (code & 0x3fU));
        } else {
            out += static_cast<char>(0xf0U | code >> 18U);
            out += static_cast<char>(0x80U | (code >> 12U & 0x3fU));
            out += static_cast<char>(0x80U | (code >> 6U & 0x3fU));
            out += static_cast<char>(0x80U | (code & 0x3fU));
        }
    }
    return out;
}

std::string utf8_to_utf16le(std::string_view text)
{
    std::string out;
    const auto unit = [&](std::uint32_t u) {
        out += static_cast<char>(u & 0xffU);
        out += static_cast<char>(u >> 8U & 0xffU);
    };
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        std::uint32_t code = length == 1 ? first : first & (0xffU >> (length + 1));
        for (std::size_t j = 1; j < length && i + j < text.size(); ++j)
            code = code << 6U | (static_cast<unsigned char>(text[i + j]) & 0x3fU);
        i += length;
        if (code < 0x10000) {
            unit(code);
        } else {
            unit(0xd800 + ((code - 0x10000) >> 10U));
            unit(0xdc00 + ((code - 0x10000) & 0x3ffU));
        }
    }
    return out;
}

Value Value::sz(std::string_view utf8, Type type)
{
    return {type, utf8_to_utf16le(utf8) + std::string(2, '\0')};
}

Value Value::number(std::uint64_t number, Type type)
{
    return {type, little_endian(number, type == Type::qword ? 8 : 4)};
}

Value Value::multi_sz(const std::vector<std::string>& texts)
{
    Value value{Type::multi_sz, {}};
    for (const auto& text : texts)
        value.data += utf8_to_utf16le(text) + std::string(2, '\0');
    value.data += std::string(2, '\0');
    return value;
}

std::optional<std::string> Value::as_text() const
{
    if (!is_string(type)) return {};
    auto text = utf16le_to_utf8(data);
    if (text && text->ends_with('\0')) text->pop_back();
    return text;
}

std::optional<std::uint64_t> Value::as_number() const
{
    const std::size_t octets = type == Type::dword ? 4 : type == Type::qword ? 8 : 0;
    if (octets == 0 || data.size() != octets) return {};
    std::uint64_t number = 0;
    for (std::size_t i = octets; i-- > 0;)
        number = number << 8U | static_cast<unsigned char>(data[i]);
    return number;
}

std::optional<std::vector<std::string>> Value::as_list() const
{
    if (type != Type::multi_sz) return {};
    const auto text = utf16le_to_utf8(data);
    if (!text) return {};
    std::vector<std::string> out;
    for (const auto piece : split(*text, '\0')) {
        if (piece.empty()) break;
        out.emplace_back(piece);
    }
    return out;
}

std::string Value::to_display() const
{
    if (const auto text = as_text()) return *text;
    if (const auto number = as_number()) return std::to_string(*number);
    if (const auto list = as_list()) {
        std::string out;
        for (const auto& text : *list)
            out += (out.empty() ? "" : "\\0") + text;
        return out;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : data) {
        const auto octet = static_cast<unsigned char>(c);
        if (!out.empty()) out += ' ';
        out += {digits[octet >> 4U], digits[octet & 15U]};
    }
    return out;
}

Result<Value> value_from_text(Type type, std::string_view data)
{
    const auto bad = [&](const std::string& expected) {
        return Error{EventId::registry_value_invalid, "\"" + printable(data, 100) + "\" found, " +
                                                          expected + " expected for a " +
                                                          to_string(type)};
    };
    if (!is_utf8(data)) return bad("UTF-8");
    switch (type) {
    case Type::sz:
    case Type::expand_sz: return Value::sz(data, type);
    case Type::dword:
    case Type::qword: {
        const auto number = any_number(data);
        if (!number || (type == Type::dword && *number > 0xffffffffU))
            return bad("a whole number (decimal or 0x...)");
        return Value::number(*number, type);
    }
    case Type::multi_sz: {
        std::vector<std::string> texts;
        for (std::size_t at = 0; at <= data.size();) {
            const auto end = std::min(data.find("\\0", at), data.size());
            if (end > at) texts.emplace_back(data.substr(at, end - at));
            at = end + 2;
        }
        return Value::multi_sz(texts);
    }
    case Type::none:
    case Type::binary: break;
    }
    std::string octets;
    std::string digits;
    for (const char c : data)
        if (c != ' ' && c != ',') digits += c;
    if (digits.size() % 2 != 0) return bad("hex digits in pairs");
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned octet = 0;
        const auto [stop, failure] =
            std::from_chars(digits.data() + i, digits.data() + i + 2, octet, 16);
        if (failure != std::errc{} || stop != digits.data() + i + 2)
            return bad("hex digits in pairs");
        octets += static_cast<char>(octet);
    }
    return Value{type, std::move(octets)};
}

std::string canonical_key(std::string_view key)
{
    if (trim(key).empty()) return std::string{parameters_key};
    std::string out{trim(key)};
    std::ranges::replace(out, '/', '\\');
    while (out.starts_with('\\'))
        out.erase(0, 1);
    while (out.ends_with('\\'))
        out.pop_back();
    if (same_word(out, "HKLM") || starts_with_word(out, "HKLM\\"))
        out = "HKEY_LOCAL_MACHINE" + out.substr(4);
    if (!starts_with_word(out, "HKEY_")) out = "HKEY_LOCAL_MACHINE\\" + out;
    // The one key we know gets its usual spelling.
    return same_word(out, parameters_key) ? std::string{parameters_key} : out;
}

}  // namespace imc::registry
