#include "mail/header.h"

#include "base/text.h"
#include "mail/address.h"

namespace imc::mail {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// One octet after the other: what is outside comments, and where one address ends.
class AddressList {
public:
    std::vector<FoundAddress> run(std::string_view value)
    {
        for (std::size_t& i = at_; i < value.size(); ++i) {
            const char c = value[i];
            if (comment_ > 0) {
                if (c == '\\')
                    ++i;
                else if (c == '(')
                    ++comment_;
                else if (c == ')')
                    --comment_;
                continue;
            }
            if (quoted_) {
                put(c);
                if (c == '\\' && i + 1 < value.size())
                    put(value[++i]);
                else if (c == '"')
                    quoted_ = false;
                continue;
            }
            outside(c);
        }
        finish();
        return std::move(found_);
    }

private:
    void outside(char c)
    {
        if (c == '(') {
            comment_ = 1;
            apart_ = true;
        } else if (c == '"') {
            quoted_ = true;
            put(c);
        } else if (c == '<' && !in_angle_) {
            in_angle_ = had_angle_ = true;
            several_ = false;
            angle_.clear();
        } else if (c == '>' && in_angle_) {
            in_angle_ = false;
        } else if ((c == ',' || c == ';') && !in_angle_) {  // in angles it is a source route's
            finish();
        } else if (c == ':' && !in_angle_ && !had_angle_ && bare_.find('@') == std::string::npos) {
            bare_.clear();  // the name of a group
            several_ = false;
        } else if (is_space(c)) {
            apart_ = true;
        } else {
            put(c);
        }
    }

    void put(char c)
    {
        auto& into = in_angle_ ? angle_ : bare_;
        const auto joins = [](char one) { return one == '.' || one == '@'; };
        if (apart_ && !into.empty() && !joins(c) && !joins(into.back())) several_ = true;
        apart_ = false;
        into += c;
        if (in_angle_ || !had_angle_) end_ = at_ + 1;
    }

    void finish()
    {
        std::string_view address = had_angle_ ? angle_ : bare_;
        if (had_angle_ && address.starts_with('@'))
            if (const auto colon = address.find(':'); colon != address.npos)
                address.remove_prefix(colon + 1);
        if (!address.empty()) found_.push_back({std::string{address}, end_, several_});
        bare_.clear();
        angle_.clear();
        in_angle_ = had_angle_ = several_ = apart_ = false;
    }

    std::vector<FoundAddress> found_;
    std::string bare_, angle_;
    std::size_t at_ = 0, end_ = 0;
    std::size_t comment_ = 0;
    bool quoted_ = false, in_angle_ = false, had_angle_ = false;
    bool several_ = false, apart_ = false;
};

/// The line that begins at `at`, with its end.
std::string_view line_at(std::string_view text, std::size_t at)
{
    const auto end = text.find('\n', at);
    return text.substr(at, end == text.npos ? text.npos : end + 1 - at);
}

std::string_view without_end(std::string_view line)
{
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

std::vector<HeaderField> header_fields(std::string_view text)
{
    std::vector<HeaderField> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto begin = at;
        const auto line = line_at(text, at);
        if (without_end(line).empty()) break;
        at += line.size();
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t'))
            at += line_at(text, at).size();
        const auto colon = line.find(':');
        if (colon == line.npos || colon == 0) continue;
        const auto name = trim(line.substr(0, colon));
        if (name.empty() || name.find_first_of(" \t") != name.npos) continue;
        const auto whole = text.substr(begin, at - begin);
        out.push_back({name, without_end(whole.substr(colon + 1)), whole});
    }
    return out;
}

std::vector<std::string> header_values(std::string_view text, std::string_view name)
{
    std::vector<std::string> out;
    for (const auto& field : header_fields(text))
        if (same_word(field.name, name)) out.emplace_back(trim(unfold(field.value)));
    return out;
}

std::string unfold(std::string_view value)
{
    std::string out;
    out.reserve(value.size());
    for (const char c : value)
        if (c != '\r' && c != '\n') out += c;
    return out;
}

std::vector<std::string> addresses_in(std::string_view value)
{
    std::vector<std::string> out;
    for (auto& found : AddressList{}.run(value))
        out.push_back(std::move(found.text));
    return out;
}

std::vector<FoundAddress> found_addresses(std::string_view value)
{
    return AddressList{}.run(value);
}

std::string with_domain(std::string_view value, std::string_view domain)
{
    std::string out;
    std::size_t copied = 0;
    for (const auto& found : AddressList{}.run(value)) {
        if (found.several || found.text.find_first_of("@\"") != std::string::npos) continue;
        const auto behind = "@" + std::string{domain};
        if (!parse_address(found.text + behind)) continue;
        out.append(value.substr(copied, found.end - copied)).append(behind);
        copied = found.end;
    }
    return out.append(value.substr(copied));
}

}  // namespace imc::mail
