#include "directory/directory.h"

// What engines need not do.

namespace imc {

/// For what keeps its objects in memory anyway.
Result<> Directory::scan(const Dn& base, std::string_view filter, Deadline deadline,
                         const Take& take)
{
    auto found = search(base, Scope::subtree, filter, deadline);
    if (!found) return found.error();
    for (auto& entry : *found)
        if (!take(std::move(entry))) break;
    return {};
}

std::unique_ptr<Following> Directory::follow(std::vector<std::string>, std::shared_ptr<Follower>)
{
    return nullptr;
}

}  // namespace imc
