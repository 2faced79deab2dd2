#include "cli/commands.h"
#include "cli/dir/place.h"
#include "directory/schema.h"

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

void ls(Context& context, const DirWords& words)
{
    Place place{context};
    if (!place.open(words.people)) return;
    if (const auto dn = place.dn(words.dn))
        place.search(*dn, Scope::one_level, "(objectClass=*)", true);
}

void show(Context& context, const DirWords& words)
{
    Place place{context};
    if (!place.open(words.people)) return;
    const auto dn = place.dn(words.dn);
    if (!dn) return;
    const auto answer = place.directory().read(*dn, after(Place::patience));
    if (const auto* entry = std::get_if<Entry>(&answer)) return place.show({*entry}, false);
    if (const auto* silent = std::get_if<CannotSay>(&answer))
        return void(place.fail(silent->reason));
    place.fail(Error{EventId::directory_no_such_object, dn->to_rfc4514()});
}

void search(Context& context, const DirWords& words)
{
    Place place{context};
    if (!place.open(words.people)) return;
    if (const auto base = place.dn(words.base))
        place.search(*base, Scope::subtree, words.filter, false);
}

void export_all(Context& context, const DirWords& words)
{
    Place place{context};
    if (!place.open()) return;
    const auto base = place.dn(words.dn);
    if (!base) return;
    if (!context.json) context.out << "version: 1\n\n";
    auto found = place.directory().search(*base, Scope::subtree, "(objectClass=*)",
                                          after(Place::patience), Place::most_shown);
    if (!found) return void(place.fail(found.error()));
    // The service's own note; imported elsewhere it would be the number of another's generation.
    for (auto& entry : *found)
        entry.attributes.erase("imcGeneration");
    place.show(*found, false, words.secrets ? Secrets::shown : Secrets::hidden);
}

}  // namespace

