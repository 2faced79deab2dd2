#include "directory/value_range.h"

#include "base/text.h"
#include "directory/ldap_directory.h"

#include <algorithm>

namespace imc {
namespace {

constexpr std::string_view option = "range=";
/// What Active Directory changes with each change of an object.
constexpr std::string_view mark = "uSNChanged";

Error flawed(std::string_view description, const char* what)
{
    return Error{EventId::directory_refused, "the server gives only a part of the values, as \"" +
                                                 printable(description, 100) + "\", " + what};
}

}  // namespace

Result<std::optional<RangedName>> parse_ranged_name(std::string_view description)
{
    const auto parts = split(description, ';');
    std::optional<std::string_view> range;
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (starts_with_word(parts[i], option)) range = parts[i].substr(option.size());
    if (!range) return std::optional<RangedName>{};
    // Of a tagged attribute nobody asked for anything.
    if (parts.size() != 2) return flawed(description, "with other options");
    const auto dash = range->find('-');
    if (dash == range->npos) return flawed(description, "which is no range");
    const auto first = parse_number(range->substr(0, dash));
    const auto end = range->substr(dash + 1);
    const auto last = end == "*" ? std::optional<std::uint64_t>{} : parse_number(end);
    constexpr std::uint64_t most = std::uint64_t{1} << 40U;
    if (!first || *first > most || (end != "*" && (!last || *last < *first || *last > most)))
        return flawed(description, "which is no range");
    RangedName out{parts[0], *first, {}};
    if (last) out.last = *last;
    return std::optional{out};
}

std::string ranged_name(std::string_view attribute, std::size_t first)
{
    return std::string{attribute} + ";" + std::string{option} + std::to_string(first) + "-*";
}

Result<std::optional<ValueRange>> range_of(const Attributes& attributes, std::string_view attribute,
                                           std::size_t from)
{
    std::optional<ValueRange> out;
    for (const auto& [description, values] : attributes) {
        if (!starts_with_word(description, attribute)) continue;
        const auto name = parse_ranged_name(description);
        if (!name) return name.error();
        if (!*name || !same_word((*name)->attribute, attribute)) continue;
        const auto& [_, first, last] = **name;
        if (out) return flawed(description, "and another");
        if (first != from) return flawed(description, "which was not asked for");
        if (last && values.size() != *last - first + 1)
            return flawed(description, "and sends another number of them");
        out = ValueRange{.values = values};
        if (last) out->next = *last + 1;
    }
    if (!out) return out;
    if (const auto found = attributes.find(mark); found != attributes.end())
        for (const auto& value : found->second)
            out->mark = value;
    return out;
}

std::string first_in_part(const Entry& entry, std::span<const std::string_view> attributes)
{
    for (const auto& [description, values] : entry.attributes) {
        const auto semicolon = description.find(';');
        if (semicolon == description.npos) continue;
        const auto name = parse_ranged_name(description);
        const auto attribute = std::string_view{description}.substr(0, semicolon);
        const bool ranged = !name || name->has_value();
        for (const auto one : attributes)
            if (ranged && same_word(one, attribute)) return std::string{one};
    }
    return {};
}

Answer<ValueRange> Directory::values(const Dn& dn, std::string_view attribute, std::size_t,
                                     Deadline)
{
    return CannotSay{Error{EventId::directory_refused, description() + " gives all values of " +
                                                           printable(attribute, 60) + " of " +
                                                           dn.to_rfc4514() + " at once"}};
}

}  // namespace imc

namespace imc::ldap {

void LdapDirectory::mark_parts(const Session& session, std::vector<Found>& found)
{
    constexpr std::size_t most = 1000;
    for (auto& [name, attributes, id] : found) {
        const bool in_parts = std::ranges::any_of(attributes, [](const auto& each) {
            const auto ranged = parse_ranged_name(each.first);
            return !ranged || *ranged;
        });
        if (!in_parts) continue;
        if (const auto count = attributes.find(mark); count != attributes.end())
            for (auto& value : count->second)
                value += " of " + session.server();
        const auto key = Dn::parse_rfc4514(name);
        if (!key) continue;
        const std::lock_guard lock{seen_mutex_};
        // Whose are forgotten are asked of anybody, and the mark tells.
        if (parts_.size() >= most) parts_.clear();
        parts_[key->normalized()] = session.server();
    }
}

std::string LdapDirectory::server_of_parts(const Dn& name)
{
    const std::lock_guard lock{seen_mutex_};
    const auto known = parts_.find(name.normalized());
    return known == parts_.end() ? std::string{} : known->second;
}

Answer<ValueRange> LdapDirectory::values(const Dn& dn, std::string_view attribute, std::size_t from,
                                         Deadline deadline)
{
    const auto name = dn.to_rfc4514();
    const auto wanted = ranged_name(attribute, from);
    const auto found = ask_for_proof({.base = name,
                                      .scope = Scope::base,
                                      .filter = "(objectClass=*)",
                                      .attributes = {wanted, std::string{mark}},
                                      .server = server_of_parts(dn)},
                                     deadline);
    if (!found) {
        if (found.error().event() == EventId::directory_no_such_object) return ProvenAbsent{};
        return CannotSay{found.error()};
    }
    if (found->empty())
        return CannotSay{
            Error{EventId::directory_refused, name + " may not be read by our account"}};
    auto range = range_of(found->front().attributes, attribute, from);
    if (!range)
        return CannotSay{Error{range.error().event(), name + ": " + range.error().detail()}};
    if (!*range)
        return CannotSay{Error{EventId::directory_refused,
                               name + ": asked for " + wanted + ", the server gives none"}};
    return std::move(**range);
}

}  // namespace imc::ldap
