#include "directory/ldap_directory.h"

namespace imc {

Result<> Directory::understands(const Dn&, std::string_view, Deadline) { return {}; }

}  // namespace imc

namespace imc::ldap {

Result<> LdapDirectory::understands(const Dn& base, std::string_view filter, Deadline deadline)
{
    // What cannot be judged is neither true nor false, and so is its opposite (RFC 4511 4.5.1.7).
    const std::string asked{filter};
    const auto found = ask({.base = base.to_rfc4514(),
                            .scope = Scope::base,
                            .filter = "(|" + asked + "(!" + asked + "))",
                            .attributes = {"1.1"}},
                           deadline);
    if (!found) return found.error();
    if (!found->empty()) return {};
    return Error{EventId::directory_refused,
                 description() + " does not know, or does not let our account search by, what " +
                     printable(filter, 200) + " names, so finding nobody means nothing"};
}

}  // namespace imc::ldap
