#include "app/start/directory_checks.h"

#include "config/open_people.h"
#include "directory/health.h"
#include "directory/recipients.h"

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
    std::string nobody;  ///< a look-up of an address that nobody has, in their names
};

constexpr auto nobodys_address = "(proxyAddresses=smtp:nobody@nowhere.invalid)";
constexpr std::chrono::milliseconds slow{200};  ///< a look-up; a recipient costs one or two
constexpr std::chrono::milliseconds lag_patience{2000};

std::string nobody_in(const AttributeMap& map)
{
    const auto question = map.to_theirs(*Filter::parse(nobodys_address));
    return question ? question->filter : nobodys_address;
}

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
            people.map.asked_by(people.filter), nobody_in(people.map)};
    const auto home = config::directory_choice(**settings);
    if (!home || home->embedded) return {};
    return Asked{config::ldap_settings(paths, **settings, home->urls, home->base, "Directory"),
                 AttributeMap{}.asked_by({}), nobodys_address};
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

void judge_servers(const Asked& asked, Deadline deadline, std::vector<Assertion>& out)
{
    const auto states = server_states(asked.ldap, asked.nobody, lag_patience, deadline);
    for (auto& a : judge_server_states(states, slow))
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
            twice.why = dangling.why = found->all_objects
                                           ? "not all references were looked at"
                                           : "only the first " + std::to_string(found->objects) +
                                                 " recipients were looked at";
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

std::vector<Assertion> judge_server_states(const std::vector<ServerState>& states,
                                           std::chrono::milliseconds slow_from)
{
    Assertion lag{"directory.lag", wants_mending};
    Assertion latency{"directory.latency", wants_mending};
    lag.expected = "each server answers, and has every change that another one has";
    latency.expected = "a look-up within " + std::to_string(slow_from.count()) + " ms";
    for (const auto& state : states) {
        for (auto* a : {&lag, &latency})
            a->where += (a->where.empty() ? "" : ", ") + state.url;
        const auto find = [&](Assertion& a, const std::string& text) {
            a.status = Status::warning;
            a.found += (a.found.empty() ? "" : "\n") + state.url + " " + text;
        };
        if (state.silent) {
            find(lag, "does not answer: " + state.silent->to_string());
            continue;
        }
        if (!state.missing.empty()) find(lag, "lacks changes: " + state.missing);
        if (state.latency > slow_from)
            find(latency,
                 "needs " + std::to_string(state.latency.count() / 1000) + " ms for a look-up");
    }
    if (lag.status == Status::warning) {
        lag.why =
            "when it is the one that is asked, whoever was added since is deferred (451), and "
            "no change of the configuration is taken";
        lag.fix =
            "mend the replication of that server (its log tells), or take it out of the URLs: "
            "imc reg query";
    }
    if (latency.status == Status::warning) {
        latency.why = "each recipient and each restriction waits for it, at RCPT and in the queue";
        latency.fix =
            "make the indexes that directory.indexes names; else a server that is nearer, "
            "first among the URLs; or let answers be remembered (RecipientCacheSeconds)";
    }
    return {std::move(lag), std::move(latency)};
}

void judge_directory_health(const Paths& paths, StartCheck& check, Deadline deadline)
{
    if (!check.config || check.unreachable || check.bridged != 0 || !check.directory) return;
    auto& out = check.verdict.assertions;
    if (const auto asked = servers(paths)) {
        judge_indexes(*asked, deadline, out);
        // People, who are looked at afterwards, need their time, too.
        const auto time = deadline - std::chrono::steady_clock::now();
        judge_servers(*asked, after(time / 2), out);
    }
    const auto& apart = check.people.directory;
    const std::string change = apart
                                   ? "ldapmodify, at that directory (RecipientSource)"
                                   : "imc dir modify DN --remove ATTRIBUTE=VALUE" + paths.option();
    judge_people(apart ? *apart : *check.directory, check.people.base_in(*check.config), change,
                 deadline, out);
}

void judge_absence(StartCheck& check, Deadline deadline)
{
    if (!check.config || check.unreachable || check.bridged != 0 || !check.directory) return;
    auto& people = check.people.directory ? *check.people.directory : *check.directory;
    if (people.is_local()) return;
    const auto base = check.people.base_in(*check.config);
    Assertion a{"directory.absence", EventId::absence_not_proven};
    a.where = people.description() + ", below " +
              (base.is_root() ? std::string{"its top"} : base.to_rfc4514());
    a.expected = "a server that knows, and lets our account search by, what look-ups ask for";
    const auto sure = people.understands(base, any_address, deadline);
    if (!sure && sure.error().event() != EventId::directory_refused) {
        a.why = "not looked at: " + sure.error().to_string();
    } else if (!sure) {
        a.status = Status::warning;
        a.found = sure.error().to_string();
        a.why =
            "nobody can be proven to be unknown, so each unknown recipient is deferred (451) and "
            "never refused (550)";
        a.fix =
            "give our account the right to search by these attributes, at that server; or leave "
            "what it does not know out of RecipientFilter and RecipientAttributes: imc reg query";
        if (base.is_root())
            a.fix += "; or choose the part of the tree where people are: imc reg add -v "
                     "RecipientBase -t SZ -d DN -f";
    }
    check.verdict.assertions.push_back(std::move(a));
}

}  // namespace imc::app