void add_dir(CLI::App& imc, Context& context)
{
    auto w = std::make_shared<DirWords>();
    auto* dir =
        common(imc.add_subcommand("dir", "directory browser and editor: ls, show, add, modify, "
                                         "delete, rename, search, import, export, schema, passwd, "
                                         "addresses"),
               context);
    dir->require_subcommand(1);
    const auto verb = [&](const char* name, const char* help,
                          void (*action)(Context&, const DirWords&)) {
        auto* command = common(dir->add_subcommand(name, help), context);
        command->callback([&context, w, action] { action(context, *w); });
        return command;
    };
    const auto change = [&](const char* name, const char* help,
                            void (*action)(Context&, const DirWords&)) {
        auto* command = changing(dir->add_subcommand(name, help), context);
        command->callback([&context, w, action] { action(context, *w); });
        return command;
    };
    const char* const object =
        "RFC 4514, or /o=.../ou=..., or the alias or an address of a recipient";
    const auto of_people = [w](CLI::App* command) {
        command->add_flag("--people", w->people,
                          "of RecipientSource, under our names, as the connector sees it");
        return command;
    };
    of_people(verb("ls", "names below an object", ls))
        ->add_option("DN", w->dn, "RFC 4514 or /o=.../ou=...; the top when left out");
    of_people(verb("show", "one object as LDIF", show))
        ->add_option("DN", w->dn, object)
        ->required();
    auto* s = of_people(verb("search", "objects that match a filter (RFC 4515)", search));
    s->add_option("FILTER", w->filter, "as in (mail=*@contoso.example)")->required();
    s->add_option("--base", w->base, "where to look")->type_name("DN");
    auto* e = verb("export", "all objects as LDIF, without passwords", export_all);
    e->add_option("DN", w->dn, "only this one and what is below");
    e->add_flag("--secrets", w->secrets,
                "with userPassword: hashes, but worth guarding like passwords");
    auto* a = change(
        "add",
        "add DN ATTRIBUTE=VALUE..., or: add mailbox|contact|list ALIAS --address ADDRESS, or: add "
        "domain NAME",
        dir_add);
    a->add_option("WHAT", w->dn, "a DN, or mailbox, contact, list, domain")->required();
    a->add_option("REST", w->rest, "ATTRIBUTE=VALUE..., or the alias, or the domain");
    a->add_option("--address", w->addresses,
                  "SMTP address; the first is the primary. None: as Site Addressing makes them")
        ->type_name("ADDRESS");
    a->add_option("--display-name", w->display_name, "name for people")->type_name("NAME");
    a->add_option("--given-name", w->given_name, "for people")->type_name("NAME");
    a->add_option("--surname", w->surname, "for people")->type_name("NAME");
    a->add_option("--store", w->store,
                  "mailbox: maildir:/PATH or lmtp:HOST:PORT, when not the connector's own")
        ->type_name("STORE");
    a->add_option("--target", w->target, "contact: where its mail goes")->type_name("ADDRESS");
    a->add_option("--member", w->members, "list: DN, alias or address of a member")
        ->type_name("DN");
    a->add_option("--host", w->hosts, "domain: where its mail goes, HOST[:PORT], or dns")
        ->type_name("HOST");
    a->add_option("--tls", w->tls, "domain: none, may, encrypt, verify or implicit")
        ->type_name("TLS");
    a->add_option("--auth-user", w->auth_user, "domain: who we sign in as")->type_name("USER");
    a->add_option("--auth-password-file", w->auth_file,
                  "domain: name of the file in secrets/ that holds the password")
        ->type_name("NAME");
    auto* m = change("modify", "change attributes", dir_modify);
    m->add_option("DN", w->dn, object)->required();
    m->add_option("--add", w->adds, "a value more")
        ->type_name("ATTRIBUTE=VALUE")
        ->allow_extra_args(false);
    m->add_option("--remove", w->removes, "a value less; ATTRIBUTE alone: all its values")
        ->type_name("ATTRIBUTE[=VALUE]")
        ->allow_extra_args(false);
    m->add_option("--replace", w->replaces, "this value and no other; given twice: both values")
        ->type_name("ATTRIBUTE=VALUE")
        ->allow_extra_args(false);
    auto* d = change("delete", "delete an object", dir_remove);
    d->add_option("DN", w->dn, object)->required();
    d->add_flag("-r", w->recursive, "and all below it");
    auto* r =
        change("rename", "give an object another name (what is below moves with it)", dir_rename);
    r->add_option("DN", w->dn, object)->required();
    r->add_option("NEWRDN", w->new_rdn, "as in cn=NEW")->required();
    change("import", "apply LDIF: content or change records", dir_import)
        ->add_option("FILE", w->file, "'-': standard input")
        ->required();
    auto* schema = common(
        dir->add_subcommand("schema", "imc's schema as LDIF for OpenLDAP's cn=config"), context);
    schema->callback([&context] { context.out << schema_ldif(); });
    add_dir_passwd(*dir, context);
    add_dir_addresses(*dir, context);
    dir->footer(
        "Every change first keeps its reverse, is in the audit log (log/audit) before it is "
        "made, and prints the command that undoes it. While the service runs it makes the change; "
        "a service that refuses, or does not answer, is an error. --direct goes past it.\n"
        "  imc dir add mailbox alice --given-name Alice --surname Berg\n"
        "  imc dir add mailbox alice --address alice@contoso.example\n"
        "  imc dir add contact bob --address bob@contoso.example --target bob@example.net\n"
        "  imc dir add domain example.net --host relay.example.net:587 --tls verify\n"
        "  imc dir modify alice --add proxyAddresses=smtp:a.smith@contoso.example\n"
        "  imc dir show alice@contoso.example\n"
        "  imc dir search '(objectClass=imcConnector)'\n"
        "  imc dir search --people '(proxyAddresses=smtp:alice@contoso.example)'");
}

}  // namespace imc::cli
