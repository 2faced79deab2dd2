#include "app/service/local_account.h"

#include "queue/local_sender.h"

#include <pwd.h>
#include <vector>

namespace imc::app {

std::string name_of_user(unsigned uid)
{
    std::vector<char> room(16 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return {};
    return found->pw_name;
}

std::string local_account(const Taken& taken, config::PickupAccounts whose, unsigned our_uid,
                          const std::function<std::string(unsigned)>& name_of)
{
    constexpr unsigned writable_by_others = 022;
    if (whose == config::PickupAccounts::nobody) return {};
    if (taken.links != 1 || (taken.mode & writable_by_others) != 0) return {};
    const std::string prefix{queue::local_account};
    if (taken.owner == our_uid) return prefix + "root";
    if (whose != config::PickupAccounts::owner || taken.owner == 0) return {};
    const auto name = name_of(taken.owner);
    // Another of uid 0, or one who is called so: root's files come by another way.
    if (name.empty() || name == "root") return {};
    return prefix + name;
}

}  // namespace imc::app
