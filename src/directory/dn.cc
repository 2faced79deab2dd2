#include "directory/dn.h"

#include "base/text.h"

#include <algorithm>
#include <optional>

namespace imc {
namespace {

constexpr std::size_t most_octets = 8192;
constexpr std::size_t most_rdns = 64;

Error bad(std::string_view text, std::size_t at, const std::string& what)
{
    return Error{EventId::dn_invalid, "\"" + printable(text, 300) + "\", position " +
                                          std::to_string(at + 1) + ": " + what};
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex(char c)
{
    if (is_digit(c)) return c - '0';
    const char l = to_lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// descr or numericoid of RFC 4512.
bool is_type(std::string_view type)
{
    if (type.empty()) return false;
    if (is_letter(type.front()))
        return std::ranges::all_of(type,
                                   [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
    for (const auto part : split(type, '.'))
        if (part.empty() || !std::ranges::all_of(part, is_digit) ||
            (part.size() > 1 && part.front() == '0'))
            return false;
    return type.find('.') != type.npos;
}

/// One octet behind a backslash: "\," or "\2c". Advances `at` past it.
std::optional<char> escaped(std::string_view text, std::size_t& at, std::string_view special)
{
    if (at + 1 >= text.size()) return {};
    const char next = text[at + 1];
    if (special.find(next) != special.npos) {
        at += 2;
        return next;
    }
    if (at + 2 < text.size() && hex(next) >= 0 && hex(text[at + 2]) >= 0) {
        const char octet = static_cast<char>(hex(next) * 16 + hex(text[at + 2]));
        at += 3;
        return octet;
    }
    return {};
}

class Rfc4514 {
public:
    explicit Rfc4514(std::string_view text) : text_{text} {}

    Result<std::vector<Rdn>> run()
    {
        std::vector<Rdn> rdns;
        if (text_.empty()) return rdns;
        for (;;) {
            Rdn rdn;
            for (;;) {
                auto ava = one();
                if (!ava) return ava.error();
                rdn.push_back(std::move(*ava));
                if (at_ == text_.size() || text_[at_] != '+') break;
                ++at_;
            }
            rdns.push_back(std::move(rdn));
            if (rdns.size() > most_rdns) return bad(text_, at_, "more than 64 names");
            if (at_ == text_.size()) return rdns;
            ++at_;  // the comma
            if (at_ == text_.size()) return bad(text_, at_, "ends with a comma");
        }
    }

private:
    void skip_spaces()
    {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
    }

    Result<Ava> one()
    {
        skip_spaces();  // RFC 2253 allowed it around separators, and people write it
        const auto equals = text_.find('=', at_);
        if (equals == text_.npos) return bad(text_, at_, "TYPE=VALUE expected, no '=' found");
        const auto type = trim(text_.substr(at_, equals - at_));
        if (!is_type(type))
            return bad(text_, at_, "\"" + printable(type, 60) + "\" is no attribute type");
        at_ = equals + 1;
        skip_spaces();
        auto text = at_ < text_.size() && text_[at_] == '#' ? hexstring() : value();
        if (!text) return text.error();
        if (!is_utf8(*text)) return bad(text_, at_, "the value is not UTF-8");
        return Ava{std::string{type}, std::move(*text)};
    }

    /// "#0403466f6f": BER of a string type with a short length; others are refused.
    Result<std::string> hexstring()
    {
        const std::size_t begin = at_++;
        std::string octets;
        while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '+') {
            if (at_ + 1 >= text_.size() || hex(text_[at_]) < 0 || hex(text_[at_ + 1]) < 0)
                return bad(text_, at_, "hex digits in pairs expected after '#'");
            octets += static_cast<char>(hex(text_[at_]) * 16 + hex(text_[at_ + 1]));
            at_ += 2;
        }
        const bool string_type = octets.size() >= 2 && (octets[0] == 4 || octets[0] == 12 ||
                                                        octets[0] == 19 || octets[0] == 22);
        if (!string_type || static_cast<unsigned char>(octets[1]) != octets.size() - 2 ||
            octets.size() > 129)
            return bad(text_, begin, "the value after '#' is no BER string");
        if (octets.size() == 2) return bad(text_, begin, "an empty value");
        return octets.substr(2);
    }

    Result<std::string> value()
    {
        std::string out;
        std::size_t kept = 0;  // without unescaped spaces at the end
        while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '+') {
            const char c = text_[at_];
            if (c == '\\') {
                const auto octet = escaped(text_, at_, " \"#+,;<=>\\");
                if (!octet) return bad(text_, at_, "a backslash that escapes nothing");
                out += *octet;
                kept = out.size();
                continue;
            }
            if (c == '"' || c == ';' || c == '<' || c == '>' || c == '\0')
                return bad(text_, at_, "\"" + printable({&c, 1}) + "\" must be escaped");
            out += c;
            ++at_;
            if (c != ' ') kept = out.size();
        }
        out.resize(kept);
        if (out.empty()) return bad(text_, at_, "an empty value");
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

void append_hex(std::string& out, char c)
{
    constexpr std::string_view digits = "0123456789abcdef";
    const auto octet = static_cast<unsigned char>(c);
    out += '\\';
    out += digits[octet >> 4U];
    out += digits[octet & 15U];
}

void append_escaped(std::string& out, std::string_view value)
{
    constexpr std::string_view special = "\"+,;<>\\";
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const bool edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == value.size() && c == ' ');
        if (is_control(c)) {
            append_hex(out, c);
            continue;
        }
        if (edge || special.find(c) != special.npos) out += '\\';
        out += c;
    }
}

/// caseIgnoreMatch, ASCII part: lower case, runs of spaces are one, none at the ends.
std::string folded(std::string_view value)
{
    std::string out;
    for (const char c : value) {
        if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
        out += to_lower(c);
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

}  // namespace

Result<Dn> Dn::parse(std::string_view text)
{
    return text.starts_with('/') ? parse_x500(text) : parse_rfc4514(text);
}

Result<Dn> Dn::parse_rfc4514(std::string_view text)
{
    if (text.size() > most_octets)
        return bad(text.substr(0, 60), most_octets, "more than 8192 octets");
    auto rdns = Rfc4514{text}.run();
    if (!rdns) return rdns.error();
    Dn dn;
    dn.rdns_ = std::move(*rdns);
    return dn;
}

Result<Dn> Dn::parse_x500(std::string_view text)
{
    if (text.size() > most_octets)
        return bad(text.substr(0, 60), most_octets, "more than 8192 octets");
    Dn dn;
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] != '/') return bad(text, at, "'/' expected");
        ++at;
        const auto equals = text.find('=', at);
        const auto slash = text.find('/', at);
        if (equals == text.npos || (slash != text.npos && slash < equals))
            return bad(text, at, "TYPE=VALUE expected, no '=' found before the next '/'");
        const auto type = text.substr(at, equals - at);
        if (!is_type(type))
            return bad(text, at, "\"" + printable(type, 60) + "\" is no attribute type");
        at = equals + 1;
        std::string value;
        while (at < text.size() && text[at] != '/') {
            if (text[at] == '\\') {
                const auto octet = escaped(text, at, "/\\=");
                if (!octet) return bad(text, at, "a backslash that escapes nothing");
                value += *octet;
                continue;
            }
            // Q166540: "/O=ORG=OU=SITE" overwrote memory and hung the connector.
            if (text[at] == '=')
                return bad(text, at,
                           "a second '=' in one name; is a '/' missing before it? (a real '=' is "
                           "written \\=)");
            if (is_control(text[at])) return bad(text, at, "a control character");
            value += text[at++];
        }
        if (value.empty()) return bad(text, at, "an empty value");
        if (!is_utf8(value)) return bad(text, at, "the value is not UTF-8");
        dn.rdns_.push_back({Ava{std::string{type}, std::move(value)}});
        if (dn.rdns_.size() > most_rdns) return bad(text, at, "more than 64 names");
    }
    std::ranges::reverse(dn.rdns_);
    return dn;
}

std::string Dn::to_rfc4514() const
{
    std::size_t size = 0;  // without escapes, which are rare
    for (const auto& rdn : rdns_)
        for (const auto& ava : rdn)
            size += ava.type.size() + ava.value.size() + 2;
    std::string out;
    out.reserve(size);
    for (const auto& rdn : rdns_) {
        if (!out.empty()) out += ',';
        for (std::size_t i = 0; i < rdn.size(); ++i) {
            if (i != 0) out += '+';
            out += rdn[i].type;
            out += '=';
            append_escaped(out, rdn[i].value);
        }
    }
    return out;
}

std::string Dn::to_x500() const
{
    std::string out;
    for (auto rdn = rdns_.rbegin(); rdn != rdns_.rend(); ++rdn)
        for (const auto& ava : *rdn) {
            std::string value;
            for (const char c : ava.value) {
                if (is_control(c)) {
                    append_hex(value, c);
                    continue;
                }
                if (c == '/' || c == '\\' || c == '=') value += '\\';
                value += c;
            }
            out += "/" + ava.type + "=" + value;
        }
    return out;
}

Dn Dn::parent() const
{
    Dn dn;
    if (!rdns_.empty()) dn.rdns_.assign(rdns_.begin() + 1, rdns_.end());
    return dn;
}

Dn Dn::child(std::string type, std::string value) const
{
    return child(Rdn{Ava{std::move(type), std::move(value)}});
}

Dn Dn::child(Rdn rdn) const
{
    Dn dn;
    dn.rdns_.push_back(std::move(rdn));
    dn.rdns_.insert(dn.rdns_.end(), rdns_.begin(), rdns_.end());
    return dn;
}

Dn Dn::moved(const Dn& from, const Dn& to) const
{
    Dn dn;
    dn.rdns_.assign(rdns_.begin(), rdns_.end() - static_cast<std::ptrdiff_t>(from.rdns_.size()));
    return dn.below(to);
}

Dn Dn::below(const Dn& suffix) const
{
    Dn dn = *this;
    dn.rdns_.insert(dn.rdns_.end(), suffix.rdns_.begin(), suffix.rdns_.end());
    return dn;
}

bool Dn::is_within(const Dn& ancestor) const
{
    if (ancestor.rdns_.size() > rdns_.size()) return false;
    Dn tail;
    tail.rdns_.assign(rdns_.end() - static_cast<std::ptrdiff_t>(ancestor.rdns_.size()),
                      rdns_.end());
    return same(tail, ancestor);
}

std::string_view Dn::value_of(std::string_view type) const
{
    for (auto rdn = rdns_.rbegin(); rdn != rdns_.rend(); ++rdn)
        for (const auto& ava : *rdn)
            if (same_word(ava.type, type)) return ava.value;
    return {};
}

bool identical(const Dn& a, const Dn& b)
{
    return std::ranges::equal(a.rdns_, b.rdns_, [](const Rdn& x, const Rdn& y) {
        return std::ranges::equal(x, y, [](const Ava& p, const Ava& q) {
            return same_word(p.type, q.type) && p.value == q.value;
        });
    });
}

std::string Dn::normalized() const
{
    std::string out;
    for (const auto& rdn : rdns_) {
        std::vector<std::string> parts;
        for (const auto& ava : rdn) {
            auto& part = parts.emplace_back(lower(ava.type));
            part += '=';
            append_escaped(part, folded(ava.value));
        }
        std::ranges::sort(parts);  // the order within a multi-valued RDN says nothing
        if (!out.empty()) out += ',';
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i != 0) out += '+';
            out += parts[i];
        }
    }
    return out;
}

}  // namespace imc
