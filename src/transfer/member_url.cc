#include "transfer/expansion.h"

namespace imc::transfer {
namespace {

int hexadecimal(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<std::string> percent_decoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hexadecimal(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hexadecimal(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return Error{EventId::value_invalid, "a % without two hexadecimal digits"};
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

}  // namespace

Result<MemberSearch> parse_member_url(std::string_view text)
{
    constexpr std::string_view scheme = "ldap://";
    const auto flaw = [&](const char* what) {
        return Error{EventId::value_invalid,
                     "\"" + printable(text, 200) + "\": " + what + "; ldap:///BASE??SCOPE?FILTER"};
    };
    if (!starts_with_word(text, scheme)) return flaw("does not begin with ldap://");
    const auto slash = text.find('/', scheme.size());
    if (slash == text.npos) return flaw("names no object");
    std::array<std::string, 4> parts;  // base, attributes, scope, filter
    auto rest = text.substr(slash + 1);
    for (std::size_t i = 0;; ++i) {
        const auto end = rest.find('?');
        if (i == parts.size()) return flaw("has extensions");
        auto part = percent_decoded(rest.substr(0, end));
        if (!part) return flaw("has a % without two hexadecimal digits");
        parts[i] = std::move(*part);
        if (end == rest.npos) break;
        rest.remove_prefix(end + 1);
    }
    MemberSearch out;
    auto base = Dn::parse_rfc4514(parts[0]);
    if (!base) return flaw("names no object");
    out.base = std::move(*base);
    if (same_word(parts[2], "sub"))
        out.scope = Scope::subtree;
    else if (same_word(parts[2], "one"))
        out.scope = Scope::one_level;
    else if (!parts[2].empty() && !same_word(parts[2], "base"))
        return flaw("has a scope that is none of base, one and sub");
    if (!parts[3].empty()) out.filter = parts[3];
    return out;
}

}  // namespace imc::transfer
