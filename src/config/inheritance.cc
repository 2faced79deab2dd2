#include "config/inheritance.h"

#include "config/setting_table.h"
#include "directory/schema.h"

#include <algorithm>

namespace imc::config {
namespace {

const std::vector<std::string_view>& inherited()
{
    static const auto names = split(find_class("imcDefaults")->may, ' ');
    return names;
}

}  // namespace

std::vector<Level> levels_above(const Identity& identity)
{
    return {{"server", identity.server},
            {"site addressing",
             identity.site.child("cn", "Configuration").child("cn", "Site Addressing")},
            {"site", identity.site},
            {"organization", identity.organization}};
}

bool is_inherited(std::string_view attribute)
{
    return std::ranges::any_of(inherited(), [&](auto name) { return same_word(name, attribute); });
}

const Dn& Inheritance::said_by(std::string_view attribute) const
{
    const auto found = by.find(attribute);
    return found == by.end() ? connector.dn : found->second;
}

Inheritance inherit(const Entry& connector, std::span<const Entry> above)
{
    Inheritance out{connector, {}};
    for (const auto& level : above)
        for (const auto name : inherited()) {
            const auto values = level.all(name);
            if (values.empty() || !out.connector.all(name).empty()) continue;
            out.connector.attributes[std::string{name}] = {values.begin(), values.end()};
            out.by.emplace(name, level.dn);
        }
    return out;
}

std::string settings_text(const Entry& connector)
{
    std::string out;
    for (const auto name : settings_of_section("connector")) {
        // What the service itself writes there, imcGeneration, is no setting; a comment changes
        // nothing.
        if (!find_setting("connector", name) || name == "description") continue;
        const auto found = connector.all(name);
        std::vector<std::string> values{found.begin(), found.end()};
        std::ranges::sort(values);
        for (const auto& value : values)
            out += std::string{name} + "=" + std::to_string(value.size()) + ":" + value + "\n";
    }
    return out;
}

Result<std::vector<Entry>> read_above(const Identity& identity, Directory& directory,
                                      Deadline deadline)
{
    std::vector<Entry> out;
    for (const auto& level : levels_above(identity)) {
        auto object = directory.read(level.dn, deadline);
        if (const auto* silent = std::get_if<CannotSay>(&object)) return silent->reason;
        if (auto* entry = std::get_if<Entry>(&object)) out.push_back(std::move(*entry));
    }
    return out;
}

}  // namespace imc::config
