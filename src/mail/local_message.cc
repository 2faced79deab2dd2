#include "mail/local_message.h"

#include "base/base64.h"
#include "base/text.h"
#include "mail/header.h"

#include <algorithm>
#include <unordered_set>

namespace imc::mail {
namespace {

/// Its line, with CRLF.
std::string_view first_line(std::string_view text)
{
    const auto end = text.find("\r\n");
    return text.substr(0, end == text.npos ? text.npos : end + 2);
}

bool begins_field(std::string_view line)
{
    const auto colon = line.find(':');
    if (colon == line.npos) return false;
    auto name = line.substr(0, colon);
    while (name.ends_with(' ') || name.ends_with('\t'))
        name.remove_suffix(1);
    return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_atom_text(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"!#$%&'*+-/=?^_`{|}~ "}.find(c) != std::string_view::npos;
    });
}

/// Each once, in order.
class Addresses {
public:
    void add(std::string address)
    {
        if (seen_.insert(address).second) all_.push_back(std::move(address));
    }
    std::vector<std::string> take() { return std::move(all_); }

private:
    std::vector<std::string> all_;
    std::unordered_set<std::string> seen_;
};

/// Adds the addresses of one value. @return  the first that is none
std::optional<AddressError> collect(std::string_view value, Addresses& into)
{
    const auto plain = unfold(value);
    for (const auto& [text, end, several] : found_addresses(plain)) {
        // A word alone is judged with some domain behind it, and kept without.
        const bool alone = text.find('@') == text.npos;
        const auto address = parse_address(alone ? text + "@local.invalid" : text);
        if (several || !address || (alone && text.starts_with('"')))
            return AddressError{"\"" + printable(text, 120) + "\": " +
                                (several    ? "several words"
                                 : !address ? address.error().what
                                            : "no '@'")};
        into.add(alone ? text : address->to_string());
    }
    return {};
}

}  // namespace

std::string with_crlf(std::string_view octets)
{
    std::string out;
    out.reserve(octets.size() + octets.size() / 32);
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const char c = octets[i];
        if (c != '\r' && c != '\n') {
            out += c;
            continue;
        }
        // However many CRs stand before an LF, it is one line end; without it each is one.
        auto end = i;
        while (end < octets.size() && octets[end] == '\r')
            ++end;
        const bool with_lf = end < octets.size() && octets[end] == '\n';
        for (auto lines = with_lf ? 1 : end - i; lines > 0; --lines)
            out += "\r\n";
        i = with_lf ? end : end - 1;
    }
    return out;
}

LocalMessage read_local_message(std::string_view octets, Mbox mbox)
{
    LocalMessage out;
    const auto text = with_crlf(octets);
    std::string_view rest{text};
    while (mbox == Mbox::line_may_begin &&
           (rest.starts_with("From ") || rest.starts_with(">From ")) &&
           !begins_field(first_line(rest)))  // "From : ann" is obsolete, but a field
        rest.remove_prefix(first_line(rest).size());
    while (!rest.empty()) {
        const auto line = first_line(rest);
        const bool continues = !out.header.empty() && (line.front() == ' ' || line.front() == '\t');
        if (!continues && !begins_field(line)) break;
        out.header += line;
        rest.remove_prefix(line.size());
    }
    if (!out.header.empty() && !out.header.ends_with('\n')) out.header += "\r\n";
    if (rest.starts_with("\r\n")) rest.remove_prefix(2);
    out.body = rest;
    return out;
}

Parsed<std::vector<std::string>> header_recipients(std::string_view header)
{
    const bool resent = has_field(header, "Resent-To") || has_field(header, "Resent-Cc") ||
                        has_field(header, "Resent-Bcc");
    Addresses out;
    for (const auto& field : header_fields(header)) {
        auto name = field.name;
        if (starts_with_word(name, "Resent-") != resent) continue;
        if (resent) name.remove_prefix(std::string_view{"Resent-"}.size());
        if (!same_word(name, "To") && !same_word(name, "Cc") && !same_word(name, "Bcc")) continue;
        if (const auto flaw = collect(field.value, out))
            return AddressError{std::string{field.name} + ": " + flaw->what};
    }
    return out.take();
}

Parsed<std::vector<std::string>> given_addresses(std::string_view text)
{
    Addresses out;
    if (auto flaw = collect(text, out)) return *flaw;
    return out.take();
}

std::string mailbox(std::string_view name, std::string_view address)
{
    std::string plain;
    for (const char c : name)
        if (!is_control(c)) plain += c;
    if (plain.empty()) return std::string{address};
    const bool high = std::ranges::any_of(plain, [](char c) { return (c & '\x80') != 0; });
    std::string out;
    if (high && is_utf8(plain)) {
        // An encoded word has at most 75 characters, and never half a character (RFC 2047 2, 5).
        std::string word;
        const auto end_word = [&] {
            if (!word.empty())
                out += (out.empty() ? "" : " ") + ("=?UTF-8?B?" + base64_encode(word) + "?=");
            word.clear();
        };
        for (std::size_t i = 0; i < plain.size(); ++i) {
            if (word.size() >= 36 && (plain[i] & '\xc0') != '\x80') end_word();
            word += plain[i];
        }
        end_word();
    } else if (is_atom_text(plain)) {
        out = plain;
    } else {
        out = "\"";
        for (const char c : plain) {
            if (c == '"' || c == '\\') out += '\\';
            out += (c & '\x80') != 0 ? '?' : c;
        }
        out += '"';
    }
    return out + " <" + std::string{address} + ">";
}

bool has_field(std::string_view header, std::string_view name)
{
    return std::ranges::any_of(header_fields(header),
                               [&](const auto& field) { return same_word(field.name, name); });
}

}  // namespace imc::mail
