#include "smtp/server/parameters.h"

#include "base/text.h"
#include "mail/address.h"
#include "smtp/xtext.h"

#include <algorithm>
#include <vector>

namespace imc::smtp {
namespace {

constexpr std::size_t most_envid = 100;  // RFC 3461 4.4
constexpr std::size_t most_orcpt = 500;  // 4.2

Reply bad(std::string text) { return {501, "5.5.4", std::move(text)}; }

struct Parameter {
    std::string_view name;
    std::optional<std::string_view> value;  // none: no '='
};

/// Splits, and refuses what stands twice.
class Parameters {
public:
    explicit Parameters(std::string_view text)
    {
        for (const auto word : split(text, ' ')) {
            if (word.empty()) continue;
            const auto equals = word.find('=');
            Parameter one{word.substr(0, equals), {}};
            if (equals != word.npos) one.value = word.substr(equals + 1);
            all_.push_back(one);
        }
    }

    std::optional<Reply> flaw() const
    {
        // SMTP knows a dozen parameters: a line full of them is no use to anybody.
        if (all_.size() > 20) return bad("Too many parameters");
        for (auto i = all_.begin(); i != all_.end(); ++i)
            for (auto j = all_.begin(); j != i; ++j)
                if (same_word(i->name, j->name))
                    return bad(printable(i->name, 40) + " stands twice");
        return {};
    }

    const std::vector<Parameter>& all() const { return all_; }

private:
    std::vector<Parameter> all_;
};

std::optional<Reply> read_size(std::string_view value, std::uint64_t most, Envelope& into)
{
    const auto octets = value.size() <= 20 ? parse_number(value) : std::nullopt;
    if (!octets) return bad("SIZE is a number of octets");
    if (*octets > most)
        return Reply{552, "5.3.4", "Message over " + std::to_string(most) + " octets"};
    into.declared_octets = *octets;
    return {};
}

std::optional<Reply> read_body(std::string_view value, Extensions offered, Envelope& into)
{
    const bool binary = offered.has(Extension::chunking) && offered.has(Extension::binary_mime) &&
                        same_word(value, "BINARYMIME");
    const bool eight = offered.has(Extension::eight_bit_mime) && same_word(value, "8BITMIME");
    if (!binary && !eight && !same_word(value, "7BIT"))
        return bad("BODY is 7BIT, 8BITMIME or BINARYMIME, as EHLO offers");
    into.eight_bit = eight || binary;
    into.binary = binary;
    return {};
}

std::optional<Reply> read_envid(std::string_view value, Envelope& into)
{
    const auto decoded = xtext_decode(value);
    if (value.empty() || value.size() > most_envid || !decoded || !is_printable_ascii(*decoded))
        return bad("ENVID is up to 100 octets of xtext (RFC 3461)");
    into.envid = *decoded;
    return {};
}

/// A submitter's name for the one who wrote the message: checked, and not believed.
std::optional<Reply> read_auth(std::string_view value, bool utf8)
{
    const auto decoded = xtext_decode(value);
    if (decoded && *decoded == "<>") return {};
    if (!decoded || !mail::parse_address(*decoded, utf8))
        return bad("AUTH is <> or an address in xtext (RFC 4954)");
    return {};
}

std::optional<Reply> read_priority(std::string_view value, Envelope& into)
{
    const bool negative = value.starts_with('-');
    const auto digits = value.substr(negative ? 1 : 0);
    if (digits.size() != 1 || digits[0] < '0' || digits[0] > '9')
        return bad("MT-PRIORITY is -9 to 9");
    into.priority = (digits[0] - '0') * (negative ? -1 : 1);
    return {};
}

std::optional<Reply> read_notify(std::string_view value, Recipient& into)
{
    const auto bits = notify::parse(value);
    if (!bits) return bad("NOTIFY is NEVER, or a list of SUCCESS, FAILURE, DELAY");
    if ((*bits & notify::never) != 0 && *bits != notify::never)
        return bad("NOTIFY=NEVER stands alone");
    into.notify = *bits;
    return {};
}

bool is_atom(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-';
    });
}

