#include "directory/ldif.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace imc {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view octets)
{
    std::string out;
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        const auto piece = octets.substr(i, 3);
        unsigned bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8U | (j < piece.size() ? static_cast<unsigned char>(piece[j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= piece.size() ? alphabet[bits >> (18 - 6 * j) & 63U] : '=';
    }
    return out;
}

std::optional<std::string> unbase64(std::string_view text)
{
    if (text.size() % 4 != 0) return {};
    std::string out;
    unsigned bits = 0;
    std::size_t count = 0;
    const auto data = text.substr(0, text.find('='));
    if (text.size() - data.size() > 2 || text.find_first_not_of('=', data.size()) != text.npos)
        return {};
    for (const char c : data) {
        const auto value = alphabet.find(c);
        if (value == alphabet.npos) return {};
        bits = bits << 6U | static_cast<unsigned>(value);
        if (++count % 4 != 1) {
            const unsigned shift = 6 - 2 * ((count - 1) % 4);
            out += static_cast<char>(bits >> shift & 0xffU);
        }
    }
    return out;
}

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
        std::string_view rest = std::string_view{line.name}.substr(colon + 1);
        if (rest.starts_with('<')) return bad(line.number, "a value by URL is refused");
        const bool encoded = rest.starts_with(':');
        if (encoded) rest.remove_prefix(1);
        while (rest.starts_with(' '))
            rest.remove_prefix(1);
        line.value = std::string{rest};
        if (encoded) {
            auto decoded = unbase64(rest);
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

void put(std::string& out, std::string_view name, std::string_view value)
{
    const bool safe = std::ranges::all_of(value,
                                          [](char c) {
                                              return c != '\0' && c != '\r' && c != '\n' &&
                                                     static_cast<unsigned char>(c) < 0x80;
                                          }) &&
                      (value.empty() || (value.front() != ' ' && value.front() != ':' &&
                                         value.front() != '<' && value.back() != ' '));
    std::string line{name};
    line += safe ? ": " : ":: ";
    line += safe ? std::string{value} : base64(value);
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t room = at == 0 ? 76 : 75;
        out += (at == 0 ? "" : " ") + line.substr(at, room) + "\n";
        at += room;
    }
}

void put_all(std::string& out, const Attributes& attributes)
{
    // objectClass first: that is how people read an object.
    if (const auto classes = attributes.find("objectClass"); classes != attributes.end())
        for (const auto& value : classes->second)
            put(out, "objectClass", value);
    for (const auto& [name, values] : attributes)
        if (!same_word(name, "objectClass"))
            for (const auto& value : values)
                put(out, name, value);
}

}  // namespace

Result<std::vector<Change>> parse_ldif(std::string_view text)
{
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    auto lines = lines_of(text);
    if (!lines) return lines.error();
    return Reader{std::move(*lines)}.run();
}

std::string to_ldif(const Entry& entry)
{
    std::string out;
    put(out, "dn", entry.dn.to_rfc4514());
    put_all(out, entry.attributes);
    return out + "\n";
}

std::string to_ldif(const Change& change)
{
    std::string out;
    put(out, "dn", change.dn.to_rfc4514());
    switch (change.kind) {
    case Change::Kind::add:
        put(out, "changetype", "add");
        put_all(out, change.attributes);
        break;
    case Change::Kind::remove: put(out, "changetype", "delete"); break;
    case Change::Kind::modify:
        put(out, "changetype", "modify");
        for (const auto& part : change.changes) {
            constexpr std::array<std::string_view, 3> words{"add", "delete", "replace"};
            put(out, words[static_cast<std::size_t>(part.kind)], part.attribute);
            for (const auto& value : part.values)
                put(out, part.attribute, value);
            out += "-\n";
        }
        break;
    case Change::Kind::rename: {
        put(out, "changetype", "modrdn");
        Dn rdn;
        for (auto ava = change.new_rdn.rbegin(); ava != change.new_rdn.rend(); ++ava)
            rdn = Dn{}.child(ava->type, ava->value);
        put(out, "newrdn", rdn.to_rfc4514());
        put(out, "deleteoldrdn", change.delete_old_rdn ? "1" : "0");
        if (change.new_superior) put(out, "newsuperior", change.new_superior->to_rfc4514());
        break;
    }
    }
    return out + "\n";
}

namespace {

Dn renamed(const Change& change)
{
    const auto& ava = change.new_rdn.front();
    return (change.new_superior ? *change.new_superior : change.dn.parent())
        .child(ava.type, ava.value);
}

Change reverse_of(const Change& change, const Entry& before)
{
    switch (change.kind) {
    case Change::Kind::remove: {
        Change back{Change::Kind::add, before.dn};
        back.attributes = before.attributes;
        return back;
    }
    case Change::Kind::modify: {
        Change back{Change::Kind::modify, change.dn};
        std::vector<std::string> names;
        for (const auto& part : change.changes)
            if (std::ranges::none_of(names,
                                     [&](const auto& n) { return same_word(n, part.attribute); }))
                names.push_back(part.attribute);
        for (const auto& name : names) {
            const auto values = before.all(name);
            back.changes.push_back(
                {AttributeChange::Kind::replace, name, {values.begin(), values.end()}});
        }
        return back;
    }
    case Change::Kind::rename: {
        Change back{Change::Kind::rename, renamed(change)};
        back.new_rdn = change.dn.rdns().front();
        back.delete_old_rdn = true;
        if (change.new_superior) back.new_superior = change.dn.parent();
        return back;
    }
    case Change::Kind::add: break;
    }
    return Change{Change::Kind::remove, change.dn};
}

}  // namespace

namespace {

/// `dn`, which lies below `from`, as it reads below `to`.
Dn moved(const Dn& dn, const Dn& from, const Dn& to)
{
    Dn out = to;
    for (std::size_t i = dn.rdns().size() - from.rdns().size(); i-- > 0;)
        out = out.child(dn.rdns()[i].front().type, dn.rdns()[i].front().value);
    return out;
}

/// What the objects look like after the changes seen so far, though none has been made yet.
class Foresight {
public:
    Foresight(Directory& directory, Deadline deadline) : directory_{directory}, deadline_{deadline}
    {}

    /// The object as it is before `change`; nothing when an earlier change adds it.
    Result<std::optional<Entry>> before(const Change& change)
    {
        Dn name = change.dn;
        for (auto rename = renames_.rbegin(); rename != renames_.rend(); ++rename)
            if (name.is_within(rename->second)) name = moved(name, rename->second, rename->first);
        const auto key = name.normalized();
        if (std::ranges::find(added_, key) != added_.end()) return std::optional<Entry>{};
        const auto known = known_.find(key);
        if (known != known_.end()) return std::optional<Entry>{known->second};
        auto answer = directory_.read(name, deadline_);
        if (auto* silent = std::get_if<CannotSay>(&answer)) return std::move(silent->reason);
        Entry entry{change.dn, {}};
        if (auto* found = std::get_if<Entry>(&answer)) entry = std::move(*found);
        entry.dn = change.dn;
        known_[key] = entry;
        return std::optional<Entry>{std::move(entry)};
    }

    void after(const Change& change)
    {
        if (change.kind == Change::Kind::add) added_.push_back(change.dn.normalized());
        if (change.kind == Change::Kind::rename && !change.new_rdn.empty())
            renames_.emplace_back(change.dn, renamed(change));
    }

private:
    Directory& directory_;
    Deadline deadline_;
    std::vector<std::pair<Dn, Dn>> renames_;
    std::vector<std::string> added_;
    std::map<std::string, Entry>
        known_;  ///< as they were at first: a second modify is undone to that, too
};

}  // namespace

Result<std::vector<Change>> reverse(Directory& directory, std::span<const Change> changes,
                                    Deadline deadline)
{
    std::vector<Change> out;
    Foresight foresight{directory, deadline};
    for (const auto& change : changes) {
        std::optional<Entry> before{Entry{change.dn, {}}};
        if (change.kind == Change::Kind::remove || change.kind == Change::Kind::modify) {
            auto found = foresight.before(change);
            if (!found) return found.error();
            before = std::move(*found);
        }
        foresight.after(change);
        // An object of this very batch goes with its add.
        if (before) out.push_back(reverse_of(change, *before));
    }
    std::ranges::reverse(out);
    return out;
}

}  // namespace imc
