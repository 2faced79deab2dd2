#include "admin/directory_change.h"

#include "base/text.h"
#include "directory/schema.h"

#include <boost/json/object.hpp>

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t most_objects_told = 20;

json::value told(std::string_view name, std::span<const std::string> values)
{
    if (is_secret(name) && !values.empty()) return json::array{"(hidden)"};
    return json::value(values_json(name, values));
}

json::value told(const Attributes& attributes)
{
    json::object out;
    for (const auto& [name, values] : attributes)
        out[name] = told(name, values);
    return out;
}

/// Attributes that `parts` name.
json::value told(const Entry& entry, const std::vector<AttributeChange>& parts)
{
    json::object out;
    for (const auto& part : parts)
        out[part.attribute] = told(part.attribute, entry.all(part.attribute));
    return out;
}

struct Sides {
    json::value before = nullptr, after = nullptr;
};

Sides sides_of(Directory& directory, const imc::Change& change, Deadline deadline)
{
    if (change.kind == imc::Change::Kind::add) return {nullptr, told(change.attributes)};
    if (change.kind == imc::Change::Kind::rename) {
        const auto above = change.new_superior ? *change.new_superior : change.dn.parent();
        return {json::value(change.dn.to_rfc4514()),
                json::value(above.child(change.new_rdn).to_rfc4514())};
    }
    const auto answer = directory.read(change.dn, deadline);
    const auto* entry = std::get_if<Entry>(&answer);
    if (entry == nullptr) return {};  // the change itself says why
    if (change.kind == imc::Change::Kind::remove) return {told(entry->attributes), nullptr};
    return {told(*entry, change.changes),
            told(entry_after(*entry, change.changes), change.changes)};
}

}  // namespace

std::string action_of(std::span<const imc::Change> changes)
{
    const auto kind = changes.front().kind;
    const auto other = [kind](const imc::Change& c) { return c.kind != kind; };
    if (std::ranges::any_of(changes, other)) return "directory.import";
    switch (kind) {
    case imc::Change::Kind::add: return "directory.add";
    case imc::Change::Kind::modify: return "directory.modify";
    case imc::Change::Kind::remove: return "directory.delete";
    case imc::Change::Kind::rename: return "directory.rename";
    }
    return "directory.import";
}

json::array values_json(std::string_view attribute, std::span<const std::string> values)
{
    json::array out;
    if (is_secret(attribute)) return out;
    for (const auto& value : values)
        out.emplace_back(value);
    return out;
}

Entry entry_after(Entry entry, const std::vector<AttributeChange>& parts)
{
    for (const auto& part : parts) {
        auto& values = entry.attributes[part.attribute];
        const auto same_value = [&](const std::string& a, const std::string& b) {
            return normalized_value(part.attribute, a) == normalized_value(part.attribute, b);
        };
        if (part.kind == AttributeChange::Kind::replace) values = part.values;
        if (part.kind == AttributeChange::Kind::add)
            values.insert(values.end(), part.values.begin(), part.values.end());
        if (part.kind == AttributeChange::Kind::remove)
            std::erase_if(values, [&](const std::string& v) {
                return part.values.empty() || std::ranges::any_of(part.values, [&](const auto& w) {
                           return same_value(v, w);
                       });
            });
        if (values.empty()) entry.attributes.erase(part.attribute);
    }
    return entry;
}

json::array touched_values(const Entry& entry, const std::vector<AttributeChange>& parts)
{
    json::array out;
    std::vector<std::string> seen;
    for (const auto& part : parts) {
        if (std::ranges::find(seen, lower(part.attribute)) != seen.end()) continue;
        seen.push_back(lower(part.attribute));
        out.push_back(
            json::object{{"name", part.attribute},
                         {"values", values_json(part.attribute, entry.all(part.attribute))}});
    }
    return out;
}

Change directory_change(Directory& directory, std::span<const imc::Change> changes,
                        std::string action, std::string undo, Deadline deadline)
{
    // What is made, or deleted, with others is the last of them.
    const auto& about = action.empty() ? changes.back() : changes.front();
    Change out{action.empty() ? action_of(changes) : std::move(action), about.dn.to_rfc4514(),
               nullptr, nullptr, std::move(undo)};
    if (changes.size() == 1) {
        auto sides = sides_of(directory, changes.front(), deadline);
        out.before = std::move(sides.before);
        out.after = std::move(sides.after);
        return out;
    }
    if (changes.size() > most_objects_told) {
        out.after = json::value(std::to_string(changes.size()) + " changes");
        return out;
    }
    json::array before, after;
    for (const auto& change : changes) {
        auto sides = sides_of(directory, change, deadline);
        const auto dn = change.dn.to_rfc4514();
        before.push_back(json::object{{"dn", dn}, {"values", std::move(sides.before)}});
        after.push_back(json::object{{"dn", dn}, {"values", std::move(sides.after)}});
    }
    out.before = std::move(before);
    out.after = std::move(after);
    return out;
}

}  // namespace imc::admin
