#include "directory/ldap_directory.h"

#include <algorithm>
#include <set>

namespace imc {

Result<> Directory::understands(const Dn&, std::string_view, Deadline) { return {}; }

Result<std::vector<Entry>> Directory::search_for_proof(const Dn& base, Scope scope,
                                                       std::string_view filter,
                                                       std::string_view known, Deadline deadline,
                                                       std::size_t limit, const Proof& proof)
{
    auto found = search(base, scope, filter, deadline, limit);
    if (!found) return found;
    if (proof.meant) std::erase_if(*found, [&](const Entry& one) { return !proof.meant(one); });
    if (!found->empty() && !proof.whole) return found;
    if (auto sure = understands(base, known, deadline); !sure) return sure.error();
    return found;
}

}  // namespace imc

namespace imc::ldap {
namespace {

/// True of each object, of whatever syntax the attribute is, where it may be asked for. Whether it
/// is there would not tell: of an attribute that is not known, "none" is false and no more.
std::string any_value(const std::string& attribute, const std::string& base)
{
    std::string out{"(|"};
    const std::string values[] = {"x", "0", "TRUE", "20000101000000Z", "2.5.6.0", base};
    for (const auto& value : values) {
        if (value.empty()) continue;
        const auto item = "(" + attribute + "=" + escape_filter_value(value) + ")";
        out += item + "(!" + item + ")";
    }
    return out + ")";
}

void add_items(const Filter& filter, const std::string& base, std::set<std::string>& into)
{
    using Kind = Filter::Kind;
    for (const auto& part : filter.parts)
        add_items(part, base, into);
    switch (filter.kind) {
    case Kind::all_of:
    case Kind::any_of:
    case Kind::none_of: return;
    case Kind::present: into.insert(any_value(filter.attribute, base)); return;
    default: break;
    }
    // A class that a server does not know is nobody's there; the attribute is known to all.
    const auto item =
        same_word(filter.attribute, "objectClass") ? "(objectClass=top)" : filter.to_string();
    into.insert("(|" + item + "(!" + item + "))");
}

/// What cannot be judged is neither true nor false, and so is its opposite (RFC 4511 4.5.1.7); of
/// all attributes together a part that is false would hide the others.
/// @return  true of each object where all of it is known; empty: there is nothing to ask
std::string question_about(const Filter& filter, const std::string& base)
{
    std::set<std::string> items;
    add_items(filter, base, items);
    if (items.empty()) return {};
    std::string out{"(&"};
    for (const auto& item : items)
        out += item;
    return out + ")";
}

}  // namespace

Result<LdapDirectory::Known> LdapDirectory::known_by(std::string_view filter)
{
    auto read = Filter::parse(filter);
    if (!read) return read.error();
    return Known{std::string{filter}, *std::move(read), {}};
}

/// Whether what was not found is part of the answer.
bool LdapDirectory::needs_proof(const std::vector<Found>& found, const Known* known)
{
    if (found.empty()) return true;
    if (known == nullptr) return false;
    if (known->proof.whole) return true;
    if (!known->proof.meant) return false;
    return std::ranges::none_of(found, [&](const Found& one) {
        const auto entry = to_entry(Found{one});
        return !entry || known->proof.meant(*entry);  // what cannot be read is said by the caller
    });
}

Result<> LdapDirectory::check_known(Session& session, const std::string& base, bool several,
                                    const Known& known, Deadline deadline) const
{
    const auto question = question_about(known.filter, base);
    if (question.empty()) return {};
    std::vector<Found> found;
    const auto outcome = session.search(
        {.base = base, .scope = Scope::base, .filter = question, .attributes = {"1.1"}}, found,
        deadline);
    const auto where = session.url() + ", asking what it knows at " + base;
    if (several)
        if (auto hidden = hidden_context(outcome, where)) return std::move(*hidden);
    if (outcome.code != LDAP_SUCCESS && outcome.code != LDAP_NO_SUCH_OBJECT)
        return to_error(outcome, where);
    if (!found.empty()) return {};
    return Error{
        EventId::directory_refused,
        session.url() + " does not know, or does not let our account search by, all that " +
            printable(known.text, 200) + " names, so finding nobody at " + base + " means nothing"};
}

Result<> LdapDirectory::understands(const Dn& base, std::string_view filter, Deadline deadline)
{
    const auto known = known_by(filter);
    if (!known) return known.error();
    const auto bases = bases_of(base, deadline);
    if (!bases) return bases.error();
    for (const auto& name : *bases) {
        for (bool again = true;; again = false) {
            const auto session = pool_.borrow(deadline);
            if (!session) return session.error();
            const auto sure = check_known(**session, name, bases->size() > 1, *known, deadline);
            if (sure) break;
            if (!again || !(*session)->broken()) return sure.error();
        }
    }
    return {};
}

Result<std::vector<Entry>> LdapDirectory::search_for_proof(const Dn& base, Scope scope,
                                                           std::string_view filter,
                                                           std::string_view known,
                                                           Deadline deadline, std::size_t limit,
                                                           const Proof& proof)
{
    auto wanted = known_by(known);
    if (!wanted) return wanted.error();
    wanted->proof = proof;
    return find(base, scope, filter, &*wanted, deadline, limit);
}

}  // namespace imc::ldap
