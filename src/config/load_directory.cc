#include "base/files.h"
#include "base/text.h"
#include "config/load_parts.h"

// Which directory, whether it answers, and which connector object is ours.

namespace imc::config {

bool Loader::open()
{
    auto choice = directory_choice(*settings_);
    if (!choice) {
        auto& a = add("registry.home-dsa", choice.error().event(), Status::failed);
        const bool base = choice.error().event() == EventId::value_invalid;
        a.found = choice.error().detail();
        a.where = where(base ? "DirectoryBase" : "HomeDSA");
        a.expected = base ? "a distinguished name, dc=example,dc=org"
                          : "\"embedded\", or LDAP URLs such as ldap://ldap.example.org";
        a.why = "HomeDSA says where the directory is; without it nothing can be loaded";
        offer_home_dsa(a);
        unjudged({"directory.reachable", "connector.object", "connector.values",
                  "connector.administrator", "site.address", "connector.delivery", "site.routing",
                  "site.spaces"},
                 "it is not known which directory to ask");
        return false;
    }
    choice_ = std::move(*choice);
    loaded_.home_dsa = settings_->text("HomeDSA").value_or("");
    loaded_.base = choice_.base.to_rfc4514();
    loaded_.may_bridge =
        same_word(settings_->text("StartWithoutDirectory").value_or(""), "last-good");
    add("registry.home-dsa", EventId::store_session_init_failed, Status::passed).where =
        where("HomeDSA");
    return reach();
}

void Loader::offer_home_dsa(Assertion& a)
{
    if (a.event == EventId::value_invalid) {
        a.fix = "imc reg add -v DirectoryBase -t SZ -d dc=example,dc=org -f" + paths_.option();
        return;
    }
    if (!real_files().status(paths_.directory())) {
        a.fix = "imc reg add -v HomeDSA -t SZ -d ldap://HOST -f" + paths_.option();
        return;
    }
    a.fix = "imc reg add -v HomeDSA -t SZ -d embedded -f" + paths_.option();
    a.automatic.registry = {{"HomeDSA", "SZ", "embedded"}};
}

bool Loader::reach()
{
    Error failure;
    loaded_.directory = instead_.directory;
    if (!instead_.directory) {
        auto opened = open_directory(paths_, *settings_, choice_);
        if (opened)
            loaded_.directory = std::shared_ptr<Directory>{std::move(*opened)};
        else
            failure = opened.error();
    }
    if (loaded_.directory && instead_.through)
        loaded_.directory = instead_.through(std::move(loaded_.directory));
    first_of_directory_ = loaded_.assertions.size();
    if (loaded_.directory) {
        old_answers_ = loaded_.directory->old_answers();
        asked_ = std::make_unique<Recorder>(loaded_.directory);
        failure = probe();
        if (failure.detail().empty() && !instead_.directory && !choice_.embedded)
            failure = schema();
    }
    const bool reached = failure.detail().empty();
    auto& a = add("directory.reachable", refused, reached ? Status::passed : Status::failed);
    a.where = loaded_.directory ? loaded_.directory->description() : paths_.directory();
    if (reached) return true;
    if (failure.event() == EventId::directory_unreachable) loaded_.unreachable = failure;
    loaded_.no_base = failure.event() == EventId::directory_no_such_object;
    a.found = failure.to_string();
    a.expected = "a directory that answers";
    a.why = "the configuration could not be loaded from the directory";
    a.fix = directory_mend(failure);
    if (choice_.embedded && failure.os_code() == EACCES) offer_access(a, paths_.directory());
    unjudged({"connector.object", "identity.site-dn", "connector.values", "connector.administrator",
              "site.address", "connector.delivery", "connector.profiles", "site.routing",
              "site.spaces"},
             "the directory could not be asked");
    return false;
}

void Loader::age()
{
    if (!loaded_.directory || loaded_.directory->old_answers() == old_answers_) return;
    loaded_.behind = true;
    for (auto i = first_of_directory_; i < loaded_.assertions.size(); ++i) {
        auto& a = loaded_.assertions[i];
        if (a.id == "directory.reachable") {
            a.status = Status::not_evaluated;
            a.event = EventId::directory_unreachable;
            a.found = what_is_missing();
            a.expected = "a server that has every change which was seen before";
            a.why = "what it has of the configuration is as it was; the generation in force stays, "
                    "and the directory is asked again";
            a.fix = "start the servers that have these changes, or let this one catch up; when "
                    "they are gone for good, restart the connector: what it has seen is then "
                    "forgotten";
        } else if (a.status == Status::failed) {
            a.status = Status::not_evaluated;
            a.why = "judged by what was there before: " + a.why;
            a.fix.clear();
            a.automatic = {};
        }
    }
}

std::string Loader::what_is_missing()
{
    // The server that is asked says why what it has cannot be all.
    const auto all = loaded_.directory->search_for_proof(
        choice_.base, choice_.base.is_root() ? Scope::one_level : Scope::base, "(objectClass=*)",
        "(objectClass=*)", deadline_, 1000, {.whole = true});
    if (!all && all.error().event() == EventId::directory_unreachable)
        return all.error().to_string();
    return "a server answered that lacks changes which were seen before";
}

std::string Loader::directory_mend(const Error& failure) const
{
    if (choice_.embedded)
        return "restore " + paths_.directory() +
               " from a backup, or make a new one with 'imc setup'";
    switch (failure.event()) {
    case EventId::directory_schema_missing:
        return "imc dir schema" + paths_.option() + " | ldapadd -Y EXTERNAL -H ldapi:///";
    case EventId::directory_no_such_object:
        return "imc reg add -v DirectoryBase -t SZ -d dc=... -f" + paths_.option() +
               "  (the base found in the server's namingContexts)";
    default:
        return "start the directory server, or correct HomeDSA, DirectoryBindDN, "
               "DirectoryPasswordFile or "
               "DirectoryTLS: imc reg query" +
               paths_.option();
    }
}

Error Loader::probe()
{
    if (choice_.base.is_root()) {
        const auto found =
            asked_->search(choice_.base, Scope::one_level, "(objectClass=*)", deadline_, 1000);
        return found ? Error{} : found.error();
    }
    const auto found = asked_->read(choice_.base, deadline_);
    if (std::holds_alternative<Entry>(found)) return {};
    if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
    return Error{EventId::directory_no_such_object,
                 "the directory has no object " + choice_.base.to_rfc4514() + " (DirectoryBase)"};
}

/// Without our schema a server has no object of ours, and says so of each: that is no answer.
Error Loader::schema()
{
    const auto ours =
        asked_->search(choice_.base, Scope::subtree, "(objectClass=imcConnector)", deadline_);
    if (ours && !ours->empty()) return {};
    const auto probed = probe_directory(paths_, *settings_, choice_, deadline_);
    return probed ? Error{} : probed.error();
}

void Loader::directory()
{
    const IdentityFacts facts{settings_->text("SiteDN"),
                              settings_->text("CommonName"),
                              settings_->text("Hostname").value_or(system_host_name()),
                              choice_.base,
                              paths_.registry(),
                              paths_.option()};
    const auto identity = judge_identity(facts, *asked_, deadline_, loaded_.assertions);
    config_.base = choice_.base;
    if (!identity) {
        unjudged({"connector.values", "connector.administrator", "site.address",
                  "connector.delivery", "connector.profiles", "site.routing", "site.spaces"},
                 "the connector object was not found");
        return;
    }
    config_.organization = identity->organization;
    config_.site = identity->site;
    config_.server = identity->server;
    config_.connector = identity->connector.dn;
    config_.connector_name = identity->connector.dn.rdns().front().front().value;
    inherited(*identity);
    config_.connector_settings = settings_text(above_.connector);
    site_address(*identity);
    connector_values(above_.connector);
    administrator(identity->connector);
    administrators(above_.connector);
    delivery(identity->connector);
    profiles(above_.connector);
    routing_table();
    subaddresses();
    connectors();
    link(above_.connector);
    finish_host_name();
}

void Loader::inherited(const Identity& identity)
{
    const auto above = read_above(identity, *asked_, deadline_);
    above_ = inherit(identity.connector, above ? *above : std::vector<Entry>{});
    if (above) return;
    auto& a = add("connector.inherited", refused, Status::not_evaluated);
    a.where = loaded_.directory->description();
    a.why = "what the connector inherits from its server, site and organization is not known: " +
            above.error().to_string();
}

}  // namespace imc::config
