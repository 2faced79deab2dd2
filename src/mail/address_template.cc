#include "mail/address_template.h"

#include "base/text.h"
#include "mail/srs.h"

#include <algorithm>
#include <array>

namespace imc::mail {
namespace {

constexpr std::size_t most_octets = 64;  // RFC 5321 4.5.3.1.1
constexpr std::size_t most_path = 254;   // 4.5.3.1.3, without <>
constexpr std::uint32_t one_by_one = 8;
constexpr std::uint32_t most_alike = 1U << 31U;  ///< where doubling ends

/// U+00C0 to U+017F, in order; empty: no letter.
constexpr std::array<std::string_view, 192> plain_letters = {
    "A", "A", "A",  "A",  "A", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I",  "I",   // C0
    "D", "N", "O",  "O",  "O", "O", "O",  "",  "O", "U", "U", "U", "U", "Y", "Th", "ss",  // D0
    "a", "a", "a",  "a",  "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",  "i",   // E0
    "d", "n", "o",  "o",  "o", "o", "o",  "",  "o", "u", "u", "u", "u", "y", "th", "y",   // F0
    "A", "a", "A",  "a",  "A", "a", "C",  "c", "C", "c", "C", "c", "C", "c", "D",  "d",   // 100
    "D", "d", "E",  "e",  "E", "e", "E",  "e", "E", "e", "E", "e", "G", "g", "G",  "g",   // 110
    "G", "g", "G",  "g",  "H", "h", "H",  "h", "I", "i", "I", "i", "I", "i", "I",  "i",   // 120
    "I", "i", "IJ", "ij", "J", "j", "K",  "k", "k", "L", "l", "L", "l", "L", "l",  "L",   // 130
    "l", "L", "l",  "N",  "n", "N", "n",  "N", "n", "n", "N", "n", "O", "o", "O",  "o",   // 140
    "O", "o", "OE", "oe", "R", "r", "R",  "r", "R", "r", "S", "s", "S", "s", "S",  "s",   // 150
    "S", "s", "T",  "t",  "T", "t", "T",  "t", "U", "u", "U", "u", "U", "u", "U",  "u",   // 160
    "U", "u", "U",  "u",  "W", "w", "Y",  "y", "Y", "Z", "z", "Z", "z", "Z", "z",  "s",   // 170
};

/// The character at the beginning of `text`; an octet that begins none is one of its own.
std::string_view first_character(std::string_view text)
{
    for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length)
        if (is_utf8(text.substr(0, length))) return text.substr(0, length);
    return text.substr(0, 1);
}

std::string_view beginning(std::string_view text, std::size_t characters)
{
    std::size_t octets = 0;
    for (; characters > 0 && octets < text.size(); --characters)
        octets += first_character(text.substr(octets)).size();
    return text.substr(0, octets);
}

/// RFC 5321 4.1.2: what needs no quotes.
bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~."}.find(c) != std::string_view::npos;
}

/// Of a name. A '+' would begin a detail, and '%', '!' and '/' tempt other systems to look for a
/// route: they are there only if the format says so itself.
std::string sound_name(std::string_view name)
{
    auto out = without_accents(name);
    std::erase_if(out, [](char c) {
        return !is_plain(c) || std::string_view{"%!/+"}.find(c) != std::string_view::npos;
    });
    return out;
}

/// What the procedure would read as something else than a name (transfer/procedure.h).
std::string unreserved(std::string local)
{
    if (starts_with_word(local, "IMCEA")) std::erase(local, '-');
    while (Srs::has_form(local))
        local.erase(4, 1);
    return local;
}

/// Dot-atom: neither the first, nor the last, nor two dots together.
std::string sound_local_part(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (out.size() == most_octets) break;
        if (c != '.' || (!out.empty() && out.back() != '.')) out += c;
    }
    while (out.ends_with('.'))
        out.pop_back();
    return out;
}

}  // namespace

std::string without_accents(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        const auto character = first_character(text);
        text.remove_prefix(character.size());
        if (static_cast<unsigned char>(character.front()) < 0x80) {
            out += character;
        } else if (character.size() == 2) {
            const auto high = static_cast<unsigned char>(character[0]) & 0x1fU;
            const auto low = static_cast<unsigned char>(character[1]) & 0x3fU;
            const auto point = high << 6U | low;
            if (point >= 0xc0 && point < 0xc0 + plain_letters.size())
                out += plain_letters[point - 0xc0];
            else if (point >= 0x218 && point <= 0x21b)  // Romanian, with a comma below
                out += std::string_view{"SsTt"}[point - 0x218];
        } else if (character == "\u1e9e") {
            out += "SS";
        }
    }
    return out;
}

