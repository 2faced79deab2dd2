#include "base/text.h"
#include "registry/reg_line.h"
#include "registry/reg_text.h"

#include <charconv>

namespace imc::registry {
namespace {

Error bad(std::size_t line, const std::string& what)
{
    return Error{EventId::registry_syntax, "line " + std::to_string(line) + ": " + what};
}

/// A quoted string at the front; what follows it stays in `text`.
std::optional<std::string> take_string(std::string_view& text)
{
    if (!text.starts_with('"')) return {};
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return out;
        }
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\\' || text[i + 1] == '"'))
            ++i;
        out += text[i];
    }
    return {};
}

/// REGEDIT4 keeps strings of hex(2) and hex(7) in 8 bits; here they become UTF-16LE.
std::string widened(const std::string& octets)
{
    std::string out;
    for (const char c : octets) {
        out += c;
        out += '\0';
    }
    return out;
}

constexpr std::string_view utf16_mark = "\xff\xfe", utf8_mark = "\xef\xbb\xbf";

}  // namespace

std::optional<std::string> reg_text_in_utf8(std::string_view octets)
{
    std::string converted;
    if (octets.starts_with(utf16_mark)) {
        auto text = utf16le_to_utf8(octets.substr(utf16_mark.size()));
        if (!text) return {};
        converted = std::move(*text);
        octets = converted;
    }
    if (octets.starts_with(utf8_mark)) octets.remove_prefix(utf8_mark.size());
    if (!is_utf8(octets)) return {};
    return std::string{octets};
}

class RegParser {
public:
    Result<Document> run(std::string_view octets)
    {
        const auto converted = reg_text_in_utf8(octets);
        if (!converted && octets.starts_with(utf16_mark))
            return Error{EventId::registry_not_utf8, "the file begins like UTF-16, and is none"};
        if (!converted) return not_utf8(octets);
        octets = *converted;
        if (octets.find('\0') != octets.npos)
            return Error{EventId::registry_not_utf8, "the file holds zero octets"};
        return lines(octets);
    }

private:
    static Error not_utf8(std::string_view octets)
    {
        std::size_t number = 0;
        for (const auto line : split(octets, '\n')) {
            ++number;
            if (!is_utf8(line))
                return Error{EventId::registry_not_utf8,
                             "line " + std::to_string(number) +
                                 " is not UTF-8: " + printable(line, 80)};
        }
        return Error{EventId::registry_not_utf8, "the file is not UTF-8"};
    }

    Result<Document> lines(std::string_view text)
    {
        const bool complete = text.empty() || text.ends_with('\n');
        auto raw = split(text, '\n');
        if (complete && !raw.empty()) raw.pop_back();
        for (std::size_t i = 0; i < raw.size(); ++i) {
            auto line = raw[i];
            if (line.ends_with('\r')) line.remove_suffix(1);
            std::string whole{line};
            const std::size_t number = i + 1;
            std::string joined = whole;
            while (is_continued(joined)) {
                if (i + 1 == raw.size())
                    return bad(number, "the file ends inside a continued value (cut off?)");
                auto next = raw[++i];
                if (next.ends_with('\r')) next.remove_suffix(1);
                joined.pop_back();
                joined += trim(next);
                whole += "\n" + std::string{next};
            }
            if (auto taken = one(joined, whole, number); !taken) return taken.error();
        }
        if (!header_)
            return bad(1, "no header; \"" + std::string{header5} +
                              "\" or \"REGEDIT4\" expected on the first line");
        return std::move(document_);
    }

    /// Only lists of octets are continued; a text that ends in a backslash is not.
    static bool is_continued(std::string_view line)
    {
        if (!line.ends_with('\\') || trim(line).starts_with(';')) return false;
        // Behind the name, which may itself hold anything but a quote.
        auto rest = trim(line);
        if (rest.starts_with('"') ? !take_string(rest) : !rest.starts_with('@')) return false;
        if (rest.starts_with('@')) rest.remove_prefix(1);
        rest = trim(rest);
        return rest.starts_with('=') && starts_with_word(trim(rest.substr(1)), "hex");
    }

