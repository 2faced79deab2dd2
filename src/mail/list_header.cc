#include "mail/list_header.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/header.h"

#include <algorithm>

namespace imc::mail {
namespace {

constexpr std::size_t most_display = 200;

bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string normalized(std::string_view address)
{
    const auto parsed = parse_address(address);
    return parsed ? parsed->normalized() : lower(address);
}

/// As a quoted string, RFC 5322 3.2.4; empty when nothing is left of it.
std::string in_quotes(std::string_view display)
{
    std::string out;
    for (const char c : display) {
        if (c < ' ' || c > '~' || c == '<' || c == '>') continue;
        if (c == '"' || c == '\\') out += '\\';
        out += c;
        if (out.size() >= most_display) break;
    }
    return out.empty() ? out : '"' + out + "\" ";
}

/// "mailto:staff@contoso.example": what has a meaning in a URL is escaped, RFC 6068 2.
std::string mailto(std::string_view address)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "-._~@!$'*+:";
    std::string out = "<mailto:";
    for (const char c : address) {
        if (is_letter_or_digit(c) || plain.find(c) != plain.npos) {
            out += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        out += '%';
        out += digits[octet >> 4U];
        out += digits[octet & 15U];
    }
    return out + ">";
}

void add(std::string& out, std::string_view header, std::string_view name, const std::string& value)
{
    if (value.empty() || !header_values(header, name).empty()) return;
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string list_id(std::string_view address)
{
    const auto at = address.rfind('@');
    const auto domain =
        at == address.npos ? std::string{} : canonical_domain(address.substr(at + 1));
    std::string out;
    for (const char c : address.substr(0, at)) {
        const bool fits = is_letter_or_digit(c) || c == '-' || c == '_' ||
                          (c == '.' && !out.empty() && out.back() != '.');
        out += fits ? c : '-';
    }
    while (out.ends_with('.'))
        out.pop_back();
    return lower(out) + (domain.empty() ? "" : "." + domain);
}

std::string list_header(const ListNames& names, std::string_view header)
{
    std::string out = "Delivered-To: ";
    for (const char c : names.address)
        out += is_control(c) ? '?' : c;
    out += "\r\n";
    if (!names.list) return out;
    add(out, header, "List-Id", in_quotes(names.display) + "<" + list_id(names.address) + ">");
    add(out, header, "List-Post", mailto(names.address));
    if (!names.owner.empty()) {
        add(out, header, "List-Owner", mailto(names.owner));
        add(out, header, "List-Help", mailto(names.owner));
    }
    add(out, header, "Precedence", "list");
    return out;
}

bool has_been_at(std::string_view header, std::string_view address)
{
    const auto here = normalized(address);
    return std::ranges::any_of(header_values(header, "Delivered-To"), [&](const auto& value) {
        const auto inside = value.starts_with('<') && value.ends_with('>')
                                ? std::string_view{value}.substr(1, value.size() - 2)
                                : std::string_view{value};
        return normalized(inside) == here;
    });
}

}  // namespace imc::mail
