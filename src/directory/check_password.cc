#include "directory/ldap_directory.h"
#include "directory/password.h"

namespace imc {

Answer<bool> Directory::check_password(const Dn& dn, std::string_view password, Deadline deadline)
{
    auto answer = read(dn, deadline);
    if (auto* silent = std::get_if<CannotSay>(&answer)) return std::move(*silent);
    const auto* entry = std::get_if<Entry>(&answer);
    const auto values =
        entry == nullptr ? std::span<const std::string>{} : entry->all("userPassword");
    // Hashed even when there is nothing to compare: how long it takes tells nobody who exists.
    const bool matches = password_matches(values, password) && !password.empty();
    if (values.empty()) return ProvenAbsent{};
    return matches;
}

}  // namespace imc

namespace imc::ldap {

Answer<bool> LdapDirectory::check_password(const Dn& dn, std::string_view password,
                                           Deadline deadline)
{
    // An empty name or password is the anonymous bind, which succeeds.
    if (password.empty() || dn.is_root()) return false;
    const auto name = dn.to_rfc4514();
    auto session = pool_.open_unbound(deadline);
    if (!session) return CannotSay{session.error()};
    const auto outcome = (*session)->bind_as(name, password, deadline);
    switch (outcome.code) {
    case LDAP_SUCCESS: return true;
    case LDAP_INVALID_CREDENTIALS:  // also what servers say of an object that is not there
    case LDAP_INAPPROPRIATE_AUTH:   // the object has no password
        return false;
    case LDAP_NO_SUCH_OBJECT: return ProvenAbsent{};
    default: return CannotSay{to_error(outcome, (*session)->url() + ", binding as " + name)};
    }
}

}  // namespace imc::ldap