/// RFC 6533 3: "\x{20AC}" is printable as it stands; raw UTF-8 comes with SMTPUTF8.
bool is_utf8_address(std::string_view text)
{
    return is_utf8(text) && std::ranges::none_of(text, is_control) && text.find(' ') == text.npos;
}

std::optional<Reply> read_orcpt(std::string_view value, bool utf8, Recipient& into)
{
    const auto semicolon = value.find(';');
    const auto type = value.substr(0, semicolon);
    if (semicolon == value.npos || semicolon + 1 == value.size() || value.size() > most_orcpt ||
        !is_atom(type))
        return bad("ORCPT is type;address in xtext, up to 500 octets (RFC 3461)");
    const auto address = value.substr(semicolon + 1);
    if (same_word(type, "utf-8") && utf8 && !is_printable_ascii(address)) {
        if (!is_utf8_address(address)) return bad("ORCPT: no UTF-8 address (RFC 6533)");
        into.original = value;
        return {};
    }
    const auto decoded = xtext_decode(address);
    if (!decoded || !is_printable_ascii(*decoded))
        return bad("ORCPT is type;address in xtext, up to 500 octets (RFC 3461)");
    into.original = std::string{type} + ";" + *decoded;
    return {};
}

std::optional<Reply> unknown(const Parameter& parameter)
{
    return Reply{555, "5.5.4", "Parameter not known: " + printable(parameter.name, 40)};
}

}  // namespace

std::optional<Reply> read_mail_parameters(std::string_view parameters, Extensions offered,
                                          std::uint64_t most_octets, Envelope& into)
{
    const Parameters read{parameters};
    if (auto flaw = read.flaw()) return flaw;
    for (const auto& one : read.all()) {
        const auto is = [&](std::string_view name, Extension extension) {
            return same_word(one.name, name) && offered.has(extension);
        };
        std::optional<Reply> flaw;
        if (is("SMTPUTF8", Extension::smtp_utf8) && !one.value) {
            into.smtp_utf8 = true;
        } else if (!one.value) {
            flaw = unknown(one);
        } else if (is("SIZE", Extension::size)) {
            flaw = read_size(*one.value, most_octets, into);
        } else if (same_word(one.name, "BODY") && (offered.has(Extension::eight_bit_mime) ||
                                                   offered.has(Extension::binary_mime))) {
            flaw = read_body(*one.value, offered, into);
        } else if (is("RET", Extension::dsn)) {
            if (!same_word(*one.value, "FULL") && !same_word(*one.value, "HDRS"))
                return bad("RET is FULL or HDRS");
            into.ret = upper(*one.value);
        } else if (is("ENVID", Extension::dsn)) {
            flaw = read_envid(*one.value, into);
        } else if (is("AUTH", Extension::auth)) {
            flaw = read_auth(*one.value, offered.has(Extension::smtp_utf8));
        } else if (is("MT-PRIORITY", Extension::mt_priority)) {
            flaw = read_priority(*one.value, into);
        } else {
            flaw = unknown(one);
        }
        if (flaw) return flaw;
    }
    return {};
}

std::optional<Reply> read_rcpt_parameters(std::string_view parameters, Extensions offered,
                                          bool utf8, Recipient& into)
{
    const Parameters read{parameters};
    if (auto flaw = read.flaw()) return flaw;
    for (const auto& one : read.all()) {
        std::optional<Reply> flaw;
        if (!one.value || !offered.has(Extension::dsn))
            flaw = unknown(one);
        else if (same_word(one.name, "NOTIFY"))
            flaw = read_notify(*one.value, into);
        else if (same_word(one.name, "ORCPT"))
            flaw = read_orcpt(*one.value, utf8, into);
        else
            flaw = unknown(one);
        if (flaw) return flaw;
    }
    return {};
}

}  // namespace imc::smtp
