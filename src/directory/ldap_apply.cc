#include "directory/ldap_directory.h"
#include "directory/reverse.h"

namespace imc::ldap {
namespace {

std::string verb(Change::Kind kind)
{
    switch (kind) {
    case Change::Kind::add: return "adding ";
    case Change::Kind::modify: return "changing ";
    case Change::Kind::remove: return "removing ";
    case Change::Kind::rename: break;
    }
    return "renaming ";
}

std::vector<std::string> new_addresses(const Change& change)
{
    std::vector<std::string> addresses;
    if (change.kind == Change::Kind::add) {
        if (const auto found = change.attributes.find("proxyAddresses");
            found != change.attributes.end())
            addresses = found->second;
    } else if (change.kind == Change::Kind::modify) {
        for (const auto& part : change.changes)
            if (same_word(part.attribute, "proxyAddresses") &&
                part.kind != AttributeChange::Kind::remove)
                addresses.insert(addresses.end(), part.values.begin(), part.values.end());
    }
    return addresses;
}

}  // namespace

Result<> LdapDirectory::check_addresses(const Change& change, Deadline deadline)
{
    const auto addresses = new_addresses(change);
    if (addresses.empty()) return {};
    Dn top;
    if (auto base = Dn::parse_rfc4514(pool_.settings().base); base && !base->is_root())
        top = *std::move(base);
    else  // without a base: the organization, that is the last name of the object
        for (top = change.dn; !top.parent().is_root();)
            top = top.parent();
    for (const auto& address : addresses) {
        auto holders =
            search(top, Scope::subtree, "(proxyAddresses=" + escape_filter_value(address) + ")",
                   deadline, 100);
        if (!holders && holders.error().event() == EventId::directory_no_such_object) return {};
        if (!holders) return holders.error();
        for (const auto& holder : *holders)
            if (!same(holder.dn, change.dn))
                return Error{EventId::directory_address_taken,
                             printable(address, 200) + " of " + change.dn.to_rfc4514() +
                                 " belongs to " + holder.dn.to_rfc4514()};
    }
    return {};
}

Result<> LdapDirectory::change(const Change& change, Deadline deadline)
{
    auto session = pool_.borrow(deadline);
    if (!session) return session.error();
    const auto dn = change.dn.to_rfc4514();
    Outcome outcome;
    switch (change.kind) {
    case Change::Kind::add: outcome = (*session)->add(dn, change.attributes, deadline); break;
    case Change::Kind::modify: outcome = (*session)->modify(dn, change.changes, deadline); break;
    case Change::Kind::remove: outcome = (*session)->remove(dn, deadline); break;
    case Change::Kind::rename: {
        std::optional<std::string> superior;
        if (change.new_superior) superior = change.new_superior->to_rfc4514();
        outcome = (*session)->rename(dn, Dn{}.child(change.new_rdn).to_rfc4514(),
                                     change.delete_old_rdn, superior, deadline);
        break;
    }
    }
    if (outcome.code == LDAP_SUCCESS) return {};
    const auto error = to_error(outcome, verb(change.kind) + dn);
    if (!(*session)->broken()) return error;
    return Error{error.event(), error.detail() + "; it may have been made all the same",
                 error.os_code()};
}

Result<> LdapDirectory::apply(std::span<const Change> changes, Deadline deadline)
{
    std::vector<std::vector<Change>> undo;
    std::optional<Error> failure;
    for (const auto& one : changes) {
        if (auto sound = check_change(one); !sound) {
            failure = sound.error();
            break;
        }
        // How to take it back must be known before: afterwards the old values are gone.
        std::vector<Change> back;
        if (changes.size() > 1) {
            auto reversed = reverse(*this, std::span{&one, 1}, deadline);
            if (!reversed) {
                failure = reversed.error();
                break;
            }
            back = *std::move(reversed);
        }
        auto done = check_addresses(one, deadline);
        if (done) done = change(one, deadline);
        if (!done) {
            failure = done.error();
            break;
        }
        undo.push_back(std::move(back));
    }
    if (!failure) return {};

    std::string stayed;
    while (!undo.empty()) {
        // Cleaning up gets time of its own: the deadline may be what failed us.
        for (const auto& one : undo.back())
            if (auto undone = change(one, after(pool_.settings().operation_timeout)); !undone)
                stayed += "; not undone: " + undone.error().detail();
        undo.pop_back();
    }
    if (stayed.empty()) return *failure;
    return Error{failure->event(), failure->detail() + stayed, failure->os_code()};
}

}  // namespace imc::ldap
