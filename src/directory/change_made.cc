#include "directory/change_made.h"

#include "directory/schema.h"

#include <algorithm>

namespace imc {
namespace {

std::vector<std::string> comparable(std::string_view attribute, std::span<const std::string> values)
{
    std::vector<std::string> out;
    for (const auto& value : values)
        out.push_back(normalized_value(attribute, value));
    std::ranges::sort(out);
    return out;
}

bool shows_part(const AttributeChange& part, const Entry& now)
{
    const auto there = comparable(part.attribute, now.all(part.attribute));
    const auto given = comparable(part.attribute, part.values);
    switch (part.kind) {
    case AttributeChange::Kind::replace: return there == given;
    case AttributeChange::Kind::add: return std::ranges::includes(there, given);
    case AttributeChange::Kind::remove: break;
    }
    if (given.empty()) return there.empty();
    return std::ranges::none_of(
        given, [&](const auto& value) { return std::ranges::binary_search(there, value); });
}

}  // namespace

std::optional<bool> shows(const Change& change, const Entry* now)
{
    if (change.kind == Change::Kind::rename) return {};
    if (change.kind == Change::Kind::remove) return now == nullptr;
    if (now == nullptr) return false;
    if (change.kind == Change::Kind::add)
        // A server may add some of its own.
        return std::ranges::all_of(change.attributes, [&](const auto& attribute) {
            return is_secret(attribute.first) ||
                   shows_part({AttributeChange::Kind::add, attribute.first, attribute.second},
                              *now);
        });
    bool any = false, all = true;
    for (const auto& part : change.changes) {
        if (is_secret(part.attribute)) continue;
        any = true;
        all = all && shows_part(part, *now);
    }
    return any ? std::optional{all} : std::nullopt;
}

}  // namespace imc
