#include "config/policy_rows.h"

#include "base/text.h"
#include "config/parse.h"

#include <algorithm>
#include <array>
#include <limits>

namespace imc::config {
namespace {

using namespace std::chrono_literals;

std::string in_quotes(std::string_view text) { return "\"" + printable(text, 120) + "\""; }

/// Words of a row and where each begins.
class Row {
public:
    Row(std::string_view text, std::size_t number) : text_{trim(text)}, number_{number}
    {
        begin_ = text_.empty() ? 0 : static_cast<std::size_t>(text_.data() - text.data());
    }

    /// The next word; empty at the end.
    std::string_view word()
    {
        skip();
        at_ = next_;
        while (next_ < text_.size() && !is_blank(text_[next_]))
            ++next_;
        return text_.substr(at_, next_ - at_);
    }
    std::string_view rest()
    {
        skip();
        at_ = next_;
        next_ = text_.size();
        return text_.substr(at_);
    }
    std::string_view text() const { return text_; }

    /// About the word read last.
    Error bad(const std::string& what) const
    {
        return {EventId::value_invalid, "row " + std::to_string(number_) + ", column " +
                                            std::to_string(begin_ + at_ + 1) + ": " + what};
    }

private:
    static bool is_blank(char c) { return c == ' ' || c == '\t'; }
    void skip()
    {
        while (next_ < text_.size() && is_blank(text_[next_]))
            ++next_;
    }

    std::string_view text_;
    std::size_t number_, begin_ = 0, at_ = 0, next_ = 0;
};

template <class T, std::size_t N>
std::optional<T> choose(std::string_view word,
                        const std::array<std::pair<std::string_view, T>, N>& from)
{
    for (const auto& [name, value] : from)
        if (same_word(word, name)) return value;
    return {};
}

constexpr std::array scopes{std::pair{std::string_view{"all"}, LimitScope::all},
                            std::pair{std::string_view{"account"}, LimitScope::account},
                            std::pair{std::string_view{"host"}, LimitScope::host},
                            std::pair{std::string_view{"network"}, LimitScope::network}};
constexpr std::array kinds{std::pair{std::string_view{"connections"}, LimitOf::connections},
                           std::pair{std::string_view{"new-connections"}, LimitOf::new_connections},
                           std::pair{std::string_view{"messages"}, LimitOf::messages},
                           std::pair{std::string_view{"recipients"}, LimitOf::recipients},
                           std::pair{std::string_view{"errors"}, LimitOf::errors}};
constexpr std::array units{std::pair{std::string_view{"second"}, 1s},
                           std::pair{std::string_view{"minute"}, 60s},
                           std::pair{std::string_view{"hour"}, 3600s}};
constexpr std::array actions{std::pair{std::string_view{"reject"}, FilterAction::reject},
                             std::pair{std::string_view{"quarantine"}, FilterAction::quarantine},
                             std::pair{std::string_view{"tag"}, FilterAction::tag}};
constexpr std::array sizes_of{std::pair{std::string_view{"account"}, SizeRow::Of::account},
                              std::pair{std::string_view{"domain"}, SizeRow::Of::domain},
                              std::pair{std::string_view{"listener"}, SizeRow::Of::listener},
                              std::pair{std::string_view{"role"}, SizeRow::Of::role},
                              std::pair{std::string_view{"in"}, SizeRow::Of::inbound},
                              std::pair{std::string_view{"out"}, SizeRow::Of::outbound}};

bool has_blank_or_control(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return c == ' ' || is_control(c); });
}

/// A domain's name or an address in brackets, as filter rows hold them.
Result<std::string> domain_or_literal(std::string_view text)
{
    if (text.starts_with('[') && text.ends_with(']')) {
        auto inside = text.substr(1, text.size() - 2);
        if (starts_with_word(inside, "IPv6:")) inside.remove_prefix(5);
        if (!parse_octets(inside))
            return Error{EventId::value_invalid,
                         in_quotes(text) + " found, an address such as [192.0.2.1] expected"};
        return lower(text);
    }
    return parse_domain(text);
}

}  // namespace

bool DomainPattern::matches(std::string_view name) const
{
    if (name == domain) return true;
    return !exact && name.size() > domain.size() && name.ends_with(domain) &&
           name[name.size() - domain.size() - 1] == '.';
}

std::string_view to_string(FilterAction action)
{
    for (const auto& [name, value] : actions)
        if (value == action) return name;
    return "?";
}

