#include "admin/registry_change.h"

#include "base/text.h"
#include "registry/reg_text.h"

#include <boost/json/object.hpp>

#include <map>
#include <optional>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t most_values_told = 50;

struct Stored {
    std::string name;  ///< with its key
    registry::Value value;
};
/// By the name in lower case. Nothing: the text is no registry.
using StoredValues = std::map<std::string, Stored>;

std::optional<StoredValues> values_of(std::string_view text)
{
    if (text.empty()) return StoredValues{};
    const auto document = registry::Document::parse(text);
    if (!document) return {};
    StoredValues out;
    for (const auto& key : document->keys())
        for (auto& found : document->values(key)) {
            const auto name = key + "\\" + found.name;
            out[lower(name)] = {name, std::move(found.value)};
        }
    return out;
}

const registry::Value* find_in(const StoredValues& values, const std::string& name)
{
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second.value;
}

json::value octets_of(std::string_view text)
{
    return text.empty() ? json::value{} : json::value(json::object{{"octets", text.size()}});
}

}  // namespace

std::string registry_data(const registry::Value& value)
{
    if (const auto texts = value.as_list()) {
        std::string out;
        for (const auto& text : *texts)
            out += (out.empty() ? "" : "\\0") + text;
        return out;
    }
    return value.to_display();
}

json::value registry_value_json(const registry::Value* value)
{
    if (value == nullptr) return nullptr;
    return json::object{{"type", to_string(value->type)}, {"data", registry_data(*value)}};
}

Change registry_change(std::string action, std::string object, std::string_view before,
                       std::string_view after, std::string undo)
{
    Change out{std::move(action), std::move(object), nullptr, nullptr, std::move(undo)};
    const auto was = values_of(before), is = values_of(after);
    if (!was || !is) {
        out.before = octets_of(before);
        out.after = octets_of(after);
        return out;
    }
    const auto one = lower(out.object);
    if (was->contains(one) || is->contains(one)) {
        out.before = registry_value_json(find_in(*was, one));
        out.after = registry_value_json(find_in(*is, one));
        return out;
    }
    std::map<std::string, std::string> names;
    for (const auto* values : {&*was, &*is})
        for (const auto& [name, stored] : *values) {
            const auto *a = find_in(*was, name), *b = find_in(*is, name);
            if (a == nullptr || b == nullptr || *a != *b) names.emplace(name, stored.name);
        }
    if (names.size() > most_values_told) {
        out.after = json::value(std::to_string(names.size()) + " values");
        return out;
    }
    json::object from, to;
    for (const auto& [name, shown] : names) {
        from[shown] = registry_value_json(find_in(*was, name));
        to[shown] = registry_value_json(find_in(*is, name));
    }
    out.before = std::move(from);
    out.after = std::move(to);
    return out;
}

}  // namespace imc::admin
