#include "mail/address.h"

#include "base/text.h"
#include "mail/imcea.h"
#include "mail/utf8.h"

#include <boost/assert/source_location.hpp>
#include <idn2.h>

#include <algorithm>
#include <arpa/inet.h>
#include <memory>
#include <stdexcept>

namespace imc::mail {
namespace {

constexpr std::size_t most_local = 64;    // RFC 5321 4.5.3.1.1
constexpr std::size_t most_domain = 255;  // 4.5.3.1.2
constexpr std::size_t most_path = 254;    // 256 with the brackets, 4.5.3.1.3

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_atext(char c)
{
    return is_alnum(c) || is_high(c) ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
}

/// A text is both a value and what an AddressError is made of: it must be said which is meant.
Parsed<std::string> value(std::string_view text) { return {boost::system::in_place_value, text}; }

AddressError bad(std::string what, std::size_t at = 0) { return AddressError{std::move(what), at}; }

/// Of a part that begins at `offset`.
AddressError behind(std::size_t offset, const AddressError& flaw)
{
    return AddressError{flaw.what, flaw.at + offset};
}

bool is_dot_string(std::string_view text)
{
    if (text.empty()) return false;
    for (const auto atom : split(text, '.'))
        if (atom.empty() || !std::ranges::all_of(atom, is_atext)) return false;
    return true;
}

/// Why `text` is no dot-string.
AddressError dot_string_flaw(std::string_view text)
{
    if (text.empty()) return bad("nothing before '@'");
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '.' && i == 0) return bad("the local part begins with a dot", i);
        if (text[i] == '.' && i + 1 == text.size()) return bad("the local part ends in a dot", i);
        if (text[i] == '.' && text[i - 1] == '.') return bad("two dots in the local part", i);
        if (text[i] != '.' && !is_atext(text[i]))
            return bad("\"" + printable(text.substr(i, 1)) +
                           "\" in the local part, where only quotes allow it",
                       i);
    }
    return bad("the local part is no dot-string");
}

/// @return nothing when it is one
std::optional<AddressError> flaw_of_domain(std::string_view text, bool utf8_allowed)
{
    if (text.empty()) return bad("no domain after '@'");
    if (text.size() > most_domain)
        return bad("domain of " + std::to_string(text.size()) + " octets, at most 255");
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto at = begin;
        const auto label = text.substr(begin, text.find('.', begin) - begin);
        begin += label.size() + 1;
        if (label.empty()) return bad("an empty label in the domain", at);
        if (label.size() > 63 && std::ranges::none_of(label, is_high))
            return bad("a label of more than 63 octets", at);
        if (label.front() == '-') return bad("a label that begins with a hyphen", at);
        if (label.back() == '-') return bad("a label that ends in a hyphen", at + label.size() - 1);
        for (const char& c : label) {
            const auto here = static_cast<std::size_t>(&c - text.data());
            if (is_high(c) && !utf8_allowed)
                return bad("UTF-8 in the domain without SMTPUTF8", here);
            if (!is_alnum(c) && c != '-' && c != '_' && !is_high(c))
                return bad("\"" + printable({&c, 1}) + "\" in the domain", here);
        }
    }
    return std::nullopt;
}

Parsed<std::string> domain_of(std::string_view text, bool utf8_allowed)
{
    if (text.ends_with('.')) text.remove_suffix(1);  // "example.org." names the same
    if (auto flaw = flaw_of_domain(text, utf8_allowed)) return std::move(*flaw);
    if (std::ranges::any_of(text, is_high) && canonical_domain(text).empty())
        return bad("the domain has no form in ASCII (IDNA 2008), so nobody can look it up");
    return value(text);
}

Parsed<std::string> literal(std::string_view text)
{
    const std::string inside{text.substr(1, text.size() - 2)};
    // inet_pton would stop at a zero and believe what stands before it.
    if (std::ranges::any_of(inside, is_control))
        return bad("a control character in the address literal");
    in_addr v4{};
    in6_addr v6{};
    if (::inet_pton(AF_INET, inside.c_str(), &v4) == 1) return value(text);
    if (starts_with_word(inside, "IPv6:") && ::inet_pton(AF_INET6, inside.c_str() + 5, &v6) == 1)
        return value(text);
    return bad("the address literal is neither [192.0.2.1] nor [IPv6:2001:db8::1]");
}

/// "\"a b\"@..." : the quoted local part unquoted; `rest` begins at '@'.
Parsed<std::string> quoted_local(std::string_view& rest)
{
    std::string out;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        char c = rest[i];
        if (c == '"') {
            rest.remove_prefix(i + 1);
            return value(out);
        }
        if (c == '\\' && ++i < rest.size()) c = rest[i];
        if (is_control(c)) return bad("a control character in the local part", i);
        out += c;
    }
    return bad("a quoted local part without its end", rest.size());
}

bool needs_quotes(std::string_view local) { return !is_dot_string(local); }

}  // namespace

