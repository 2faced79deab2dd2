#pragma once
/// @file transfer/sole_alias.h  Is a Maildir that is named after an alias one person's alone?
///
/// Addresses are unique, aliases need not be: of people in another directory an alias is a uid, of
/// which two may be the same. Their mail would stand in one folder, and each would read the
/// other's. So whoever is delivered into a folder named after his alias is asked for by it, and
/// when another object's mail would stand there, too, nobody's is put there: it waits
/// (docs/decisions/20261127-one-maildir-one-person.md).
///
/// That nobody else has the alias is remembered: until the directory changes, if it is local, else
/// for a minute; while it is silent, as long as he is believed to be there at all. Of more aliases
/// than are remembered, the one that got no mail for the longest time is forgotten.
///
/// Threads: any; blocks when the directory is not local.
#include "config/config.h"
#include "directory/directory.h"
#include "transfer/route.h"

#include <list>
#include <mutex>
#include <unordered_map>

namespace imc::transfer {

class SoleAlias {
public:
    static constexpr std::size_t most = 10;  ///< objects of one alias that are looked at
    static constexpr std::size_t most_remembered = 10'000;
    static constexpr std::chrono::seconds for_so_long{60};

    SoleAlias(std::shared_ptr<Directory> directory, Dn organization,
              std::size_t remembered = most_remembered);

    /// @param route  where mail for `entry` goes: a folder named after its alias
    /// @param revision  of a local directory as it is now; 0: it is asked
    /// @return  names of the objects whose mail goes to the same folder, but `entry`; none: it is
    ///          its own
    std::variant<std::vector<std::string>, CannotSay> sharers(const config::Config& config,
                                                              const Entry& entry,
                                                              const Route& route, Deadline deadline,
                                                              std::uint64_t revision = 0);

private:
    struct Known {
        std::string owner;  ///< Dn::normalized()
        std::uint64_t revision = 0;
        Deadline until{};
        std::list<std::string>::iterator place = {};  ///< in unused_first_
    };
    std::optional<Known> known(const std::string& alias, const std::string& owner);
    void remember(const std::string& alias, Known known);
    void forget(const std::string& alias);

    std::shared_ptr<Directory> directory_;
    Dn organization_;
    const std::size_t remembered_;
    std::mutex mutex_;
    std::list<std::string> unused_first_;  ///< aliases, those of known_
    std::unordered_map<std::string, Known> known_;
};

}  // namespace imc::transfer
