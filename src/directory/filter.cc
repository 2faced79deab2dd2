#include "directory/filter.h"

#include "directory/directory.h"
#include "directory/schema.h"

#include <algorithm>

namespace imc {
namespace {

constexpr std::size_t most_octets = 64 << 10;
constexpr int most_depth = 50;

int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char l = to_lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

class Parser {
public:
    explicit Parser(std::string_view text) : text_{text} {}

    Result<Filter> run()
    {
        auto filter = one(0);
        if (filter && at_ != text_.size()) return bad("nothing more expected");
        return filter;
    }

private:
    Error bad(const std::string& what) const
    {
        return Error{EventId::filter_invalid, "filter \"" + printable(text_, 200) +
                                                  "\", position " + std::to_string(at_ + 1) + ": " +
                                                  what};
    }

    bool skip(char c)
    {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    Result<Filter> one(int depth)
    {
        if (depth > most_depth) return bad("nested too deeply");
        if (!skip('(')) return bad("'(' expected");
        Filter filter;
        if (skip('&')) {
            filter.kind = Filter::Kind::all_of;
        } else if (skip('|')) {
            filter.kind = Filter::Kind::any_of;
        } else if (skip('!')) {
            filter.kind = Filter::Kind::none_of;
        } else {
            return item();
        }
        while (at_ < text_.size() && text_[at_] == '(') {
            auto part = one(depth + 1);
            if (!part) return part.error();
            filter.parts.push_back(std::move(*part));
        }
        if (filter.kind == Filter::Kind::none_of && filter.parts.size() != 1)
            return bad("one filter expected after '!'");
        if (!skip(')')) return bad("')' expected");
        return filter;
    }

    Result<Filter> item()
    {
        Filter filter;
        const auto end = text_.find_first_of("=<>~:()", at_);
        if (end == text_.npos || end == at_) return bad("ATTRIBUTE=VALUE expected");
        filter.attribute = std::string{text_.substr(at_, end - at_)};
        if (!is_attribute_description(filter.attribute))
            return bad("\"" + printable(filter.attribute, 60) + "\" is no attribute");
        at_ = end;
        filter.kind = Filter::Kind::equal;
        if (skip('>'))
            filter.kind = Filter::Kind::at_least;
        else if (skip('<'))
            filter.kind = Filter::Kind::at_most;
        else
            skip('~');
        if (!skip('=')) return bad("'=' expected");
        return value(std::move(filter));
    }

    Result<Filter> value(Filter filter)
    {
        std::vector<std::string> pieces(1);
        while (at_ < text_.size() && text_[at_] != ')') {
            const char c = text_[at_];
            if (c == '(' || c == '\0') return bad("this octet must be escaped");
            if (c == '*' && filter.kind == Filter::Kind::equal) {
                pieces.emplace_back();
                ++at_;
            } else if (c == '\\') {
                if (at_ + 2 >= text_.size() || hex(text_[at_ + 1]) < 0 || hex(text_[at_ + 2]) < 0)
                    return bad("two hex digits expected after '\\'");
                pieces.back() += static_cast<char>(hex(text_[at_ + 1]) * 16 + hex(text_[at_ + 2]));
                at_ += 3;
            } else {
                pieces.back() += c;
                ++at_;
            }
        }
        if (!skip(')')) return bad("')' expected");
        if (pieces.size() == 2 && pieces[0].empty() && pieces[1].empty())
            filter.kind = Filter::Kind::present;
        else if (pieces.size() > 1)
            filter.kind = Filter::Kind::substrings;
        filter.values = std::move(pieces);
        return filter;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// A piece of a text as it would stand in a normalized one.
std::string folded_piece(const AttributeRule& rule, const std::string& piece)
{
    std::string out;
    for (const char c : rule.syntax == Syntax::exact ? piece : lower(piece))
        if (c != ' ' || !out.ends_with(' ')) out += c;
    return out;
}

bool substrings_match(std::string_view text, const AttributeRule& rule,
                      const std::vector<std::string>& pieces)
{
    auto first = folded_piece(rule, pieces.front());
    auto last = folded_piece(rule, pieces.back());
    // Normalized texts have no spaces at their ends.
    if (first.starts_with(' ')) first.erase(0, 1);
    if (last.ends_with(' ')) last.pop_back();
    if (!text.starts_with(first)) return false;
    text.remove_prefix(first.size());
    for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
        const auto piece = folded_piece(rule, pieces[i]);
        const auto at = text.find(piece);
        if (at == text.npos) return false;
        text.remove_prefix(at + piece.size());
    }
    return text.ends_with(last);
}

/// Of integers in their one form (is_value_of): by sign, length, digits.
bool less_or_equal(std::string_view a, std::string_view b)
{
    const bool a_negative = a.starts_with('-');
    if (a_negative != b.starts_with('-')) return a_negative;
    const bool smaller = a.size() != b.size() ? a.size() < b.size() : a < b;
    return a == b || smaller != a_negative;
}

}  // namespace

Result<Filter> Filter::parse(std::string_view text)
{
    if (text.size() > most_octets)
        return Error{EventId::filter_invalid, "a filter of more than 64 KiB"};
    return Parser{text}.run();
}

std::string Filter::to_string() const
{
    switch (kind) {
    case Kind::all_of:
    case Kind::any_of:
    case Kind::none_of: {
        std::string out{kind == Kind::all_of ? "(&" : kind == Kind::any_of ? "(|" : "(!"};
        for (const auto& part : parts)
            out += part.to_string();
        return out + ")";
    }
    case Kind::present: return "(" + attribute + "=*)";
    default: break;
    }
    std::string out = "(" + attribute;
    out += kind == Kind::at_least ? ">=" : kind == Kind::at_most ? "<=" : "=";
    for (std::size_t i = 0; i < values.size(); ++i)
        out += (i == 0 ? "" : "*") + escape_filter_value(values[i]);
    return out + ")";
}

std::optional<bool> Filter::evaluate(const Entry& entry) const
{
    if (kind == Kind::none_of) {
        const auto part = parts.front().evaluate(entry);
        return part ? std::optional{!*part} : std::nullopt;
    }
    if (kind != Kind::all_of && kind != Kind::any_of) return evaluate_item(entry);
    const bool decisive = kind == Kind::any_of;  // one such part decides, whatever the others say
    std::optional<bool> answer = !decisive;
    for (const auto& part : parts) {
        const auto one = part.evaluate(entry);
        if (one == decisive) return decisive;
        if (!one) answer = std::nullopt;
    }
    return answer;
}

std::optional<bool> Filter::evaluate_item(const Entry& entry) const
{
    const auto* rule = find_attribute(attribute);
    if (rule == nullptr) return std::nullopt;
    const auto any = [&](auto test) { return std::ranges::any_of(entry.all(attribute), test); };
    switch (kind) {
    case Kind::present: return !entry.all(attribute).empty();
    case Kind::equal: {
        if (!is_value_of(*rule, values.front())) return std::nullopt;
        const auto wanted = normalized_value(attribute, values.front());
        return any([&](const std::string& v) { return normalized_value(attribute, v) == wanted; });
    }
    case Kind::substrings:
        if (!has_substrings(*rule)) return std::nullopt;
        return any([&](const std::string& v) {
            return substrings_match(normalized_value(attribute, v), *rule, values);
        });
    case Kind::at_least:
    case Kind::at_most:
        if (!has_order(*rule) || !is_value_of(*rule, values.front())) return std::nullopt;
        return any([&](const std::string& v) {
            return kind == Kind::at_least ? less_or_equal(values.front(), v)
                                          : less_or_equal(v, values.front());
        });
    case Kind::all_of:
    case Kind::any_of:
    case Kind::none_of: break;
    }
    return std::nullopt;
}

std::string escape_filter_value(std::string_view value)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : value) {
        if (c == '*' || c == '(' || c == ')' || c == '\\' || c == '\0') {
            const auto octet = static_cast<unsigned char>(c);
            out += {'\\', digits[octet >> 4U], digits[octet & 15U]};
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace imc