Result<ConnectionRow> parse_connection_row(std::string_view text, std::size_t number)
{
    Row row{text, number};
    ConnectionRow out;
    out.text = std::string{row.text()};
    auto network = Network::parse(row.word());
    if (!network) return row.bad(network.error().detail());
    out.network = std::move(*network);
    const auto words = row.word();
    bool accept = false;
    for (const auto word : split(words, ',')) {
        if (same_word(word, "accept"))
            accept = true;
        else if (same_word(word, "reject"))
            out.reject = true;
        else if (same_word(word, "require-tls"))
            out.require_tls = true;
        else if (same_word(word, "require-auth"))
            out.require_auth = true;
        else
            return row.bad("action " + in_quotes(word) +
                           " found; accept, reject, require-tls or require-auth expected");
    }
    if (out.reject && (accept || out.require_tls || out.require_auth))
        return row.bad(in_quotes(words) + " found; reject stands alone");
    auto rest = row.rest();
    if (rest.empty()) return out;
    if (!out.reject)
        return row.bad(in_quotes(rest) + " found, nothing expected: only reject has a text");
    const auto end = std::min(rest.find(' '), rest.size());
    if (const auto code = parse_number(rest.substr(0, end))) {
        if (*code != 554 && *code != 521 && *code != 421)
            return row.bad("code " + in_quotes(rest.substr(0, end)) +
                           " found; 554, 521 or 421 expected");
        out.code = static_cast<int>(*code);
        rest = trim(rest.substr(end));
    }
    if (rest.size() > 400) return row.bad("a text of more than 400 octets");
    if (std::ranges::any_of(rest, [](char c) { return is_control(c) || (c & '\x80') != 0; }))
        return row.bad("a text that is not plain ASCII: the client reads it");
    out.reason = std::string{rest};
    return out;
}

