#include "base/text.h"
#include "config/load_parts.h"
#include "directory/search.h"

#include <iterator>

// Where people are, when not beside the configuration.

namespace imc::config {
namespace {

constexpr std::string_view any_address = "(proxyAddresses=*)";

std::string_view word_of(AttributeMap::Flavour flavour)
{
    switch (flavour) {
    case AttributeMap::Flavour::imc: break;
    case AttributeMap::Flavour::ad: return "ad";
    case AttributeMap::Flavour::openldap_inetorg: return "openldap-inetorg";
    }
    return "imc";
}

/// Whether anybody matches; one is enough to know it.
Result<bool> has_any(Directory& directory, const Dn& base, std::string_view filter,
                     Deadline deadline)
{
    // Of a naming context that is hidden directory.absence tells, where somebody is in another.
    const auto found = directory.search_for_proof(base, Scope::subtree, filter, "(&)", deadline, 1);
    if (found) return !found->empty();
    if (is_more_than_asked(found.error())) return true;
    return found.error();
}

}  // namespace

void Loader::recipient_cache()
{
    auto& cache = loaded_.people.cache;
    number("RecipientCacheEntries", cache.entries);
    number("RecipientCacheSeconds", cache.found);
    number("RecipientCacheNegativeSeconds", cache.absent);
    number("RecipientCacheStaleSeconds", cache.stale);
    number("RecipientCacheFollow", loaded_.people.follows);
    number("RecipientCachePreload", loaded_.people.preloads);
}

void Loader::people()
{
    recipient_cache();
    std::vector<PeopleFlaw> flaws;
    const auto choice = people_choice(*settings_, flaws);
    Rows rows;
    for (const auto& row :
         settings_->list("RecipientAttributes").value_or(std::vector<std::string>{}))
        if (auto alone = AttributeMap{choice.flavour}; alone.take(row)) rows.kept.push_back(row);
    for (const auto& [value, error] : flaws) {
        if (value == "RecipientSource")
            bad_value(value, error, "LDAP URLs such as ldap://ldap.example.org, or no value",
                      "-t SZ -d ldap://HOST");
        else if (value == "RecipientBase")
            bad_value(value, error, "a distinguished name, ou=People,dc=example,dc=org",
                      "-t SZ -d ou=People,dc=example,dc=org");
        else if (value == "RecipientFilter")
            bad_value(value, error, "a filter (RFC 4515) in the other directory's names",
                      "-t SZ -d '(objectClass=inetOrgPerson)'");
        else
            rows.flaws.push_back(error.detail());
    }
    flawed_rows("RecipientAttributes", rows,
                "OUR-NAME=THEIR-NAME,THEIR-NAME, one a line; OUR-NAME is an attribute or a class "
                "of imc's schema");
    if (!flaws.empty())
        return unjudged({"people.reachable", "people.addresses"},
                        "it is not known whom to ask, or in which names");
    if (choice.urls.empty()) return;
    const auto people = open_people(paths_, *settings_, choice);
    loaded_.people.directory = people.ours;
    loaded_.people.base = choice.base;
    const auto failure = probe_people(people, deadline_);
    if (!failure.detail().empty()) return people_unusable(choice, people, failure);
    add("people.reachable", EventId::people_unusable, Status::passed).where =
        people.ours->description();
    people_addresses(choice, people);
}

Error Loader::probe_people(const PeopleSource& people, Deadline deadline)
{
    if (people.base.is_root()) {
        const auto found = people.theirs->search_for_proof(
            people.base, Scope::one_level, "(objectClass=*)", "(&)", deadline, 1000);
        return found ? Error{} : found.error();
    }
    const auto found = people.theirs->read(people.base, deadline);
    if (std::holds_alternative<Entry>(found)) return {};
    if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
    return Error{EventId::directory_no_such_object,
                 "no object " + people.base.to_rfc4514() + " (RecipientBase)"};
}

void Loader::people_unusable(const PeopleChoice& choice, const PeopleSource& people,
                             const Error& failure)
{
    const bool silent = failure.event() == EventId::directory_unreachable;
    const bool bridges =
        silent && same_word(settings_->text("StartWithoutDirectory").value_or(""), "last-good");
    loaded_.people_unreachable = silent;
    auto& a = add("people.reachable", silent ? failure.event() : EventId::people_unusable,
                  bridges ? Status::warning : Status::failed);
    a.where = where("RecipientSource") + ": " + people.ours->description();
    a.found = failure.to_string();
    a.expected = "a directory that answers our account, with the object RecipientBase";
    a.why = "recipients are looked up there (RecipientSource)";
    const auto add_value = [&](const std::string& name, const std::string& data) {
        return "imc reg add -v " + name + " -t SZ -d " + data + " -f" + paths_.option();
    };
    switch (failure.event()) {
    case EventId::directory_unreachable:
        a.fix = "start the directory server, or correct the address: " +
                add_value("RecipientSource", "ldap://HOST");
        break;
    case EventId::directory_no_such_object: {
        const auto tops =
            people.theirs->search(Dn{}, Scope::one_level, "(objectClass=*)", deadline_, 20);
        a.fix = add_value("RecipientBase", "dc=...") + "  (one of the server's namingContexts)";
        if (tops && tops->size() == 1) {
            const auto base = tops->front().dn.to_rfc4514();
            a.why += "; the server has " + base;
            a.fix = add_value("RecipientBase", shell_word(base));
            a.automatic.registry = {{"RecipientBase", "SZ", base}};
        }
        break;
    }
    case EventId::directory_password_unusable:
        a.fix = "chmod 600 " +
                shell_word(ldap_settings(paths_, *settings_, choice.urls, choice.base, "Recipient")
                               .password_file);
        break;
    case EventId::directory_tls_failed:
        a.fix = add_value("RecipientCAFile", "/path/to/ca.pem") + "  (or RecipientTLS)";
        break;
    default:
        if (people.base.is_root())
            a.fix = add_value("RecipientBase", "dc=...") + "  (where people are); or ";
        a.fix += "write the account's password into the file that RecipientPasswordFile names, or "
                 "correct the account: " +
                 add_value("RecipientBindDN", "cn=...");
    }
    if (bridges) {
        people_silent_ = failure;
        a.why +=
            "; StartWithoutDirectory is last-good: recipients are deferred (451) until it answers";
    }
    add("people.addresses", EventId::people_unusable,
        bridges ? Status::warning : Status::not_evaluated)
        .why = "people could not be asked";
}

void Loader::people_addresses(const PeopleChoice& choice, const PeopleSource& people)
{
    const auto any = has_any(*people.ours, people.base, any_address, deadline_);
    auto& a = add("people.addresses", EventId::people_unusable,
                  any && *any ? Status::passed : Status::failed);
    a.where = people.ours->description() + ", below " +
              (people.base.is_root() ? std::string{"its top"} : people.base.to_rfc4514());
    if (a.status == Status::passed) return;
    if (!any && any.error().event() == EventId::directory_unreachable)
        loaded_.people_unreachable = true;
    a.found = any ? "nobody has an address" : any.error().to_string();
    a.expected = "somebody whose mail address can be read as " + std::string{any_address};
    a.why = "with this map (RecipientFlavour " + std::string{word_of(choice.flavour)} +
            ", RecipientAttributes, RecipientFilter) every recipient would be unknown";
    a.fix =
        "look at what is there: imc dir ls --people" + paths_.option() +
        "; then correct RecipientFlavour, RecipientAttributes, RecipientFilter or RecipientBase";
    if (any) offer_flavour(a, choice, people);
}

void Loader::offer_flavour(Assertion& a, const PeopleChoice& choice, const PeopleSource& people)
{
    for (const auto flavour : {AttributeMap::Flavour::imc, AttributeMap::Flavour::openldap_inetorg,
                               AttributeMap::Flavour::ad}) {
        if (flavour == choice.flavour) continue;
        const auto other = mapped_directory(people.theirs, AttributeMap{flavour}, choice.filter);
        const auto any = has_any(*other, people.base, any_address, deadline_);
        if (!any || !*any) continue;
        const std::string word{word_of(flavour)};
        a.fix = "imc reg add -v RecipientFlavour -t SZ -d " + word + " -f" + paths_.option();
        a.automatic.registry = {{"RecipientFlavour", "SZ", word}};
        // Every map finds mail; classes tell.
        const auto mailbox = has_any(*other, people.base,
                                     "(&(objectClass=imcMailbox)(proxyAddresses=*))", deadline_);
        if (mailbox && *mailbox) return;
    }
}

}  // namespace imc::config
