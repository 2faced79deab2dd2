#include "directory/attribute_map.h"

#include "directory/attribute_map_parts.h"

#include <functional>
#include <set>

// Objects, under our names.

namespace imc {
namespace {

constexpr std::string_view account_control = "userAccountControl";
constexpr std::uint64_t account_disabled = 2;

bool may_be_called_by_cn(const Entry& entry)
{
    return entry.has_class("imcList") || entry.has_class("imcContact") ||
           entry.has_class("imcPublicFolder");
}

/// "X400" of "X400:c=us", nothing of "ann@example.org".
std::string_view type_of(std::string_view address)
{
    const auto colon = address.find(':');
    if (colon == 0 || colon == address.npos || address.find('@') < colon) return {};
    return address.substr(0, colon);
}

void add_address(std::string_view value, std::vector<std::string>& into)
{
    const bool typed = !type_of(value).empty();
    if (!typed && value.find('@') == value.npos) return;
    const bool first = std::ranges::none_of(
        into, [](const std::string& known) { return known.starts_with("SMTP:"); });
    auto address = typed ? std::string{value} : (first ? "SMTP:" : "smtp:") + std::string{value};
    if (!has_name(into, address)) into.push_back(std::move(address));
}

std::vector<std::string> addresses_of(const std::vector<std::string>& theirs, const Entry& entry)
{
    std::vector<std::string> out;
    if (has_name(theirs, mapped_names::addresses)) {
        const auto own = entry.all(mapped_names::addresses);
        out.assign(own.begin(), own.end());
        if (std::ranges::any_of(out, [](const auto& a) { return starts_with_word(a, "smtp:"); }))
            return out;
    }
    for (const auto& name : theirs)
        if (!same_word(name, mapped_names::addresses))
            for (const auto& value : entry.all(name))
                add_address(value, out);
    return out;
}

std::string disabled_by(std::string_view name, const std::string& value)
{
    if (!same_word(name, account_control)) return upper(value);
    // A signed number of 32 bits; what is none disables nobody.
    const auto bits = parse_number(value.starts_with('-') ? value.substr(1) : value);
    if (!bits) return "FALSE";
    const auto number = value.starts_with('-') ? ~*bits + 1 : *bits;
    return (number & account_disabled) != 0 ? "TRUE" : "FALSE";
}

/// "dLMemSubmitPerms;range=0-1499", where that is our authOrig, is a part of ours: it stands there
/// as "authOrig;range=0-1499", so that nobody takes the rest of it for nothing (value_range.h).
void add_ranges(const std::string& name, const std::vector<std::string>& theirs,
                Attributes& attributes)
{
    const bool own = has_name(theirs, name);
    Attributes parts;
    bool several = false;
    for (auto place = attributes.begin(); place != attributes.end();) {
        const auto& description = place->first;
        const auto end = description.find(';');
        const auto options = end == description.npos ? "" : description.substr(end);
        const auto base = description.substr(0, end);
        const bool ranged = lower(options).find(";range=") != options.npos;
        if (ranged && !own && same_word(base, name)) {
            place = attributes.erase(place);  // they call another thing so
            continue;
        }
        if (ranged && !same_word(base, name) && has_name(theirs, base))
            several = !parts.emplace(name + options, place->second).second || several;
        ++place;
    }
    for (auto& [description, values] : parts)
        several = !attributes.emplace(description, std::move(values)).second || several;
    // Of which one the next part is asked for nobody could tell.
    if (several) attributes[name + ";range=of-several"] = {};
}

/// What an index of equality helps with: not what is under a "not".
void add_equalities(const Filter& filter, const std::function<void(const std::string&)>& add)
{
    if (filter.kind == Filter::Kind::equal) add(filter.attribute);
    if (filter.kind == Filter::Kind::all_of || filter.kind == Filter::Kind::any_of)
        for (const auto& part : filter.parts)
            add_equalities(part, add);
}

}  // namespace

AttributeMap::AttributeMap(Flavour flavour)
{
    switch (flavour) {
    case Flavour::imc: break;
    case Flavour::ad:
        classes_ = {{"imcContact", {"contact"}},
                    {"imcList", {"group"}},
                    {"imcPublicFolder", {"publicFolder"}},
                    {"imcMailbox", {"user", "inetOrgPerson"}}};
        attributes_ = {{"proxyAddresses", {"proxyAddresses", "mail"}},
                       {"mailNickname", {"mailNickname", "sAMAccountName"}},
                       {"imcDisabled", {"userAccountControl"}},
                       {"homeMDB", {}}};  // theirs names an Exchange store, which is not ours
        break;
    case Flavour::openldap_inetorg:
        classes_ = {{"imcList", {"groupOfNames", "groupOfUniqueNames", "posixGroup"}},
                    {"imcMailbox", {"inetOrgPerson"}}};
        attributes_ = {{"proxyAddresses", {"mail"}},
                       {"mailNickname", {"uid"}},
                       {"member", {"member", "uniqueMember"}}};
        break;
    }
}

std::optional<AttributeMap::Flavour> AttributeMap::flavour_of(std::string_view word)
{
    if (same_word(word, "imc")) return Flavour::imc;
    if (same_word(word, "ad")) return Flavour::ad;
    if (same_word(word, "openldap-inetorg")) return Flavour::openldap_inetorg;
    return {};
}

Result<> AttributeMap::take(std::string_view row)
{
    const auto bad = [&](const std::string& what) {
        return Error{EventId::value_invalid, "row \"" + printable(row, 200) + "\": " + what};
    };
    const auto equals = row.find('=');
    if (equals == row.npos) return bad("no '='");
    const std::string ours{trim(row.substr(0, equals))};
    const auto* attribute = find_attribute(ours);
    const auto* object_class = attribute == nullptr ? find_class(ours) : nullptr;
    if (attribute == nullptr && object_class == nullptr)
        return bad("\"" + printable(ours, 60) + "\" is no attribute or class of imc's schema");
    if (same_word(ours, "objectClass")) return bad("classes have rows of their own");
    Names theirs;
    for (const auto part : split(row.substr(equals + 1), ',')) {
        const auto name = trim(part);
        if (name.empty()) continue;
        if (!is_attribute_description(name))
            return bad("\"" + printable(name, 60) + "\" is no attribute or class");
        theirs.emplace_back(name);
    }
    if (attribute != nullptr) {
        attributes_[std::string{attribute->name}] = std::move(theirs);
        return {};
    }
    std::erase_if(classes_, [&](const auto& known) { return same_word(known.first, ours); });
    // What somebody says comes before what a flavour says.
    classes_.emplace(classes_.begin(), std::string{object_class->name}, std::move(theirs));
    return {};
}

const AttributeMap::Names* AttributeMap::theirs_of(std::string_view attribute) const
{
    const auto found = attributes_.find(attribute);
    return found == attributes_.end() ? nullptr : &found->second;
}

std::optional<std::string> AttributeMap::in_parts(std::string_view attribute) const
{
    const auto* theirs = theirs_of(attribute);
    if (theirs == nullptr || has_name(*theirs, attribute)) return std::string{attribute};
    return theirs->size() == 1 ? std::optional{theirs->front()} : std::nullopt;
}

AttributeMap::Names AttributeMap::gathered(const std::string& name, const Names& theirs,
                                           const Entry& entry) const
{
    if (same_word(name, mapped_names::addresses)) return addresses_of(theirs, entry);
    Names out;
    for (const auto& their : theirs)
        for (const auto& value : entry.all(their)) {
            if (same_word(name, mapped_names::disabled)) return {disabled_by(their, value)};
            if (has_one_value(name)) return {value};
            const auto key = normalized_value(name, value);
            if (std::ranges::none_of(
                    out, [&](const auto& known) { return normalized_value(name, known) == key; }))
                out.push_back(value);
        }
    return out;
}

Entry AttributeMap::to_canonical(Entry theirs) const
{
    Attributes ours;
    for (const auto& [name, from] : attributes_)
        ours[name] = gathered(name, from, theirs);
    for (const auto& [name, from] : classes_) {
        if (theirs.has_class(name)) break;
        if (std::ranges::none_of(from, [&](const auto& c) { return theirs.has_class(c); }))
            continue;
        auto& all = theirs.attributes["objectClass"];
        all.insert(all.begin(), name);
        break;
    }
    for (auto& [name, values] : ours) {
        if (values.empty() && same_word(name, mapped_names::alias) && may_be_called_by_cn(theirs))
            if (const auto cn = theirs.first("cn"); !cn.empty()) values = {std::string{cn}};
        theirs.attributes.erase(name);
        if (!values.empty()) theirs.attributes[name] = std::move(values);
    }
    for (const auto& [name, from] : attributes_)
        add_ranges(name, from, theirs.attributes);
    return theirs;
}

std::vector<std::string> AttributeMap::wanted() const
{
    // Members by mapped_names::alias and by question, and the mark of changes (value_range.h),
    // which have no name in our schema.
    std::set<std::string, LessWord> out{"objectClass", "memberUid", "memberURL", "uSNChanged"};
    const auto add = [&](std::string_view names) {
        for (const auto name : split(names, ' '))
            if (!name.empty()) {
                const auto* theirs = theirs_of(name);
                if (theirs == nullptr)
                    out.emplace(name);
                else
                    out.insert(theirs->begin(), theirs->end());
            }
    };
    for (const auto* name : {"imcMailbox", "imcContact", "imcList", "imcPublicFolder"})
        if (const auto* rule = find_class(name)) {
            add(rule->must);
            add(rule->may);
        }
    for (const auto& [name, theirs] : attributes_)
        out.insert(theirs.begin(), theirs.end());
    return {out.begin(), out.end()};
}

std::vector<std::string> AttributeMap::looked_up() const
{
    Names out{"objectClass"};
    for (const auto ours : {mapped_names::addresses, mapped_names::alias}) {
        const auto* theirs = theirs_of(ours);
        if (theirs == nullptr) {
            out.emplace_back(ours);
            continue;
        }
        out.insert(out.end(), theirs->begin(), theirs->end());
        if (ours == mapped_names::alias && !theirs->empty()) out.emplace_back("cn");
    }
    return out;
}

std::vector<std::string> AttributeMap::asked_by(std::string_view only) const
{
    auto out = looked_up();
    std::set<std::string, LessWord> known{out.begin(), out.end()};
    const auto add = [&](const std::string& name) {
        if (known.insert(name).second) out.push_back(name);
    };
    for (const auto* ours : {"member", "uniqueMember", "memberUid", "uid", "targetAddress",
                             "legacyExchangeDN", "imcClientCertificate"}) {
        const auto* theirs = theirs_of(ours);
        if (theirs == nullptr)
            add(ours);
        else
            for (const auto& name : *theirs)
                add(name);
    }
    if (const auto filter = Filter::parse(only); !only.empty() && filter)
        add_equalities(*filter, add);
    return out;
}

}  // namespace imc
