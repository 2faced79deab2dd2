#include "directory/ldif.h"

#include "base/base64.h"
#include "base/text.h"

#include <algorithm>
#include <optional>

namespace imc {
namespace {

struct Line {
    std::size_t number;
    std::string name;
    std::string value;
};

Error bad(std::size_t line, const std::string& what)
{
    return Error{EventId::ldif_invalid, "line " + std::to_string(line) + ": " + what};
}

/// Unfolded logical lines without comments; an empty name marks the end of a record.
Result<std::vector<Line>> lines_of(std::string_view text)
{
    std::vector<Line> out;
    std::size_t number = 0;
    bool comment = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto raw = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (raw.ends_with('\r')) raw.remove_suffix(1);
        ++number;
        if (raw.starts_with(' ') && !raw.empty()) {
            if (comment) continue;
            if (out.empty() || out.back().name.empty())
                return bad(number, "a continuation of nothing");
            out.back().name += raw.substr(1);
            continue;
        }
        comment = raw.starts_with('#');
        if (!comment) out.push_back({number, std::string{raw}, {}});
    }
    for (auto& line : out) {
        if (line.name.empty() || line.name == "-") continue;
        const auto colon = line.name.find(':');
        if (colon == std::string::npos || colon == 0)
            return bad(line.number,
                       "\"" + printable(line.name, 80) + "\" found, ATTRIBUTE: VALUE expected");
        if (!is_attribute_description(std::string_view{line.name}.substr(0, colon)))
            return bad(line.number,
                       "\"" + printable(std::string_view{line.name}.substr(0, colon), 80) +
                           "\" is no attribute");
        std::string_view rest = std::string_view{line.name}.substr(colon + 1);
        if (rest.starts_with('<')) return bad(line.number, "a value by URL is refused");
        const bool encoded = rest.starts_with(':');
        if (encoded) rest.remove_prefix(1);
        while (rest.starts_with(' '))
            rest.remove_prefix(1);
        line.value = std::string{rest};
        if (encoded) {
            auto decoded = base64_decode(rest);
            if (!decoded) return bad(line.number, "no base64 after '::'");
            line.value = std::move(*decoded);
        }
        line.name.resize(colon);
    }
    return out;
}

class Reader {
public:
    explicit Reader(std::vector<Line> lines) : lines_{std::move(lines)} {}

    Result<std::vector<Change>> run()
    {
        std::vector<Change> out;
        while (at_ < lines_.size()) {
            if (here().name.empty() || (out.empty() && is("version"))) {
                if (is("version") && here().value != "1")
                    return bad(here().number, "version 1 expected");
                ++at_;
                continue;
            }
            auto change = record();
            if (!change) return change.error();
            out.push_back(std::move(*change));
        }
        return out;
    }

private:
    const Line& here() const { return lines_[at_]; }
    bool ended() const { return at_ == lines_.size() || lines_[at_].name.empty(); }
    bool is(std::string_view name) const { return !ended() && same_word(here().name, name); }

    Result<Change> record()
    {
        if (!is("dn"))
            return bad(here().number,
                       "\"dn:\" expected, \"" + printable(here().name, 60) + "\" found");
        auto dn = Dn::parse_rfc4514(here().value);
        if (!dn) return bad(here().number, dn.error().detail());
        const auto begin = here().number;
        ++at_;
        if (is("control")) return bad(here().number, "controls are not supported");
        Change change{Change::Kind::add, std::move(*dn)};
        if (!is("changetype")) return content(std::move(change), begin);
        const auto kind = lower(here().value);
        const auto number = here().number;
        ++at_;
        if (kind == "add") return content(std::move(change), begin);
        if (kind == "delete") {
            change.kind = Change::Kind::remove;
            if (!ended()) return bad(here().number, "nothing more expected in a delete");
            return change;
        }
        if (kind == "modify") return modify(std::move(change));
        if (kind == "modrdn" || kind == "moddn") return rename(std::move(change), number);
        return bad(number, "changetype \"" + printable(kind, 40) + "\" is not known");
    }

    Result<Change> content(Change change, std::size_t begin)
    {
        for (; !ended(); ++at_) {
            if (here().name == "-") return bad(here().number, "'-' outside of a modify");
            change.attributes[here().name].push_back(here().value);
        }
        if (change.attributes.empty()) return bad(begin, "an object without attributes");
        return change;
    }

    Result<Change> modify(Change change)
    {
        change.kind = Change::Kind::modify;
        while (!ended()) {
            AttributeChange part{};
            if (is("add"))
                part.kind = AttributeChange::Kind::add;
            else if (is("delete"))
                part.kind = AttributeChange::Kind::remove;
            else if (is("replace"))
                part.kind = AttributeChange::Kind::replace;
            else
                return bad(here().number, "add:, delete: or replace: expected");
            part.attribute = here().value;
            if (!is_attribute_description(part.attribute))
                return bad(here().number,
                           "\"" + printable(part.attribute, 80) + "\" is no attribute");
            for (++at_; !ended() && here().name != "-"; ++at_) {
                if (!same_word(here().name, part.attribute))
                    return bad(here().number, "attribute " + part.attribute + " expected");
                part.values.push_back(here().value);
            }
            if (!ended()) ++at_;  // the "-"
            change.changes.push_back(std::move(part));
        }
        return change;
    }

    Result<Change> rename(Change change, std::size_t number)
    {
        change.kind = Change::Kind::rename;
        if (!is("newrdn")) return bad(number, "newrdn: expected");
        const auto rdn = Dn::parse_rfc4514(here().value);
        if (!rdn || rdn->rdns().size() != 1) return bad(here().number, "newrdn is no single name");
        change.new_rdn = rdn->rdns().front();
        ++at_;
        if (!is("deleteoldrdn") || (here().value != "0" && here().value != "1"))
            return bad(number, "deleteoldrdn: 0 or 1 expected");
        change.delete_old_rdn = here().value == "1";
        ++at_;
        if (is("newsuperior")) {
            auto superior = Dn::parse_rfc4514(here().value);
            if (!superior) return bad(here().number, superior.error().detail());
            change.new_superior = std::move(*superior);
            ++at_;
        }
        if (!ended()) return bad(here().number, "nothing more expected in a rename");
        return change;
    }

    std::vector<Line> lines_;
    std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Change>> parse_ldif(std::string_view text)
{
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    auto lines = lines_of(text);
    if (!lines) return lines.error();
    return Reader{std::move(*lines)}.run();
}

}  // namespace imc
