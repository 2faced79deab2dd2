#pragma once
/// @file transfer/dynamic_lists.h  Which lists whose members a search finds is one object on?
///
/// Nobody reads their members: the search of each list (imcMemberURL, memberURL) is put to the
/// directory with the one object as its base, so that it is the server which compares, as it does
/// when the list is expanded. A search that cannot be read, or leads out of the organization, finds
/// nobody, here as there.
///
/// The lists themselves are remembered: until the directory changes if it is local, else for as
/// long as whoever asks allows. A server that is behind names none.
///
/// Threads: any; with() blocks when the directory is not local.
#include "transfer/expansion.h"

#include <mutex>
#include <set>

namespace imc::transfer {

class DynamicLists {
public:
    static constexpr std::size_t most = 1000;  ///< in the organization; more: cannot say

    struct Doubt {
        Dn list;
        std::string why;
    };
    struct Found {
        std::vector<Dn> lists;
        std::vector<Doubt> doubts;  ///< the server does not say whether their search finds it
    };

    DynamicLists(std::shared_ptr<Directory> directory, Dn organization);

    /// @param known  normalized names of lists that need not be asked any more
    /// @param not_before  lists that a server named earlier are asked for anew
    /// Error: cannot say, of any list.
    Result<Found> with(const Dn& object, const std::set<std::string>& known, Deadline not_before,
                       Deadline deadline);

private:
    struct Known {
        Dn list;
        std::vector<MemberSearch> searches;
    };
    using All = std::shared_ptr<const std::vector<Known>>;

    Result<All> all(Deadline not_before, Deadline deadline);

    std::shared_ptr<Directory> directory_;
    Dn organization_;
    std::mutex mutex_;
    All known_;
    Deadline asked_at_{};
    std::uint64_t revision_ = 0;  ///< of a local directory, then
};

}  // namespace imc::transfer
