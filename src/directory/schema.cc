#include "directory/schema.h"

#include <algorithm>

namespace imc {
namespace {

constexpr AttributeRule attributes[] = {
#include "directory/schema_attributes.inc"
};
constexpr ClassRule classes[] = {
#include "directory/schema_classes.inc"
};

template <class Row>
const Row* find(std::span<const Row> rows, std::string_view name)
{
    const auto found =
        std::ranges::find_if(rows, [&](const Row& r) { return same_word(r.name, name); });
    return found == rows.end() ? nullptr : &*found;
}

std::string folded(std::string_view value)
{
    std::string out;
    for (const char c : value) {
        if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
        out += to_lower(c);
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

Error refused(const Entry& entry, const std::string& what)
{
    return Error{EventId::directory_refused, entry.dn.to_rfc4514() + ": " + what};
}

Result<> check_value(const Entry& entry, const AttributeRule& rule, const std::string& value)
{
    const auto bad = [&](const char* expected) {
        return refused(entry, std::string{rule.name} + " is \"" + printable(value, 100) + "\", " +
                                  expected + " expected");
    };
    if (value.empty()) return bad("a value");
    switch (rule.syntax) {
    case Syntax::text:
    case Syntax::exact:
        if (!is_utf8(value)) return bad("UTF-8");
        break;
    case Syntax::dn:
        if (const auto dn = Dn::parse_rfc4514(value); !dn) return bad("a distinguished name");
        break;
    case Syntax::integer:
        if (!parse_number(value.starts_with('-') ? std::string_view{value}.substr(1)
                                                 : std::string_view{value}))
            return bad("a whole number");
        break;
    case Syntax::boolean:
        if (value != "TRUE" && value != "FALSE") return bad("TRUE or FALSE");
        break;
    case Syntax::octets: break;
    }
    return {};
}

}  // namespace

const AttributeRule* find_attribute(std::string_view name)
{
    return find(std::span<const AttributeRule>{attributes}, name);
}

bool is_secret(std::string_view attribute)
{
    const auto* rule = find_attribute(attribute);
    return rule != nullptr && rule->secret;
}

const ClassRule* find_class(std::string_view name)
{
    return find(std::span<const ClassRule>{classes}, name);
}

std::string normalized_value(std::string_view attribute, std::string_view value)
{
    const auto* rule = find_attribute(attribute);
    switch (rule != nullptr ? rule->syntax : Syntax::text) {
    case Syntax::exact:
    case Syntax::octets: return std::string{value};
    case Syntax::dn:
        if (const auto dn = Dn::parse_rfc4514(value)) return dn->normalized();
        break;
    case Syntax::text:
    case Syntax::integer:
    case Syntax::boolean: break;
    }
    return folded(value);
}

Result<> check_schema(const Entry& entry)
{
    if (entry.all("objectClass").empty()) return refused(entry, "no objectClass");
    std::string allowed = " objectClass ";
    for (const auto& name : entry.all("objectClass")) {
        const auto* rule = find_class(name);
        if (rule == nullptr)
            return refused(entry, "objectClass \"" + printable(name, 60) + "\" is not known");
        for (const auto must : split(rule->must, ' '))
            if (!must.empty() && entry.all(must).empty())
                return refused(entry, std::string{rule->name} + " needs the attribute " +
                                          std::string{must});
        allowed += std::string{rule->must} + " " + std::string{rule->may} + " ";
    }
    for (const auto& [name, values] : entry.attributes) {
        const auto* rule = find_attribute(name);
        const auto known = split(allowed, ' ');
        if (rule == nullptr ||
            !std::ranges::any_of(known, [&](auto k) { return same_word(k, name); }))
            return refused(entry,
                           "the attribute \"" + printable(name, 60) + "\" is not allowed here");
        if (rule->single && values.size() > 1)
            return refused(entry, std::string{rule->name} + " has " +
                                      std::to_string(values.size()) + " values, one expected");
        for (const auto& value : values)
            if (auto sound = check_value(entry, *rule, value); !sound) return sound;
    }
    return {};
}

std::string_view schema_ldif()
{
    static constexpr std::string_view text =
#include "directory/schema_ldif.inc"
        ;
    return text;
}

}  // namespace imc
