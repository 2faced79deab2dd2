#pragma once
/// @file base/text.h  Small questions about strings. ASCII only: locale never changes an answer.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc {

constexpr char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string lower(std::string_view text);
std::string upper(std::string_view text);
bool same_word(std::string_view a, std::string_view b);  ///< ignoring the case of ASCII letters
bool starts_with_word(std::string_view text, std::string_view beginning);
std::string_view trim(std::string_view text);  ///< without space, tab, CR and LF at both ends

/// "a,,b" gives "a", "", "b"; an empty text gives one empty piece. The pieces point into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Decimal digits only, whole text, in range.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// Distance of Levenshtein, ASCII case ignored; for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b);

bool is_utf8(std::string_view text);  ///< well formed, RFC 3629: no surrogates, no overlong forms

/// For logs and terminals: control octets and invalid UTF-8 become \xNN, the rest stays; cut with
/// "..." after `most` octets. A stranger's text goes through here before anybody sees it.
std::string printable(std::string_view text, std::size_t most = 512);

/// Writes `number`, not negative, over `digits` octets of `text` from `at` on, with leading zeros.
void put_number(std::string& text, std::size_t at, std::size_t digits, std::int64_t number);

/// A file mode as chmod takes it: "0600".
std::string octal(unsigned mode);

/// For commands that we print: quoted when a shell would see more than one word.
std::string shell_word(std::string_view text);

}  // namespace imc