Result<LimitRow> parse_limit_row(std::string_view text, std::size_t number)
{
    Row row{text, number};
    LimitRow out;
    const auto scope_word = row.word();
    const auto scope = choose(scope_word, scopes);
    if (!scope)
        return row.bad(in_quotes(scope_word) + " found; all, account, host or network expected");
    const auto what_word = row.word();
    const auto what = choose(what_word, kinds);
    if (!what)
        return row.bad(in_quotes(what_word) + " found; connections, new-connections, messages, "
                                              "recipients or errors expected");
    const auto amount = row.word();
    const auto slash = amount.find('/');
    const auto most = parse_number(amount.substr(0, slash));
    if (!most || *most == 0 || *most > 1'000'000'000)
        return row.bad(in_quotes(amount) + " found; a number from 1 to 1000000000 expected");
    out.scope = *scope;
    out.what = *what;
    out.most = *most;
    if (*what == LimitOf::connections) {
        if (slash != amount.npos)
            return row.bad(in_quotes(amount) +
                           " found; connections are counted at once and have no unit "
                           "(new-connections have)");
    } else {
        const auto word = slash == amount.npos ? std::string_view{} : amount.substr(slash + 1);
        const auto unit = choose(word, units);
        if (!unit)
            return row.bad(in_quotes(amount) +
                           " found; NUMBER/second, NUMBER/minute or NUMBER/hour expected");
        out.per = *unit;
    }
    if (const auto more = row.rest(); !more.empty())
        return row.bad(in_quotes(more) + " found, nothing expected");
    out.text = lower(scope_word) + " " + lower(what_word) + " " + lower(amount);
    return out;
}

Result<FilterRow> parse_filter_row(std::string_view text, std::size_t number, FilterAction action)
{
    Row row{text, number};
    FilterRow out;
    out.text = std::string{row.text()};
    out.action = action;
    const auto pattern = row.word();
    if (const auto word = row.word(); !word.empty()) {
        const auto chosen = choose(word, actions);
        if (!chosen) return row.bad(in_quotes(word) + " found; reject, quarantine or tag expected");
        out.action = *chosen;
    }
    if (const auto more = row.rest(); !more.empty())
        return row.bad(in_quotes(more) + " found, nothing expected");
    Row again{text, number};
    (void)again.word();  // so that column 1 is named
    if (pattern == "." || pattern == "<>") {
        out.empty_sender = true;
        return out;
    }
    const auto wrong = [&](const std::string& what) {
        return again.bad(in_quotes(pattern) + ": " + what +
                         "; user@domain, @domain, #@domain, user, user@[192.0.2.1] or <> expected");
    };
    auto rest = pattern;
    const bool exact = rest.starts_with('#');
    if (exact) rest.remove_prefix(1);
    const auto at = rest.rfind('@');
    auto local = at == rest.npos ? (exact ? std::string_view{} : rest) : rest.substr(0, at);
    auto domain = at == rest.npos ? (exact ? rest : std::string_view{}) : rest.substr(at + 1);
    if (exact && !local.empty()) return wrong("# stands before a domain alone");
    if (local.empty() && domain.empty()) return wrong("nothing in it");
    if (at != rest.npos && domain.empty()) return wrong("no domain after '@'");
    if (local.starts_with('"') && local.ends_with('"') && local.size() > 2)
        local = local.substr(1, local.size() - 2);
    if (local.size() > 64 || has_blank_or_control(local) || !is_utf8(local) ||
        local.find_first_of("@,;<>\"") != local.npos)
        return wrong(in_quotes(local) + " is no local part");
    out.local = lower(local);
    if (!domain.empty()) {
        auto name = domain_or_literal(domain);
        if (!name) return wrong(name.error().detail());
        out.domain = std::move(*name);
        out.subdomains = local.empty() && !exact && !out.domain.starts_with('[');
    }
    return out;
}

Result<std::uint64_t> parse_size(std::string_view text)
{
    text = trim(text);
    if (same_word(text, "none")) return std::uint64_t{0};
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number(text.substr(0, digits));
    const auto unit = trim(text.substr(digits));
    constexpr std::array factors{std::pair{std::string_view{"B"}, std::uint64_t{1}},
                                 std::pair{std::string_view{"KB"}, std::uint64_t{1000}},
                                 std::pair{std::string_view{"MB"}, std::uint64_t{1'000'000}},
                                 std::pair{std::string_view{"GB"}, std::uint64_t{1'000'000'000}},
                                 std::pair{std::string_view{"KiB"}, std::uint64_t{1} << 10U},
                                 std::pair{std::string_view{"MiB"}, std::uint64_t{1} << 20U},
                                 std::pair{std::string_view{"GiB"}, std::uint64_t{1} << 30U}};
    const auto factor = choose(unit, factors);
    if (!number || *number == 0 || !factor ||
        *number > std::numeric_limits<std::int64_t>::max() / *factor)
        return Error{EventId::value_invalid,
                     in_quotes(text) +
                         " found; a size with its unit (B, KB, MB, GB, KiB, MiB, GiB) "
                         "or none expected"};
    return *number * *factor;
}

Result<SizeRow> parse_size_row(std::string_view text, std::size_t number)
{
    Row row{text, number};
    SizeRow out;
    out.text = std::string{row.text()};
    const auto word = row.word();
    const auto of = choose(word, sizes_of);
    if (!of)
        return row.bad(in_quotes(word) +
                       " found; in, out, role, listener, domain or account expected");
    out.of = *of;
    if (*of != SizeRow::Of::inbound && *of != SizeRow::Of::outbound) {
        const auto name = row.word();
        switch (*of) {
        case SizeRow::Of::domain: {
            auto domain = parse_domain(name);
            if (!domain) return row.bad(domain.error().detail());
            out.name = std::move(*domain);
            break;
        }
        case SizeRow::Of::listener: {
            auto listener = parse_listener(name);
            if (!listener) return row.bad(listener.error().detail());
            out.name = listener->to_string();
            break;
        }
        case SizeRow::Of::role:
            if (!same_word(name, "mx") && !same_word(name, "submission") &&
                !same_word(name, "submissions"))
                return row.bad(in_quotes(name) + " found; mx, submission or submissions expected");
            out.name = lower(name);
            break;
        default:
            if (name.empty()) return row.bad("no alias found");
            out.name = lower(name);
        }
    }
    auto size = parse_size(row.rest());
    if (!size) return row.bad(size.error().detail());
    out.octets = *size;
    return out;
}

Result<DomainPattern> parse_domain_pattern(std::string_view text)
{
    DomainPattern out;
    text = trim(text);
    out.text = std::string{text};
    if (text.starts_with('#')) {
        out.exact = true;
        text.remove_prefix(1);
    }
    auto domain = parse_domain(text);
    if (!domain) return domain.error();
    out.domain = std::move(*domain);
    return out;
}

}  // namespace imc::config
