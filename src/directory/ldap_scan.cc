#include "directory/filter.h"
#include "directory/ldap_directory.h"

namespace imc::ldap {

/// On a connection of its own, so that look-ups have all of theirs.
Result<> LdapDirectory::scan(const Dn& base, std::string_view filter, Deadline deadline,
                             const Take& take)
{
    if (auto sound = Filter::parse(filter); !sound) return sound.error();
    auto opened = pool_.open_own(deadline);
    if (!opened) return opened.error();
    auto& session = **opened;
    if (is_behind(session))
        if (auto age = check_age(session, deadline); !age) return age.error();
    std::optional<Error> flaw;
    const auto outcome = session.pages(
        {.base = base.to_rfc4514(),
         .scope = Scope::subtree,
         .filter = std::string{filter},
         .attributes = wanted()},
        [&](std::vector<Found>& page) {
            for (auto& found : page) {
                auto entry = to_entry(std::move(found));
                if (!entry) flaw = entry.error();
                if (!entry || !take(*std::move(entry))) return false;
            }
            return true;
        },
        deadline);
    if (flaw) return *flaw;
    if (outcome.code == LDAP_SUCCESS) return {};
    return to_error(outcome, session.url() + ", reading all below " + base.to_rfc4514());
}

}  // namespace imc::ldap
