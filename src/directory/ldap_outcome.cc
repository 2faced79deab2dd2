#include "directory/ldap_session.h"

namespace imc::ldap {
namespace {

EventId event_of(const Outcome& outcome)
{
    switch (outcome.code) {
    case LDAP_NO_SUCH_OBJECT: return EventId::directory_no_such_object;
    case LDAP_ALREADY_EXISTS: return EventId::directory_object_exists;
    case LDAP_FILTER_ERROR: return EventId::filter_invalid;
    case LDAP_CONSTRAINT_VIOLATION:
        // What OpenLDAP's `unique` overlay says, the only one that guards addresses.
        return outcome.diagnostic.find("not unique") != std::string::npos
                   ? EventId::directory_address_taken
                   : EventId::directory_refused;
    default:
        return is_unreachable(outcome) ? EventId::directory_unreachable
                                       : EventId::directory_refused;
    }
}

}  // namespace

bool is_unreachable(const Outcome& outcome)
{
    switch (outcome.code) {
    case LDAP_SERVER_DOWN:
    case LDAP_TIMEOUT:
    case LDAP_CONNECT_ERROR:
    case LDAP_ENCODING_ERROR:
    case LDAP_DECODING_ERROR:
    case LDAP_LOCAL_ERROR:
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_REFERRAL: return true;
    default: return false;
    }
}

std::optional<Error> hidden_context(const Outcome& outcome, const std::string& where)
{
    if (outcome.code != LDAP_NO_SUCH_OBJECT && outcome.code != LDAP_REFERRAL) return {};
    const auto said = to_error(outcome, where);
    return Error{EventId::directory_refused,
                 said.detail() +
                     "; it is one of the server's naming contexts, and empty, elsewhere, or hidden "
                     "from our account, so whoever may stand there is not proven absent: let our "
                     "account see it, or choose the part of the tree where people are "
                     "(RecipientBase, DirectoryBase)"};
}

Error to_error(const Outcome& outcome, const std::string& what)
{
    std::string detail = what + ": " + ldap_err2string(outcome.code);
    if (outcome.code > 0) detail += " (" + std::to_string(outcome.code) + ")";
    if (!outcome.diagnostic.empty()) detail += ": " + printable(outcome.diagnostic, 300);
    if (!outcome.referral.empty())
        detail += "; it refers us to " + printable(outcome.referral, 200) +
                  ", and referrals are not followed";
    return Error{event_of(outcome), std::move(detail)};
}

}  // namespace imc::ldap