Parsed<AddressTemplate> AddressTemplate::parse(std::string_view text)
{
    const auto at = text.rfind('@');
    if (at == text.npos)
        return AddressError{"\"@\" missing, as in %g.%s@contoso.example", text.size()};
    AddressTemplate out;
    out.text_ = text;
    out.domain_ = canonical_domain(text.substr(at + 1));
    if (out.domain_.empty()) return AddressError{"no domain behind \"@\"", at + 1};
    if (out.domain_.size() > most_path - 1 - most_octets)
        return AddressError{"a domain of " + std::to_string(out.domain_.size()) +
                                " octets, which leaves no room for 64 before the \"@\"",
                            at + 1};
    const auto format = at == 0 ? std::string_view{"%m"} : text.substr(0, at);
    if (!is_utf8(format)) return AddressError{"not UTF-8", 0};
    const auto literal = [&](std::string_view octets) {
        if (out.pieces_.empty() || out.pieces_.back().kind != Piece::Kind::literal)
            out.pieces_.push_back({Piece::Kind::literal});
        out.pieces_.back().from += octets;
    };
    bool names = false;
    for (std::size_t i = 0; i < format.size();) {
        const auto begin = i;
        if (format[i] != '%') {
            if (!is_plain(format[i]))
                return AddressError{"\"" + std::string{first_character(format.substr(i))} +
                                        "\" cannot stand in an address",
                                    i};
            literal(format.substr(i++, 1));
            continue;
        }
        std::size_t most = 0;
        const auto digits = ++i;
        while (i < format.size() && format[i] >= '0' && format[i] <= '9')
            ++i;
        if (i > digits) {
            const auto number = parse_number(format.substr(digits, i - digits));
            if (!number || *number == 0 || *number > most_octets)
                return AddressError{"a number from 1 to 64 expected behind \"%\"", begin};
            most = *number;
        }
        const char token = i < format.size() ? to_lower(format[i++]) : '\0';
        switch (token) {
        case '%': literal("%"); break;
        case 'm': out.pieces_.push_back({Piece::Kind::alias, most}); break;
        case 's': out.pieces_.push_back({Piece::Kind::surname, most}); break;
        case 'g': out.pieces_.push_back({Piece::Kind::given, most}); break;
        case 'i': out.pieces_.push_back({Piece::Kind::initials, most}); break;
        case 'd': out.pieces_.push_back({Piece::Kind::display, most}); break;
        case 'r': {
            const auto from = first_character(format.substr(i));
            const auto to = first_character(format.substr(i + from.size()));
            if (from.empty() || to.empty())
                return AddressError{"two characters expected behind \"%r\"", begin};
            out.pieces_.push_back({Piece::Kind::replace, 0, std::string{from},
                                   from == to ? std::string{} : std::string{to}});
            i += from.size() + to.size();
            break;
        }
        default:
            return AddressError{"\"%\" is followed by none of m s g i d r % or a number", begin};
        }
        if ((token == '%' || token == 'r') && most > 0)
            return AddressError{"a number stands before m, s, g, i or d only", begin};
        names = names || (token != '%' && token != 'r');
    }
    if (!names)
        return AddressError{"every recipient would get the same address; one of %m %s %g %i %d "
                            "expected",
                            0};
    return out;
}

std::string AddressTemplate::local_part(const RecipientNames& names) const
{
    std::vector<const Piece*> replacements;
    const auto changed = [&replacements](std::string_view text) {
        std::string out;
        while (!text.empty()) {
            const auto character = first_character(text);
            text.remove_prefix(character.size());
            const auto found = std::ranges::find(replacements, character, &Piece::from);
            out += found == replacements.end() ? character : std::string_view{(*found)->to};
        }
        return out;
    };
    std::string out;
    for (const auto& piece : pieces_) {
        const auto add = [&](const std::string& name) {
            // Spaces at the ends are nobody's name, and would count.
            const auto text = sound_name(changed(trim(name)));
            out += piece.most == 0 ? std::string_view{text} : beginning(text, piece.most);
        };
        switch (piece.kind) {
        case Piece::Kind::literal: out += piece.from; break;
        case Piece::Kind::alias: add(names.alias); break;
        case Piece::Kind::surname: add(names.surname); break;
        case Piece::Kind::given: add(names.given); break;
        case Piece::Kind::initials: add(names.initials); break;
        case Piece::Kind::display: add(names.display); break;
        case Piece::Kind::replace: {
            const auto same = std::ranges::find(replacements, piece.from, &Piece::from);
            if (same != replacements.end())
                *same = &piece;
            else
                replacements.push_back(&piece);
        }
        }
    }
    return out;
}

std::string AddressTemplate::address(const RecipientNames& names, std::uint32_t number) const
{
    auto local = sound_local_part(local_part(names));
    if (local.empty()) local = sound_local_part(sound_name(names.alias));
    if (local.empty()) local = "user";
    local = sound_local_part(unreserved(std::move(local)));
    if (number > 1) {
        const auto behind = std::to_string(number);
        local.resize(std::min(local.size(), most_octets - behind.size()));
        while (local.ends_with('.'))
            local.pop_back();
        local += behind;
    }
    return local + "@" + domain_;
}

std::optional<std::uint32_t> AddressTemplate::number_of(const RecipientNames& names,
                                                        std::string_view address) const
{
    const auto local = address.substr(0, address.find('@'));
    // A name may end in digits of its own.
    for (std::size_t digits = 1; digits <= std::min<std::size_t>(local.size(), 9); ++digits) {
        const auto number = parse_number(local.substr(local.size() - digits));
        if (!number) return {};
        const auto n = static_cast<std::uint32_t>(*number);
        if (n > 1 && same_word(this->address(names, n), address)) return n;
    }
    return {};
}

std::string AddressTemplate::unique_address(const RecipientNames& names,
                                            const std::function<bool(const std::string&)>& is_taken,
                                            std::string_view own) const
{
    const auto free = [&](std::uint32_t number) {
        const auto candidate = address(names, number);
        const bool postmaster = same_word(candidate.substr(0, candidate.find('@')), "postmaster");
        return !postmaster && !is_taken(candidate);
    };
    for (std::uint32_t number = 1; number <= one_by_one; ++number)
        if (free(number)) return address(names, number);
    if (const auto kept = number_of(names, own); kept && *kept > one_by_one && free(*kept))
        return address(names, *kept);
    auto taken = one_by_one;
    auto found = 2 * taken;
    for (; !free(found); found *= 2) {
        if (found == most_alike) return {};
        taken = found;
    }
    while (found - taken > 1) {
        const auto middle = taken + (found - taken) / 2;
        (free(middle) ? found : taken) = middle;
    }
    return address(names, found);
}

}  // namespace imc::mail
