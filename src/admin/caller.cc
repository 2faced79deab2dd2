#include "admin/caller.h"

#include "base/text.h"

#include <array>
#include <utility>

namespace imc::admin {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 4> names{
    {{Role::view, "view"},
     {Role::help_desk, "help_desk"},
     {Role::operates, "operator"},
     {Role::administrator, "administrator"}}};

}  // namespace

std::string_view name_of(Role role)
{
    for (const auto& [one, name] : names)
        if (one == role) return name;
    return "nobody";
}

std::optional<Role> parse_role(std::string_view name)
{
    for (const auto& [role, one] : names)
        if (same_word(one, name)) return role;
    if (same_word(name, "help-desk")) return Role::help_desk;
    return {};
}

bool Caller::sees(std::string_view address) const
{
    if (!is_of_one_domain()) return true;
    const auto at = address.rfind('@');
    if (at == address.npos) return false;
    auto theirs = address.substr(at + 1);
    if (theirs.ends_with('>')) theirs.remove_suffix(1);
    return same_word(theirs, domain);
}

}  // namespace imc::admin