    Result<> one(std::string_view line, std::string whole, std::size_t number)
    {
        Document::Line out;
        out.text = std::move(whole);
        out.number = number;
        const auto text = trim(line);
        if (!header_ && !text.empty() && !text.starts_with(';')) {
            if (text != header5 && text != header4)
                return bad(number, "\"" + printable(text, 60) + "\" found, \"" +
                                       std::string{header5} + "\" expected");
            header_ = true;
            narrow_ = text == header4;
            if (narrow_) out.text = header5;  // it is written back as 5.00
        } else if (text.starts_with('[')) {
            if (!text.ends_with(']')) return bad(number, "a key without its ']' (cut off?)");
            auto key = text.substr(1, text.size() - 2);
            const bool deleted = key.starts_with('-');
            if (deleted) key.remove_prefix(1);
            if (key.empty()) return bad(number, "an empty key");
            out.kind = deleted ? Document::Line::Kind::delete_key : Document::Line::Kind::key;
            out.key = canonical_key(key);
            key_ = deleted ? std::string{} : out.key;
        } else if (!text.empty() && !text.starts_with(';')) {
            if (auto read = value(out, text, number); !read) return read;
            // It is written back as 5.00, where texts in octets are UTF-16.
            if (narrow_ && out.kind == Document::Line::Kind::value)
                out.text = value_line(out.name, out.value);
        }
        document_.lines_.push_back(std::move(out));
        return {};
    }

    Result<> value(Document::Line& out, std::string_view text, std::size_t number)
    {
        if (key_.empty()) return bad(number, "a value outside of any [KEY]");
        out.key = key_;
        if (text.starts_with('@')) {
            text.remove_prefix(1);
        } else {
            auto name = take_string(text);
            if (!name)
                return bad(number, "\"NAME\"= expected, \"" + printable(text, 60) + "\" found");
            out.name = std::move(*name);
        }
        text = trim(text);
        if (!text.starts_with('=')) return bad(number, "'=' expected after the name");
        text = trim(text.substr(1));
        out.kind = Document::Line::Kind::value;
        if (text == "-") {
            out.kind = Document::Line::Kind::delete_value;
            return {};
        }
        if (text.starts_with('"')) {
            const auto content = take_string(text);
            if (!content) return bad(number, "a text without its closing quote (cut off?)");
            if (!trim(text).empty() && !trim(text).starts_with(';'))
                return bad(number, "\"" + printable(text, 40) + "\" after the closing quote");
            out.value = Value::sz(*content);
            return {};
        }
        if (starts_with_word(text, "dword:")) return dword(out, text.substr(6), number);
        if (starts_with_word(text, "hex")) return hex(out, text.substr(3), number);
        return bad(number, "\"" + printable(text, 60) +
                               "\" found; a text in quotes, dword:, hex: or - expected");
    }

    static Result<> dword(Document::Line& out, std::string_view digits, std::size_t number)
    {
        digits = trim(digits.substr(0, digits.find(';')));
        std::uint32_t value = 0;
        const auto [stop, failure] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (digits.empty() || digits.size() > 8 || failure != std::errc{} ||
            stop != digits.data() + digits.size())
            return bad(number,
                       "dword:" + printable(digits, 20) + " found, up to 8 hex digits expected");
        out.value = Value::number(value);
        return {};
    }

    Result<> hex(Document::Line& out, std::string_view text, std::size_t number) const
    {
        out.value.type = Type::binary;
        if (text.starts_with('(')) {
            const auto close = text.find(')');
            const auto digits = text.substr(1, close == text.npos ? 0 : close - 1);
            std::uint32_t type = 0;
            const auto [stop, failure] =
                std::from_chars(digits.data(), digits.data() + digits.size(), type, 16);
            if (digits.empty() || failure != std::errc{} || stop != digits.data() + digits.size())
                return bad(number, "hex(TYPE): expected");
            out.value.type = static_cast<Type>(type);
            text.remove_prefix(close + 1);
        }
        if (!text.starts_with(':')) return bad(number, "':' expected after hex");
        text = trim(text.substr(1, text.find(';') == text.npos ? text.npos : text.find(';') - 1));
        while (!text.empty()) {
            const auto comma = text.find(',');
            const auto pair = trim(text.substr(0, comma));
            unsigned octet = 0;
            const auto [stop, failure] =
                std::from_chars(pair.data(), pair.data() + pair.size(), octet, 16);
            if (pair.empty() || pair.size() > 2 || failure != std::errc{} ||
                stop != pair.data() + pair.size())
                return bad(number, "\"" + printable(pair, 20) +
                                       "\" among the octets; two hex digits expected");
            out.value.data += static_cast<char>(octet);
            if (comma == text.npos) break;
            text = trim(text.substr(comma + 1));
            if (text.empty()) return bad(number, "the octets end with a comma (cut off?)");
        }
        if (narrow_ && (out.value.type == Type::expand_sz || out.value.type == Type::multi_sz))
            out.value.data = widened(out.value.data);
        return {};
    }

    Document document_;
    std::string key_;
    bool header_ = false;
    bool narrow_ = false;
};

Result<Document> Document::parse(std::string_view octets) { return RegParser{}.run(octets); }

}  // namespace imc::registry
