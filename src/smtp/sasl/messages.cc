#include "smtp/sasl/messages.h"

#include "base/text.h"
#include "directory/password.h"

#include <algorithm>

namespace imc::smtp::sasl {
namespace {

/// Takes "X=value" up to the next comma or the end off the front; the comma goes, too.
std::optional<std::string_view> take(std::string_view& text, char attribute)
{
    if (text.size() < 2 || text[0] != attribute || text[1] != '=') return {};
    const auto end = std::min(text.find(','), text.size());
    const auto value = text.substr(2, end - 2);
    text.remove_prefix(std::min(end + 1, text.size()));
    return value;
}

bool is_nonce(std::string_view text)
{
    return !text.empty() && text.size() <= most_nonce_octets &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

/// saslname: "=2C" is a comma, "=3D" an equals sign, any other '=' is an error.
std::optional<std::string> unescaped(std::string_view text)
{
    if (text.empty() || text.size() > most_name_octets || !is_utf8(text) ||
        text.find('\0') != text.npos)
        return {};
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            out += text[i];
            continue;
        }
        const auto code = text.substr(i, 3);
        if (code != "=2C" && code != "=3D") return {};
        out += code == "=2C" ? ',' : '=';
        i += 2;
    }
    return out;
}

bool is_binding_name(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-';
    });
}

/// attr-val of an extension: ALPHA "=" value. We know none, and may pass those over.
bool extensions(std::string_view text)
{
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto one = text.substr(0, end);
        if (one.size() < 3 || one[1] != '=' || to_lower(one[0]) < 'a' || to_lower(one[0]) > 'z')
            return false;
        // "m" is reserved for what must be understood.
        if (one[0] == 'm' || !is_utf8(one) || one.find('\0') != one.npos) return false;
        if (end == text.size()) break;
        text.remove_prefix(end + 1);
        if (text.empty()) return false;
    }
    return true;
}

}  // namespace

std::optional<PlainMessage> parse_plain(std::string_view octets)
{
    const auto parts = split(octets, '\0');
    if (parts.size() != 3 || parts[1].empty() || parts[2].empty()) return {};
    for (const auto part : parts)
        if (part.size() > most_name_octets || !is_utf8(part)) return {};
    return PlainMessage{std::string{parts[0]}, std::string{parts[1]}, std::string{parts[2]}};
}

std::optional<ScramFirst> parse_scram_first(std::string_view text)
{
    ScramFirst out;
    const auto all = text;
    if (text.starts_with("p=")) {
        const auto name = *take(text, 'p');
        if (!is_binding_name(name)) return {};
        out.binding = Binding::required;
        out.binding_type = name;
    } else if (text.starts_with("n,") || text.starts_with("y,")) {
        out.binding = text.front() == 'n' ? Binding::none : Binding::not_offered;
        text.remove_prefix(2);
    } else {
        return {};
    }
    if (text.starts_with("a=")) {
        const auto name = unescaped(*take(text, 'a'));
        if (!name) return {};
        out.authorization = *name;
    } else if (text.starts_with(',')) {
        text.remove_prefix(1);
    } else {
        return {};
    }
    out.header = all.substr(0, all.size() - text.size());
    if (!out.header.ends_with(',')) return {};
    out.bare = text;
    const auto user = take(text, 'n');
    const auto name = user ? unescaped(*user) : std::nullopt;
    const auto nonce = take(text, 'r');
    if (!name || !nonce || !is_nonce(*nonce) || out.bare.ends_with(',') || !extensions(text))
        return {};
    out.user = *name;
    out.nonce = *nonce;
    return out;
}

std::optional<ScramFinal> parse_scram_final(std::string_view text)
{
    const auto cut = text.rfind(",p=");
    if (cut == text.npos) return {};
    ScramFinal out;
    out.without_proof = text.substr(0, cut);
    const auto proof = base64_decode(text.substr(cut + 3));
    if (!proof || proof->size() != 32) return {};
    out.proof = *proof;
    std::string_view rest = out.without_proof;
    const auto binding = take(rest, 'c');
    const auto plain = binding ? base64_decode(*binding) : std::nullopt;
    const auto nonce = take(rest, 'r');
    if (!plain || plain->empty() || !nonce || nonce->empty() || nonce->size() > 1024 ||
        !std::ranges::all_of(*nonce, [](char c) { return c > 0x20 && c < 0x7f; }) ||
        out.without_proof.ends_with(',') || !extensions(rest))
        return {};
    out.binding = *plain;
    out.nonce = *nonce;
    return out;
}

std::optional<std::string> parse_external(std::string_view octets)
{
    if (octets.size() > most_name_octets || !is_utf8(octets) || octets.find('\0') != octets.npos)
        return {};
    return std::string{octets};
}

}  // namespace imc::smtp::sasl
