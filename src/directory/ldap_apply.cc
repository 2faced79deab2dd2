#include "directory/change_made.h"
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

Result<> LdapDirectory::change(const Change& change, Deadline deadline, LostAnswer* lost)
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
    if (lost != nullptr) {
        *lost = {(*session)->server(), outcome.code == LDAP_TIMEOUT};
        return error;
    }
    return Error{error.event(), error.detail() + "; it may have been made all the same",
                 error.os_code()};
}

Answer<Entry> LdapDirectory::read_from(const std::string& server, const Dn& dn, Deadline deadline,
                                       bool& elsewhere)
{
    const auto name = dn.to_rfc4514();
    for (bool again = true;; again = false) {
        auto session = pool_.borrow(deadline, server);
        if (!session) return CannotSay{session.error()};
        std::vector<Found> found;
        const auto outcome = (*session)->search({.base = name,
                                                 .scope = Scope::base,
                                                 .filter = "(objectClass=*)",
                                                 .attributes = wanted()},
                                                found, deadline);
        // The other connections may have gone with the one that we lost.
        if ((*session)->broken() && again) continue;
        elsewhere = elsewhere || (*session)->server() != server;
        if (outcome.code == LDAP_NO_SUCH_OBJECT) return ProvenAbsent{};
        if (outcome.code != LDAP_SUCCESS) return CannotSay{to_error(outcome, "reading " + name)};
        if (found.empty() || found.front().attributes.empty())
            return CannotSay{
                Error{EventId::directory_refused, name + " may not be read by our account"}};
        auto entry = to_entry(std::move(found.front()));
        if (!entry) return CannotSay{entry.error()};
        return *std::move(entry);
    }
}

Result<> LdapDirectory::settle(const Change& one, const std::vector<Change>& back,
                               const LostAnswer& lost, const Error& failure)
{
    // Time of its own: the deadline may be what failed us.
    const auto deadline = after(pool_.settings().operation_timeout);
    bool elsewhere = false;
    const auto look = [&](const Dn& dn) { return read_from(lost.server, dn, deadline, elsewhere); };
    const auto there = look(one.dn);
    std::optional<bool> made, not_made;
    if (std::holds_alternative<CannotSay>(there)) {
        // Nothing is known.
    } else if (one.kind == Change::Kind::rename) {
        const Dn above = one.new_superior ? *one.new_superior : one.dn.parent();
        const auto renamed = look(above.child(one.new_rdn));
        const bool has_old = std::holds_alternative<Entry>(there);
        made = std::holds_alternative<Entry>(renamed) && !has_old;
        not_made = std::holds_alternative<ProvenAbsent>(renamed) && has_old;
    } else {
        const auto* entry = std::get_if<Entry>(&there);
        made = shows(one, entry);
        if (back.size() == 1) not_made = shows(back.front(), entry);
    }
    if (made == true) return {};
    // A server that was only slow may still be at it, and another one may lack what this one has.
    if (not_made == true && !lost.late && !elsewhere) return failure;
    return Error{EventId::directory_half_written,
                 failure.detail() + "; whether it was made could not be found out",
                 failure.os_code()};
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
        auto reversed = reverse(*this, std::span{&one, 1}, deadline);
        if (reversed) {
            back = *std::move(reversed);
        } else if (changes.size() > 1) {
            failure = reversed.error();
            break;
        }
        auto done = check_addresses(one, deadline);
        LostAnswer lost;
        if (done) done = change(one, deadline, &lost);
        if (!done && !lost.server.empty()) done = settle(one, back, lost, done.error());
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
    return Error{EventId::directory_half_written, failure->detail() + stayed, failure->os_code()};
}

}  // namespace imc::ldap
