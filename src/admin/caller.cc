#include "admin/caller.h"

#include "base/text.h"

#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <pwd.h>
#include <utility>
#include <vector>

namespace imc::admin {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 4> names{
    {{Role::view, "view"},
     {Role::help_desk, "help_desk"},
     {Role::operates, "operator"},
     {Role::administrator, "administrator"}}};

std::string look_up_account(unsigned uid)
{
    const auto number = "uid " + std::to_string(uid);
    passwd entry{};
    passwd* found = nullptr;
    for (std::size_t size = 4096; size <= std::size_t{1} << 20U; size *= 4) {
        std::vector<char> room(size);
        const int failure = ::getpwuid_r(uid, &entry, room.data(), room.size(), &found);
        if (failure == ERANGE) continue;
        if (failure != 0 || found == nullptr || *found->pw_name == '\0') return number;
        return printable(found->pw_name, 60) + " (" + number + ")";
    }
    return number;
}

}  // namespace

std::string account_of_uid(unsigned uid)
{
    // Each request asks, and where names are kept elsewhere each answer takes its time.
    static std::mutex mutex;
    static std::map<unsigned, std::string> known;
    const std::lock_guard lock{mutex};
    auto& name = known[uid];
    if (name.empty()) name = look_up_account(uid);
    return name;
}

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
