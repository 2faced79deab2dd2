#include "directory/filter.h"
#include "directory/ldap_directory.h"

namespace imc::ldap {

/// On a connection of its own, so that look-ups have all of theirs.
Result<> LdapDirectory::scan(const Dn& base, std::string_view filter, Deadline deadline,
                             const Take& take)
{
    if (auto sound = Filter::parse(filter); !sound) return sound.error();
    const auto bases = bases_of(base, deadline);
    if (!bases) return bases.error();
    auto opened = pool_.open_own(deadline);
    if (!opened) return opened.error();
    auto& session = **opened;
    if (is_behind(session))
        if (auto age = check_age(session, deadline); !age) return age.error();
    std::optional<Error> flaw;
    bool enough = false;
    for (const auto& name : *bases) {
        const auto outcome = session.pages(
            {.base = name,
             .scope = Scope::subtree,
             .filter = std::string{filter},
             .attributes = wanted()},
            [&](std::vector<Found>& page) {
                for (auto& found : page) {
                    auto entry = to_entry(std::move(found));
                    if (!entry) flaw = entry.error();
                    enough = !entry || !take(*std::move(entry));
                    if (enough) return false;
                }
                return true;
            },
            deadline);
        if (flaw) return *flaw;
        const auto where = session.url() + ", reading all below " + name;
        if (bases->size() > 1)
            if (auto hidden = hidden_context(outcome, where)) return std::move(*hidden);
        if (outcome.code != LDAP_SUCCESS) return to_error(outcome, where);
        if (enough) break;
    }
    return {};
}

}  // namespace imc::ldap
