#include "directory/attribute_map.h"
#include "directory/attribute_map_parts.h"

// Questions, in their names.

namespace imc {
namespace {

using Kind = Filter::Kind;

Filter item(Kind kind, std::string attribute, std::vector<std::string> values = {})
{
    Filter out;
    out.kind = kind;
    out.attribute = std::move(attribute);
    out.values = std::move(values);
    return out;
}

Filter everybody() { return item(Kind::present, "objectClass"); }

Filter opposite(Filter part)
{
    Filter out;
    out.kind = Kind::none_of;
    out.parts.push_back(std::move(part));
    return out;
}

/// Not "(|)": not every server reads it (RFC 4526).
Filter any_of(std::vector<Filter> parts)
{
    if (parts.empty()) return opposite(everybody());
    if (parts.size() == 1) return std::move(parts.front());
    Filter out;
    out.kind = Kind::any_of;
    out.parts = std::move(parts);
    return out;
}

/// Whether the piece may lie within the type, or across its end, which they do not write.
bool touches_type(std::string_view piece)
{
    constexpr std::string_view type = "smtp:";
    return piece.find(':') != piece.npos || type.find(lower(piece)) != type.npos;
}

/// What an attribute of plain mapped_names::addresses is asked for an item about proxyAddresses.
Filter plain_address(const Filter& asked, const std::string& name, bool& exact)
{
    constexpr std::string_view smtp = "smtp:";
    auto values = asked.values;
    const bool typed = !values.empty() && starts_with_word(values.front(), smtp);
    if (typed) values.front().erase(0, smtp.size());
    if (asked.kind == Kind::equal) {
        // Only `mail` is known to hold plain mapped_names::addresses and nothing else.
        std::vector<Filter> parts;
        if (typed) parts.push_back(item(Kind::equal, name, values));
        if (!same_word(name, "mail")) parts.push_back(item(Kind::equal, name, asked.values));
        return any_of(std::move(parts));
    }
    exact = false;
    if (asked.kind == Kind::substrings && same_word(name, "mail")) {
        const bool opaque =
            (!typed && !values.front().empty()) ||
            (!typed && std::any_of(values.begin() + 1, values.end(), [](const std::string& v) {
                return !v.empty() && touches_type(v);
            }));
        const bool nothing = std::ranges::all_of(values, [](const auto& v) { return v.empty(); });
        if (!opaque && !nothing) return item(Kind::substrings, name, std::move(values));
    }
    return item(Kind::present, name);
}

/// True when every attribute of the filter is one that we could compare ourselves.
bool all_known(const Filter& filter)
{
    if (!filter.parts.empty()) return std::ranges::all_of(filter.parts, all_known);
    return filter.attribute.empty() || find_attribute(filter.attribute) != nullptr;
}

}  // namespace

Result<AttributeMap::Question> AttributeMap::to_theirs(const Filter& asked) const
{
    bool exact = true;
    const auto theirs = translated(asked, exact);
    if (!exact && !all_known(asked))
        return Error{EventId::filter_invalid,
                     "filter \"" + printable(asked.to_string(), 200) +
                         "\" asks at once for names of ours that the map translates and for some "
                         "that only the other directory knows; ask for them one after the other"};
    return Question{theirs.to_string(), exact};
}

Filter AttributeMap::translated(const Filter& asked, bool& exact) const
{
    switch (asked.kind) {
    case Kind::all_of:
    case Kind::any_of: {
        Filter out = asked;
        for (auto& part : out.parts)
            part = translated(part, exact);
        return out;
    }
    case Kind::none_of: {
        bool inside = true;
        auto part = translated(asked.parts.front(), inside);
        if (inside) return opposite(std::move(part));
        // The opposite of too much would be too little.
        exact = false;
        return everybody();
    }
    default: return translated_item(asked, exact);
    }
}

Filter AttributeMap::translated_item(const Filter& asked, bool& exact) const
{
    if (same_word(asked.attribute, "objectClass") && asked.kind == Kind::equal) {
        std::vector<Filter> parts;
        for (const auto& [name, from] : classes_)
            if (same_word(name, trim(asked.values.front())))
                for (const auto& their : from)
                    parts.push_back(item(Kind::equal, "objectClass", {their}));
        if (parts.empty()) return asked;
        exact = false;
        return any_of(std::move(parts));
    }
    const auto* theirs = theirs_of(asked.attribute);
    if (theirs == nullptr) return asked;
    std::vector<Filter> parts;
    if (same_word(asked.attribute, mapped_names::disabled)) {
        exact = false;
        for (const auto& name : *theirs)
            parts.push_back(item(Kind::present, name));
        return any_of(std::move(parts));
    }
    if (same_word(asked.attribute, mapped_names::addresses)) {
        if (has_name(*theirs, mapped_names::addresses) && theirs->size() > 1) exact = false;
        for (const auto& name : *theirs)
            if (same_word(name, mapped_names::addresses))
                parts.push_back(asked);
            else
                parts.push_back(plain_address(asked, name, exact));
        return any_of(std::move(parts));
    }
    for (const auto& name : *theirs) {
        parts.push_back(asked);
        parts.back().attribute = name;
    }
    const bool nickname = same_word(asked.attribute, mapped_names::alias);
    if (nickname && !theirs->empty()) {
        parts.push_back(asked);
        parts.back().attribute = "cn";
    }
    // Of theirs several may have a value, and only the first is ours.
    if (has_one_value(asked.attribute) && !parts.empty()) exact = false;
    return any_of(std::move(parts));
}

}  // namespace imc
