#include "tracking/line.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace imc::tracking {
namespace {

/// How many octets of well-formed UTF-8 stand at the beginning of `text`; 0: none.
std::size_t sequence(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return text.size() >= length && is_utf8(text.substr(0, length)) ? length : 0;
}

void append_hex(std::string& out, char c)
{
    std::array<char, 5> text{};
    std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned>(c) & 0xffU);
    out += text.data();
}

void append_escaped(std::string& out, std::string_view field)
{
    while (!field.empty()) {
        const char c = field.front();
        const auto length = sequence(field);
        if (c == '\t')
            out += "\\t";
        else if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\\')
            out += "\\\\";
        else if (is_control(c) || length == 0)
            append_hex(out, c);
        else
            out += field.substr(0, length);
        field.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

bool is_plain(std::string_view field)
{
    unsigned found = 0;  // without an early end, which the compiler makes fast
    for (const char c : field)
        found |= static_cast<unsigned>(c < 0x20) | static_cast<unsigned>(c == 0x7f) |
                 static_cast<unsigned>(c == '\\');
    return found == 0;
}

std::optional<char> hex(std::string_view two)
{
    const auto digit = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        c = to_lower(c);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    if (two.size() < 2 || digit(two[0]) < 0 || digit(two[1]) < 0) return {};
    return static_cast<char>(digit(two[0]) * 16 + digit(two[1]));
}

std::string unescape(std::string_view field)
{
    std::string out;
    out.reserve(field.size());
    while (!field.empty()) {
        const auto plain = std::min(field.find('\\'), field.size());
        out += field.substr(0, plain);
        field.remove_prefix(plain);
        if (field.empty()) break;
        const char kind = field.size() > 1 ? field[1] : '\0';
        std::size_t used = 2;
        if (kind == 't')
            out += '\t';
        else if (kind == 'n')
            out += '\n';
        else if (kind == 'r')
            out += '\r';
        else if (kind == '\\')
            out += '\\';
        else if (const auto octet = kind == 'x' ? hex(field.substr(2)) : std::nullopt) {
            out += *octet;
            used = 4;
        } else {
            out += '\\';  // no writer of ours made that
            used = 1;
        }
        field.remove_prefix(std::min(used, field.size()));
    }
    return out;
}

}  // namespace

LineWriter& LineWriter::add(std::string_view field, std::size_t most)
{
    if (!first_) line_ += '\t';
    first_ = false;
    const bool cut = field.size() > most;
    field = field.substr(0, most);
    if (is_plain(field))
        line_ += field;
    else
        append_escaped(line_, field);
    if (cut) line_ += "...";
    return *this;
}

std::string LineWriter::take()
{
    line_ += '\n';
    return std::move(line_);
}

std::vector<std::string> read_fields(std::string_view line)
{
    std::vector<std::string> fields;
    for (const auto piece : split(line, '\t'))
        fields.push_back(unescape(piece));
    return fields;
}

std::string_view read_field(std::string_view written, std::string& room)
{
    if (written.find('\\') == written.npos) return written;
    room = unescape(written);
    return room;
}

void LineSplitter::feed(std::string_view octets, const Take& take)
{
    while (!octets.empty()) {
        const auto end = octets.find('\n');
        const auto piece = octets.substr(0, end);
        if (!skipping_ && rest_.size() + piece.size() > most_line_octets) {
            skipping_ = true;
            ++too_long_;
            rest_.clear();
        }
        if (end == octets.npos) {
            if (!skipping_) rest_ += piece;
            return;
        }
        if (!skipping_) {
            if (rest_.empty())
                take(piece);
            else
                take(rest_ += piece);
        }
        skipping_ = false;
        rest_.clear();
        octets.remove_prefix(end + 1);
    }
}

}  // namespace imc::tracking
