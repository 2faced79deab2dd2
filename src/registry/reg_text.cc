#include "registry/reg_text.h"

#include "base/text.h"
#include "registry/reg_line.h"

#include <algorithm>

namespace imc::registry {
namespace {

bool below(std::string_view key, std::string_view ancestor)
{
    return same_word(key, ancestor) ||
           (key.size() > ancestor.size() && key[ancestor.size()] == '\\' &&
            starts_with_word(key, ancestor));
}

}  // namespace

Document Document::empty()
{
    Document document;
    Line header;
    header.text = header5;
    document.lines_.push_back(std::move(header));
    return document;
}

std::vector<Found> Document::values(std::string_view key) const
{
    std::vector<Found> out;
    for (const auto& line : lines_) {
        if (line.kind == Line::Kind::delete_key && below(key, line.key)) out.clear();
        if (!same_word(line.key, key)) continue;
        const auto there =
            std::ranges::find_if(out, [&](const Found& f) { return same_word(f.name, line.name); });
        if (line.kind == Line::Kind::delete_value && there != out.end()) out.erase(there);
        if (line.kind != Line::Kind::value) continue;
        if (there != out.end())
            *there = {line.name, line.value, line.number};
        else
            out.push_back({line.name, line.value, line.number});
    }
    return out;
}

const Found* Document::find(std::string_view key, std::string_view name) const
{
    static thread_local Found found;
    for (auto& value : values(key))
        if (same_word(value.name, name)) {
            found = std::move(value);
            return &found;
        }
    return nullptr;
}

std::vector<std::string> Document::keys() const
{
    std::vector<std::string> out;
    for (const auto& line : lines_)
        if (line.kind == Line::Kind::key &&
            std::ranges::none_of(out, [&](const auto& k) { return same_word(k, line.key); }))
            out.push_back(line.key);
    return out;
}

std::vector<Document::Duplicate> Document::duplicates(std::string_view key) const
{
    std::vector<Duplicate> out;
    for (const auto& line : lines_) {
        if (line.kind != Line::Kind::value || !same_word(line.key, key)) continue;
        const auto there = std::ranges::find_if(
            out, [&](const Duplicate& d) { return same_word(d.name, line.name); });
        if (there != out.end())
            there->lines.push_back(line.number);
        else
            out.push_back({line.name, {line.number}});
    }
    std::erase_if(out, [](const Duplicate& d) { return d.lines.size() < 2; });
    return out;
}

std::vector<std::pair<std::string, std::string>> Document::deletions() const
{
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& line : lines_) {
        if (line.kind == Line::Kind::delete_key) out.emplace_back(line.key, "");
        if (line.kind == Line::Kind::delete_value) out.emplace_back(line.key, line.name);
    }
    return out;
}

void Document::set(std::string_view key, std::string_view name, Value value)
{
    const auto is_it = [&](const Line& line) {
        return (line.kind == Line::Kind::value || line.kind == Line::Kind::delete_value) &&
               same_word(line.key, key) && same_word(line.name, name);
    };
    auto place = std::ranges::find_if(lines_, is_it);
    // A value set now stands, whatever a [-KEY] further down said when the file was merged.
    std::erase_if(lines_, [&](const Line& l) {
        return l.kind == Line::Kind::delete_key && below(key, l.key);
    });
    place = std::ranges::find_if(lines_, is_it);
    if (place == lines_.end()) {
        auto section = std::ranges::find_if(lines_, [&](const Line& l) {
            return l.kind == Line::Kind::key && same_word(l.key, key);
        });
        if (section == lines_.end()) {
            Line blank;
            Line head;
            head.kind = Line::Kind::key;
            head.key = canonical_key(key);
            head.text = "[" + head.key + "]";
            lines_.push_back(blank);
            lines_.push_back(std::move(head));
            section = std::prev(lines_.end());
        }
        // Behind the section's last value, before blank lines and the next section.
        auto last = section;
        for (auto l = std::next(section);
             l != lines_.end() && l->kind != Line::Kind::key && l->kind != Line::Kind::delete_key;
             ++l)
            if (l->kind != Line::Kind::other || !trim(l->text).empty()) last = l;
        Line line;
        line.kind = Line::Kind::value;
        line.key = section->key;
        line.name = std::string{name};
        place = lines_.insert(std::next(last), std::move(line));
    }
    place->kind = Line::Kind::value;
    place->text = value_line(place->name, value);
    place->value = std::move(value);
    lines_.erase(std::remove_if(std::next(place), lines_.end(), is_it), lines_.end());
}

bool Document::erase(std::string_view key, std::string_view name)
{
    const auto count = std::erase_if(lines_, [&](const Line& line) {
        return (line.kind == Line::Kind::value || line.kind == Line::Kind::delete_value) &&
               same_word(line.key, key) && same_word(line.name, name);
    });
    return count > 0;
}

bool Document::erase_key(std::string_view key)
{
    const auto count = std::erase_if(lines_, [&](const Line& line) {
        return line.kind != Line::Kind::other && below(line.key, key);
    });
    return count > 0;
}

std::string Document::to_text() const
{
    std::string out;
    for (const auto& line : lines_)
        out += line.text + "\n";
    return out;
}

std::vector<std::string> keys_below(const Document& document, const std::string& parent)
{
    std::vector<std::string> out;
    for (const auto& key : document.keys()) {
        if (!starts_with_word(key, parent + "\\")) continue;
        auto below = key.substr(0, key.find('\\', parent.size() + 1));
        if (out.empty() || !same_word(out.back(), below)) out.push_back(std::move(below));
    }
    return out;
}

void merge(Document& into, const Document& incoming)
{
    for (const auto& [key, name] : incoming.deletions())
        name.empty() ? into.erase_key(key) : into.erase(key, name);
    for (const auto& key : incoming.keys())
        for (const auto& value : incoming.values(key))
            into.set(key, value.name, value.value);
}

}  // namespace imc::registry
