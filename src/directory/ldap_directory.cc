#include "directory/ldap_directory.h"

#include <algorithm>

namespace imc::ldap {
namespace {

/// OpenLDAP's settings, state and log of changes: nobody stands there, and our account need not see
/// them.
bool is_the_servers_own(std::string_view context)
{
    constexpr std::string_view own[] = {"cn=config", "cn=monitor", "cn=accesslog"};
    const auto dn = Dn::parse_rfc4514(context);
    return dn && std::ranges::any_of(own, [&](std::string_view name) {
               return same(*dn, *Dn::parse_rfc4514(name));
           });
}

}  // namespace

void take_id(Found& found)
{
    const auto id = found.attributes.find(entry_uuid);
    if (id == found.attributes.end()) return;
    if (!id->second.empty()) found.id = lower(id->second.front());
    found.attributes.erase(id);
}

Result<Entry> to_entry(Found&& found)
{
    auto dn = Dn::parse_rfc4514(found.dn);
    if (!dn) return dn.error();
    take_id(found);
    return Entry{*std::move(dn), std::move(found.attributes), std::move(found.id)};
}

std::string LdapDirectory::description() const
{
    std::string text;
    for (const auto& url : pool_.settings().urls)
        text += (text.empty() ? "" : ", ") + url;
    return text;
}

Result<std::vector<Found>> LdapDirectory::ask(const SearchRequest& request, Deadline deadline)
{
    return ask(request, deadline, false, nullptr, nullptr);
}

Result<std::vector<Found>> LdapDirectory::ask_for_proof(const SearchRequest& request,
                                                        Deadline deadline)
{
    return ask(request, deadline, true, nullptr, nullptr);
}

bool LdapDirectory::is_behind(const Session& session) const
{
    return !memory_->missing_in(session.shown).empty();
}

Result<> LdapDirectory::check_age(Session& session, Deadline deadline)
{
    return check_age(session, memory_->contexts(), deadline);
}

Result<> LdapDirectory::check_age(Session& session, const std::vector<std::string>& bases,
                                  Deadline deadline)
{
    SeenChanges shown;
    for (const auto& base : bases) {
        std::vector<Found> found;
        const auto outcome = session.search({.base = base,
                                             .scope = Scope::base,
                                             .filter = "(objectClass=*)",
                                             .attributes = {"contextCSN"}},
                                            found, deadline);
        for (const auto& entry : found)
            for (const auto& [name, values] : entry.attributes)
                for (const auto& value : values)
                    shown.take(base, value);
        const bool hidden = bases.size() > 1 && hidden_context(outcome, base).has_value();
        if (outcome.code != LDAP_SUCCESS && outcome.code != LDAP_NO_SUCH_OBJECT && !hidden)
            return to_error(outcome, session.url() + ", asking for its contextCSN");
    }
    session.shown = std::move(shown);
    const auto missing = memory_->missing_in(session.shown);
    if (missing.empty()) return {};
    return Error{EventId::directory_unreachable,
                 session.url() +
                     " lacks changes that were seen before, so what it does not have may be on its "
                     "way: its replication is behind; or it was restored, or a provider was taken "
                     "away for good (then restart the connector); " +
                     missing};
}

Result<std::vector<Found>> LdapDirectory::ask(const SearchRequest& request, Deadline deadline,
                                              bool proof, const Known* known,
                                              std::optional<Error>* unproven)
{
    for (bool again = true;; again = false) {
        auto session = pool_.borrow(deadline, request.server);
        if (!session) return session.error();
        // Before the question: the answer is at least as new as that.
        Result<> age;
        if (proof && is_behind(**session)) {
            age = check_age(**session, deadline);
            if (!age && (*session)->broken()) {
                if (again) continue;
                return age.error();
            }
        }
        std::vector<Found> found;
        const auto outcome = (*session)->search(request, found, deadline);
        const bool lacks = outcome.code == LDAP_SUCCESS && needs_proof(found, known);
        // Of several naming contexts: who is found in another one is there all the same.
        const auto doubt = [&](Error why) -> Result<std::vector<Found>> {
            if (unproven == nullptr || !request.several) return why;
            *unproven = std::move(why);
            return std::move(found);
        };
        if (!age && (lacks || outcome.code == LDAP_NO_SUCH_OBJECT)) return doubt(age.error());
        if (!age && outcome.code == LDAP_SUCCESS) ++old_answers_;
        // Whoever stands in a part that was not asked is not proven absent.
        if (proof && lacks && !outcome.continued.empty())
            return doubt(
                {EventId::directory_unreachable,
                 (*session)->url() + " refers to " + printable(outcome.continued, 200) +
                     " for a part of " + request.base +
                     ", and other servers are not asked; choose a base without such a part "
                     "(RecipientBase, DirectoryBase)"});
        // Of the same server, on the same connection: what another one knows proves nothing.
        if (unproven != nullptr && known != nullptr && lacks) {
            const auto sure =
                check_known(**session, request.base, request.several, *known, deadline);
            if (!sure && again && (*session)->broken()) continue;
            if (!sure && sure.error().event() != EventId::directory_refused) return sure.error();
            if (!sure) *unproven = sure.error();
        }
        if (outcome.code == LDAP_SUCCESS) {
            mark_parts(**session, found);
            return found;
        }
        if (again && outcome.code == LDAP_SERVER_DOWN) continue;
        std::string what =
            (*session)->url() + ", searching " + (request.base.empty() ? "the root" : request.base);
        if (auto hidden = request.several ? hidden_context(outcome, what) : std::nullopt)
            return doubt(*std::move(hidden));
        if (outcome.code == LDAP_SIZELIMIT_EXCEEDED)
            what += " (the server's own limit; raise it for " +
                    (pool_.settings().bind_dn.empty() ? "our account" : pool_.settings().bind_dn) +
                    ")";
        return to_error(outcome, what);
    }
}

std::vector<std::string> LdapDirectory::wanted() const
{
    auto names = pool_.settings().attributes;
    if (names.empty()) names.emplace_back("*");
    names.emplace_back(entry_uuid);
    return names;
}

Answer<Entry> LdapDirectory::read(const Dn& dn, Deadline deadline)
{
    return read(dn, nullptr, deadline);
}

Answer<Entry> LdapDirectory::read_current(const Dn& dn, Deadline deadline)
{
    const Known whole{{}, {}, {.whole = true}};
    return read(dn, &whole, deadline);
}

Answer<Entry> LdapDirectory::read(const Dn& dn, const Known* known, Deadline deadline)
{
    if (dn.is_root()) return ProvenAbsent{};  // the server's own entry there is no object
    auto found = ask({.base = dn.to_rfc4514(),
                      .scope = Scope::base,
                      .filter = "(objectClass=*)",
                      .attributes = wanted()},
                     deadline, true, known, nullptr);
    if (!found) {
        if (found.error().event() == EventId::directory_no_such_object) return ProvenAbsent{};
        return CannotSay{found.error()};
    }
    // Before anybody judges by what is left whether we may see the object.
    for (auto& one : *found)
        take_id(one);
    // A success without an object, or with nothing in it: it is there, but the server does not let
    // us see it.
    if (found->empty() || found->front().attributes.empty())
        return CannotSay{
            Error{EventId::directory_refused, dn.to_rfc4514() + " may not be read by our account"}};
    auto entry = to_entry(std::move(found->front()));
    if (!entry) return CannotSay{entry.error()};
    return *std::move(entry);
}

Result<LdapDirectory::Root> LdapDirectory::root(Deadline deadline)
{
    auto found = ask({.base = "",
                      .scope = Scope::base,
                      .filter = "(objectClass=*)",
                      .attributes = {"namingContexts", "highestCommittedUSN", "dsServiceName"}},
                     deadline);
    if (!found) return found.error();
    Root root;
    for (auto& entry : *found)
        for (auto& [name, values] : entry.attributes)
            for (auto& value : values)
                if (!same_word(name, "namingContexts"))
                    root.usn += name + "=" + value + "\n";
                else if (!value.empty() && !is_the_servers_own(value))
                    root.contexts.push_back(std::move(value));
    return root;
}

/// Those that hold our base: only they have a contextCSN.
std::vector<std::string> LdapDirectory::suffixes_of(std::vector<std::string> contexts) const
{
    const auto& base = pool_.settings().base;
    const auto dn = Dn::parse_rfc4514(base);
    if (base.empty() || !dn) {
        std::erase_if(contexts, is_the_servers_own);
        return contexts;
    }
    std::erase_if(contexts, [&](const std::string& text) {
        const auto context = Dn::parse_rfc4514(text);
        return !context || !dn->is_within(*context);
    });
    if (contexts.empty()) contexts.push_back(base);
    return contexts;
}

Result<std::vector<std::string>> LdapDirectory::bases_of(const Dn& base, Deadline deadline)
{
    if (!base.is_root()) return std::vector{base.to_rfc4514()};
    auto top = root(deadline);
    if (!top) return top.error();
    if (top->contexts.empty())
        return Error{EventId::directory_refused,
                     description() +
                         " shows our account no namingContexts, so what it holds is not "
                         "known; choose a base (RecipientBase, DirectoryBase)"};
    return std::move(top->contexts);
}

Result<std::vector<Entry>> LdapDirectory::search(const Dn& base, Scope scope,
                                                 std::string_view filter, Deadline deadline,
                                                 std::size_t limit)
{
    return find(base, scope, filter, nullptr, deadline, limit);
}

Result<std::vector<Entry>> LdapDirectory::find(const Dn& base, Scope scope, std::string_view filter,
                                               const Known* known, Deadline deadline,
                                               std::size_t limit)
{
    // Read here first so that a filter means the same, and fails the same, on both engines.
    if (auto sound = Filter::parse(filter); !sound) return sound.error();
    SearchRequest request{.base = base.to_rfc4514(),
                          .scope = scope,
                          .filter = std::string{filter},
                          .attributes = wanted(),
                          .limit = limit};
    if (base.is_root() && scope == Scope::base) return std::vector<Entry>{};
    if (base.is_root() && scope == Scope::one_level) request.scope = Scope::base;
    auto bases = bases_of(base, deadline);
    if (!bases) return bases.error();
    request.several = bases->size() > 1;
    const auto is_meant = [&](const Entry& entry) {
        return known == nullptr || !known->proof.meant || known->proof.meant(entry);
    };
    std::vector<Entry> entries;
    std::size_t all = 0;
    std::optional<Error> unproven;
    for (auto& name : *bases) {
        request.base = std::move(name);
        auto found = ask(request, deadline, true, known, known != nullptr ? &unproven : nullptr);
        if (!found) return found.error();
        all += found->size();
        for (auto& one : *found) {
            auto entry = to_entry(std::move(one));
            if (!entry) return entry.error();
            if (is_meant(*entry)) entries.push_back(*std::move(entry));
        }
        if (all > limit)
            return Error{EventId::directory_refused,
                         "more than " + std::to_string(limit) + " objects match; ask for fewer"};
    }
    // Whoever is found in one context is there, whatever another one does not know.
    if (unproven && (entries.empty() || known->proof.whole)) return *std::move(unproven);
    return entries;
}

}  // namespace imc::ldap

namespace imc {

std::unique_ptr<Directory> ldap_directory(LdapSettings settings)
{
    return std::make_unique<ldap::LdapDirectory>(std::move(settings));
}

}  // namespace imc
