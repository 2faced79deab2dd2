#include "registry/values.h"

#include "base/text.h"

#include <algorithm>

namespace imc::registry {
namespace {

constexpr ValueInfo table[] = {
#include "registry/values_data.inc"
};

constexpr HistoricValue historic[] = {
    {"DisableLoopbackConnection", "DisableLoopbackConnections",  // Q153655; Q146126 has the "s"
     "imc never connects to a listener of its own"},
};

bool is_number(Type type) { return type == Type::dword || type == Type::qword; }
bool is_text(Type type) { return type == Type::sz || type == Type::expand_sz; }

std::string range_of(const ValueInfo& info)
{
    return std::to_string(info.min) + " to " + std::to_string(info.max) +
           (info.unit.empty() ? "" : " (" + std::string{info.unit} + ")");
}

}  // namespace

std::span<const ValueInfo> value_table() { return table; }

const ValueInfo* find_value(std::string_view name)
{
    for (const auto& row : table) {
        if (same_word(row.name, name)) return &row;
        for (const auto alias : split(row.aliases, ' '))
            if (!alias.empty() && same_word(alias, name)) return &row;
    }
    return nullptr;
}

const HistoricValue* find_historic(std::string_view name)
{
    const auto found = std::ranges::find_if(historic, [&](const HistoricValue& row) {
        return same_word(row.name, name) || same_word(row.aliases, name);
    });
    return found == std::end(historic) ? nullptr : &*found;
}

const ValueInfo* nearest_value(std::string_view name)
{
    const ValueInfo* best = nullptr;
    std::size_t least = std::max<std::size_t>(2, name.size() / 5);
    for (const auto& row : table)
        if (const auto distance = edit_distance(name, row.name); distance <= least) {
            best = &row;
            least = distance;
        }
    return best;
}

std::string value_flaw(const ValueInfo& info, const Value& value)
{
    // A number may stand in either width, a text in either kind; meaning is the same.
    const bool same_kind = value.type == info.type ||
                           (is_number(value.type) && is_number(info.type)) ||
                           (is_text(value.type) && is_text(info.type));
    if (!same_kind) return to_string(value.type) + " found, " + to_string(info.type) + " expected";
    if (is_number(info.type)) {
        const auto number = value.as_number();
        if (!number) return std::to_string(value.data.size()) + " octets found, a number expected";
        if (*number < info.min || *number > info.max)
            return std::to_string(*number) + " found, " + range_of(info) + " expected";
        return {};
    }
    if (is_text(info.type)) {
        const auto text = value.as_text();
        if (!text) return "octets that are no UTF-16 found, a text expected";
        if (text->find('\0') != std::string::npos) return "a text with a zero inside";
        const auto words = split(info.choices, ' ');
        if (!info.choices.empty() &&
            std::ranges::none_of(words, [&](auto w) { return same_word(w, *text); })) {
            std::string all;
            for (const auto word : words)
                all += (all.empty() ? "" : ", ") + std::string{word};
            return "\"" + printable(*text, 60) + "\" found, one of " + all + " expected";
        }
        return {};
    }
    if (info.type == Type::multi_sz && !value.as_list())
        return "octets that are no UTF-16 found, texts expected";
    return {};
}

std::string value_warning(std::string_view name, const Value& value)
{
    const std::string said{name};
    if (const auto* known = find_value(name)) {
        const auto flaw = value_flaw(*known, value);
        return flaw.empty() ? flaw : said + ": " + flaw + "; imc check will refuse it";
    }
    if (const auto* past = find_historic(name))
        return said + " has no effect: " + std::string{past->why};
    const auto* near = nearest_value(name);
    return "nobody reads a value " + said +
           (near != nullptr ? "; did you mean " + std::string{near->name} + "?" : "");
}

std::string describe(const ValueInfo& info)
{
    std::string out = std::string{info.name} + "  (" + to_string(info.type) + ")\n";
    const auto line = [&](const char* label, std::string_view text) {
        if (!text.empty()) out += std::string{"  "} + label + std::string{text} + "\n";
    };
    line("meaning  ", info.text);
    line("unit     ", info.unit);
    if (is_number(info.type))
        line("range    ", std::to_string(info.min) + " to " + std::to_string(info.max));
    line("choices  ", info.choices);
    line("default  ", info.preset);
    line("read by  ", info.reader);
    line("effect   ", info.effect);
    line("also     ", info.aliases);
    line("source   ", info.kb);
    return out;
}

}  // namespace imc::registry
