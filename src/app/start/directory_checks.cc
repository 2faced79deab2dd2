#include "app/start/directory_checks.h"

#include "config/open_people.h"
#include "directory/health.h"

namespace imc::app {
namespace {

using config::Assertion;
using config::Status;

constexpr auto wants_mending = EventId::directory_wants_mending;

std::string lines_of(const std::vector<std::string>& findings)
{
    std::string out;
    for (const auto& finding : findings)
        out += (out.empty() ? "" : "\n") + finding;
    return out;
}

struct Asked {
    LdapSettings ldap;
    std::vector<std::string> attributes;
};

/// The LDAP servers that look-ups go to, and by which attributes; nothing when they are embedded.
std::optional<Asked> servers(const Paths& paths)
{
    const auto settings = config::settings_of(paths);
    if (!settings) return {};
    std::vector<config::PeopleFlaw> flaws;
    const auto people = config::people_choice(**settings, flaws);
    if (!flaws.empty()) return {};
    if (!people.urls.empty())
        return Asked{
            config::ldap_settings(paths, **settings, people.urls, people.base, "Recipient"),
            people.map.looked_up()};
    const auto home = config::directory_choice(**settings);
    if (!home || home->embedded) return {};
    return Asked{config::ldap_settings(paths, **settings, home->urls, home->base, "Directory"),
                 AttributeMap{}.looked_up()};
}

void judge_indexes(const Asked& asked, Deadline deadline, std::vector<Assertion>& out)
{
    Assertion a{"directory.indexes", wants_mending};
    a.where = asked.ldap.urls.front();
    a.expected = "an equality index for each attribute that look-ups ask for";
    const auto answer = missing_indexes(asked.ldap, asked.attributes, deadline);
    if (const auto* missing = std::get_if<MissingIndexes>(&answer)) {
        a.where += ", " + missing->database;
        if (!missing->attributes.empty()) {
            a.status = Status::warning;
            std::string lines;
            for (const auto& attribute : missing->attributes) {
                a.found += (a.found.empty() ? "no index: " : ", ") + attribute;
                lines += "olcDbIndex: " + attribute + " eq\\n";
            }
            a.why = "each look-up walks through all objects of the database";
            a.fix = "printf 'dn: " + missing->database +
                    "\\nchangetype: modify\\nadd: olcDbIndex\\n" + lines +
                    "' | ldapmodify -Y EXTERNAL -H ldapi:///";
        }
    } else if (const auto* silent = std::get_if<CannotSay>(&answer)) {
        a.why = "not looked at: " + silent->reason.to_string();
    } else {
        a.why = "not looked at: the server shows our account no cn=config";
    }
    out.push_back(std::move(a));
}

void judge_people(Directory& people, const Dn& base, const std::string& change, Deadline deadline,
                  std::vector<Assertion>& out)
{
    Assertion twice{"directory.duplicates", wants_mending};
    Assertion dangling{"directory.references", wants_mending};
    for (auto* a : {&twice, &dangling})
        a->where = people.description() + ", below " + base.to_rfc4514();
    twice.expected = "one object for each address and each alias";
    dangling.expected = "members, owners and other references that exist";
    const auto found = look_over(people, base, deadline);
    if (!found) {
        twice.why = dangling.why = "not looked at: " + found.error().to_string();
    } else {
        if (!found->whole)
            twice.why = dangling.why = found->objects == 0
                                           ? "not looked at: there are more than 20000 recipients"
                                           : "not all references were looked at";
        if (!found->twice.empty()) {
            twice.status = Status::warning;
            twice.found = lines_of(found->twice);
            twice.why = "mail to an address of several objects is deferred (event 10000); "
                        "mailboxes with one alias share a folder";
            twice.fix = "take the address or alias from all but one: " + change;
        }
        if (!found->dangling.empty()) {
            dangling.status = Status::warning;
            dangling.found = lines_of(found->dangling);
            dangling.why = "what is sent to them reaches fewer people than it says";
            dangling.fix = "take the reference out: " + change;
        }
    }
    out.push_back(std::move(twice));
    out.push_back(std::move(dangling));
}

}  // namespace

void judge_directory_health(const Paths& paths, StartCheck& check, Deadline deadline)
{
    if (!check.config || check.unreachable || check.bridged != 0 || !check.directory) return;
    auto& out = check.verdict.assertions;
    if (const auto asked = servers(paths)) judge_indexes(*asked, deadline, out);
    const auto& apart = check.people.directory;
    const std::string change = apart
                                   ? "ldapmodify, at that directory (RecipientSource)"
                                   : "imc dir modify DN --remove ATTRIBUTE=VALUE" + paths.option();
    judge_people(apart ? *apart : *check.directory, check.people.base_in(*check.config), change,
                 deadline, out);
}

}  // namespace imc::app
