#include "transfer/decision.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace imc::transfer {
namespace {

constexpr std::string_view mark = "...";
constexpr std::size_t most_of_value = 160;
constexpr std::size_t most_of_way = 100;
constexpr std::size_t room_for_way = 4 + most_of_way;  // ";to="
constexpr std::size_t room_for_mark = 1 + mark.size();

bool is_plain(char c) { return c != ';' && c != '%' && !is_control(c); }

/// Appends `value`, so much of it as fits; never half a character.
void escape(std::string& out, std::string_view value, std::size_t most)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    if (value.size() <= most && std::ranges::all_of(value, is_plain)) {
        out += value;
        return;
    }
    const auto begin = out.size();
    std::size_t fits = begin;  // the mark would fit behind it
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        const bool continues = (octet & 0xc0U) == 0x80U;
        if (!continues && out.size() - begin + mark.size() <= most) fits = out.size();
        if (is_plain(c))
            out += c;
        else
            (out += '%').append({digits[octet >> 4U], digits[octet & 15U]});
        if (out.size() - begin <= most) continue;
        out.resize(fits);
        out += mark;
        return;
    }
}

int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string unescaped(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
        const int low = high >= 0 ? digit_of(text[i + 2]) : -1;
        if (low < 0) {
            out += text[i];
            continue;
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

struct Meaning {
    std::string_view word, meaning;
};
constexpr std::array meanings{
    Meaning{"at", "decided at"},
    Meaning{"gen", "configuration generation"},
    Meaning{"dir", "directory revision"},
    Meaning{"age", "seconds since the directory was asked"},
    Meaning{"ours", "our domain"},
    Meaning{"other", "another's domain"},
    Meaning{"row", "routing row"},
    Meaning{"rewrite", "looked at anew as"},
    Meaning{"postmaster", "postmaster"},
    Meaning{"dn", "object"},
    Meaning{"by", "found by"},
    Meaning{"srs", "an address of ours for"},
    Meaning{"redirect", "passed on to"},
    Meaning{"target", "contact at"},
    Meaning{"relay", "relayed by"},
    Meaning{"space", "address space"},
    Meaning{"connector", "connector"},
    Meaning{"to", "goes to"},
    Meaning{"as", "as"},
    Meaning{"size", "size limit"},
    Meaning{"sender", "sender admitted by"},
};

/// FNV-1a, folded; never 0. It stands in no file, so another one may be taken at any time.
std::uint16_t folded(std::string_view text)
{
    std::uint32_t hash = 2166136261U;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    const auto out = static_cast<std::uint16_t>(hash ^ hash >> 16U);
    return out == 0 ? 1 : out;
}

std::uint16_t way_of_key(std::string_view key)
{
    if (key.size() <= most_of_way && std::ranges::all_of(key, is_plain)) return folded(key);
    std::string written;
    escape(written, key, most_of_way);
    return folded(written);
}

}  // namespace

void DecisionLine::put(std::string_view word, std::string_view value, std::size_t value_octets,
                       std::size_t most)
{
    if (out_.capacity() < decision_octets / 2) out_.reserve(decision_octets / 2);
    const auto before = out_.size();
    if (!out_.empty()) out_ += ';';
    (out_ += word) += '=';
    escape(out_, value, value_octets);
    if (out_.size() <= most) return;
    out_.resize(before);
    if (std::exchange(cut_, true)) return;
    if (!out_.empty()) out_ += ';';
    out_ += mark;
}

void DecisionLine::add(std::string_view word, std::string_view value)
{
    const auto kept = (has_way_ ? 0 : room_for_way) + (cut_ ? 0 : room_for_mark);
    put(word, value, most_of_value, decision_octets - kept);
}

void DecisionLine::to(std::string_view way)
{
    if (std::exchange(has_way_, true)) return;
    put("to", way, most_of_way, decision_octets);
}

Decision parse_decision(std::string_view line)
{
    Decision out;
    for (const auto part : split(line, ';')) {
        if (part == mark) out.cut = true;
        const auto equals = part.find('=');
        if (equals == part.npos || equals == 0) continue;
        out.facts.push_back(
            {std::string{part.substr(0, equals)}, unescaped(part.substr(equals + 1))});
    }
    return out;
}

std::string_view meaning_of(std::string_view word)
{
    const auto known = std::ranges::find(meanings, word, &Meaning::word);
    return known == meanings.end() ? word : known->meaning;
}

std::string in_words(const Decision& decision)
{
    std::string out;
    for (const auto& [word, value] : decision.facts)
        (((out += out.empty() ? "" : "; ") += meaning_of(word)) += ' ') += value;
    if (decision.cut) (out += out.empty() ? "" : "; ") += mark;
    return out;
}

std::uint16_t way_of(const Resolution& resolution)
{
    if (const auto* route = std::get_if<Route>(&resolution)) return way_of_key(route->key);
    if (const auto* expand = std::get_if<Expand>(&resolution))
        return way_of_key(expand->list ? way_to_members : way_to_copies);
    return 0;
}

std::uint16_t way_of_line(std::string_view line)
{
    constexpr std::string_view word = "to=";
    for (std::size_t at = 0; at < line.size();) {
        const auto end = std::min(line.find(';', at), line.size());
        const auto part = line.substr(at, end - at);
        if (part.starts_with(word)) return folded(part.substr(word.size()));
        at = end + 1;
    }
    return 0;
}

}  // namespace imc::transfer
