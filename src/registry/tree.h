#pragma once
/// @file registry/tree.h  Values of the registry: what type, what data.
///
/// Data are kept as the octets a Windows registry would hold: strings in UTF-16LE with their zero,
/// numbers little-endian. So nothing that a .reg file says is lost, whatever its type.
///
/// Threads: plain values.
#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::registry {

enum class Type : std::uint32_t {
    none = 0,
    sz = 1,
    expand_sz = 2,
    binary = 3,
    dword = 4,
    multi_sz = 7,
    qword = 11,
    // any other number: hex(n)
};

std::string to_string(Type type);                       ///< "SZ", "DWORD", "hex(8)"
std::optional<Type> parse_type(std::string_view text);  ///< "REG_SZ" as well as "SZ"; any case

struct Value {
    Type type = Type::sz;
    std::string data;  ///< octets

    static Value sz(std::string_view utf8, Type type = Type::sz);
    static Value number(std::uint64_t number, Type type = Type::dword);
    static Value multi_sz(const std::vector<std::string>& texts);

    /// UTF-8; nothing when the type is no string, or the octets are no UTF-16.
    std::optional<std::string> as_text() const;
    std::optional<std::uint64_t> as_number() const;  ///< DWORD of 4, QWORD of 8 octets
    std::optional<std::vector<std::string>> as_list() const;

    std::string
    to_display() const;  ///< for people: text, number, lines joined by \0, or hex octets

    friend bool operator==(const Value&, const Value&) = default;
};

/// `data` as `imc reg add -d` takes it: text; number (decimal or 0x); texts separated by \0; hex
/// digits.
Result<Value> value_from_text(Type type, std::string_view data);

std::optional<std::string> utf16le_to_utf8(std::string_view octets);
std::string utf8_to_utf16le(std::string_view text);  ///< `text` must be UTF-8

/// One spelling for every way to write a key: HKLM, HKEY_LOCAL_MACHINE, any letter case, '/' or
/// '\'. Empty text: the connector's Parameters key.
std::string canonical_key(std::string_view key);
inline constexpr std::string_view parameters_key =
    "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters";

}  // namespace imc::registry