void throw_exception_from_error(const AddressError& e, const boost::source_location&)
{
    throw std::runtime_error{e.what};
}

std::string Address::to_string() const
{
    std::string out;
    if (needs_quotes(local)) {
        out += '"';
        for (const char c : local) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    } else {
        out = local;
    }
    return domain.empty() ? out : out + "@" + domain;
}

std::string Address::normalized() const
{
    Address folded{lower(local), is_literal() ? lower(domain) : canonical_domain(domain), utf8};
    if (folded.domain.empty()) folded.domain = lower(domain);
    return folded.to_string();
}

Parsed<Address> parse_address(std::string_view text, bool utf8_allowed)
{
    if (text.size() > most_path)
        return bad("address of " + std::to_string(text.size()) + " octets, at most 254", most_path);
    if (!is_utf8(text)) return bad("octets that are not UTF-8", first_bad_octet(text));
    Address address;
    const auto high = std::ranges::find_if(text, is_high);
    address.utf8 = high != text.end();
    if (address.utf8 && !utf8_allowed)
        return bad("UTF-8 in the address without SMTPUTF8",
                   static_cast<std::size_t>(high - text.begin()));
    auto rest = text;
    if (rest.starts_with('"')) {
        auto local = quoted_local(rest);
        if (!local) return local.error();
        address.local = std::move(*local);
        if (!rest.starts_with('@'))
            return bad("'@' expected after the quoted local part", text.size() - rest.size());
    } else {
        const auto at = rest.find('@');
        if (at == rest.npos) return bad("no '@'", text.size());
        if (!is_dot_string(rest.substr(0, at))) return dot_string_flaw(rest.substr(0, at));
        address.local = std::string{rest.substr(0, at)};
        rest.remove_prefix(at);
    }
    // The name of an object, wrapped up, may be longer (mail/imcea.h); the path's limit holds.
    if (address.local.size() > most_local && !decapsulate(address.local, Capitals::folded))
        return bad("local part of " + std::to_string(address.local.size()) + " octets, at most 64",
                   most_local);
    rest.remove_prefix(1);
    const auto offset = text.size() - rest.size();
    if (const auto second = rest.find('@'); second != rest.npos)
        return bad("a second '@'", offset + second);
    auto domain = rest.starts_with('[') && rest.ends_with(']') ? literal(rest)
                                                               : domain_of(rest, utf8_allowed);
    if (!domain) return behind(offset, domain.error());
    address.domain = std::move(*domain);
    return address;
}

Parsed<Path> parse_path(std::string_view text, bool utf8_allowed)
{
    if (!text.starts_with('<')) return bad("'<' expected", 0);
    // A '>' inside quotes does not end the path.
    std::size_t end = 1;
    for (bool inside = false; end < text.size() && (inside || text[end] != '>'); ++end) {
        if (text[end] == '\\' && inside)
            ++end;
        else if (text[end] == '"')
            inside = !inside;
    }
    if (end >= text.size()) return bad("'>' expected", text.size());
    Path path;
    path.rest = text.substr(end + 1);
    if (!path.rest.empty() && !path.rest.starts_with(' '))
        return bad("a space expected after '>'", end + 1);
    auto inside = text.substr(1, end - 1);
    const auto offset = [&text](std::string_view part) {
        return static_cast<std::size_t>(part.data() - text.data());
    };
    if (inside.empty()) {
        path.is_null = true;
        return path;
    }
    if (inside.starts_with('@')) {  // source route: RFC 5321 appendix C, never followed
        const auto colon = inside.find(':');
        if (colon == inside.npos) return bad("a source route without ':'", end);
        for (auto hop : split(inside.substr(0, colon), ',')) {
            hop = trim(hop);
            if (!hop.starts_with('@'))
                return bad("a source route names hosts, @a,@b:user@c", offset(hop));
            if (const auto host = domain_of(hop.substr(1), utf8_allowed); !host)
                return behind(offset(hop) + 1, host.error());
        }
        inside.remove_prefix(colon + 1);
    }
    if (same_word(inside, "postmaster")) {
        path.address.local = std::string{inside};
        return path;
    }
    auto address = parse_address(inside, utf8_allowed);
    if (!address) return behind(offset(inside), address.error());
    path.address = std::move(*address);
    return path;
}

std::string canonical_domain(std::string_view domain)
{
    constexpr std::size_t most = 253;  // as text: RFC 1035 2.3.4 counts lengths, too
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (flaw_of_domain(domain, true)) return {};
    if (std::ranges::none_of(domain, is_high))
        return domain.size() > most ? std::string{} : lower(domain);
    char* raw = nullptr;
    const std::string text{domain};
    if (idn2_to_ascii_8z(text.c_str(), &raw, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
        return {};
    struct Free {
        void operator()(char* p) const { idn2_free(p); }
    };
    const std::unique_ptr<char, Free> owned{raw};
    auto ascii = lower(owned.get());
    if (ascii.size() > most || flaw_of_domain(ascii, false)) return {};
    return ascii;
}

}  // namespace imc::mail
