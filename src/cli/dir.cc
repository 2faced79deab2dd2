#include "cli/commands.h"
#include "cli/setup/plan.h"

#include "base/files.h"
#include "base/text.h"
#include "config/open_directory.h"
#include "config/tree.h"
#include "directory/ldif.h"
#include "directory/schema.h"
#include "directory/undo.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto patience = 30s;
constexpr std::size_t most_shown = 1'000'000;

struct Words {
    std::string dn, filter = "(objectClass=*)", base, file, new_rdn;
    std::vector<std::string> rest, adds, removes, replaces, addresses, members;
    std::string display_name, store, target;
    bool recursive = false;
};

json::value to_json(const Entry& entry)
{
    json::object attributes;
    for (const auto& [name, values] : entry.attributes)
        attributes[name] = json::array(values.begin(), values.end());
    return json::object{{"dn", entry.dn.to_rfc4514()}, {"attributes", std::move(attributes)}};
}

/// The directory the registry names, and what every command needs of it.
class Place {
public:
    explicit Place(Context& context) : context_{context}, paths_{context.paths()} {}

    bool open()
    {
        auto opened = config::open_directory(paths_, after(patience));
        if (!opened) return fail(opened.error());
        directory_ = std::move(*opened);
        const auto base = config::directory_base(paths_);
        if (!base) return fail(base.error());
        base_ = *base;
        return true;
    }

    bool fail(const Error& error)
    {
        context_.fail(error);
        return false;
    }

    std::optional<Dn> dn(const std::string& text)
    {
        if (text.empty()) return base_;
        auto dn = Dn::parse(text);
        if (!dn) {
            fail(dn.error());
            return {};
        }
        // "/o=..." and "...,o=Org" without the suffix are completed with it.
        if (text.starts_with('/') && !base_.is_root() && !dn->is_within(base_))
            return dn->below(base_);
        return *dn;
    }

    void take(const std::vector<Change>& changes)
    {
        const auto saved = apply_with_undo(paths_, *directory_, changes, after(patience));
        if (!saved) {
            fail(saved.error());
            return;
        }
        context_.out << "Undo: imc dir import " << *saved << paths_.option() << '\n';
    }

    void show(const std::vector<Entry>& entries, bool names_only)
    {
        for (const auto& entry : entries)
            if (context_.json)
                context_.out << json::serialize(to_json(entry)) << '\n';
            else if (names_only)
                context_.out << entry.dn.to_rfc4514() << '\n';
            else
                context_.out << to_ldif(entry);
    }

    void search(const Dn& base, Scope scope, const std::string& filter, bool names_only)
    {
        const auto found = directory_->search(base, scope, filter, after(patience), most_shown);
        if (found)
            show(*found, names_only);
        else
            fail(found.error());
    }

    Directory& directory() { return *directory_; }
    const Dn& base() const { return base_; }
    const Paths& paths() const { return paths_; }

private:
    Context& context_;
    Paths paths_;
    std::unique_ptr<Directory> directory_;
    Dn base_;
};

std::optional<std::pair<std::string, std::string>> pair_of(Context& context,
                                                           const std::string& text)
{
    const auto equals = text.find('=');
    if (equals != std::string::npos && equals > 0)
        return std::pair{text.substr(0, equals), text.substr(equals + 1)};
    context.fail("\"" + printable(text, 80) + "\" found, ATTRIBUTE=VALUE expected", 2);
    return {};
}

void ls(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    if (const auto dn = place.dn(words.dn))
        place.search(*dn, Scope::one_level, "(objectClass=*)", true);
}

void show(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    const auto dn = place.dn(words.dn);
    if (!dn) return;
    const auto answer = place.directory().read(*dn, after(patience));
    if (const auto* entry = std::get_if<Entry>(&answer)) return place.show({*entry}, false);
    if (const auto* silent = std::get_if<CannotSay>(&answer))
        return void(place.fail(silent->reason));
    place.fail(Error{EventId::directory_no_such_object, dn->to_rfc4514()});
}

void search(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    if (const auto base = place.dn(words.base))
        place.search(*base, Scope::subtree, words.filter, false);
}

void export_all(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    const auto base = place.dn(words.dn);
    if (!base) return;
    if (!context.json) context.out << "version: 1\n\n";
    place.search(*base, Scope::subtree, "(objectClass=*)", false);
}

/// mailbox, contact and list: below cn=Recipients of this host's site.
std::optional<Change> short_form(Context& context, Place& place, const Words& words)
{
    const auto& kind = words.dn;
    if (words.rest.size() != 1) {
        context.fail("one alias expected: imc dir add " + kind + " ALIAS --address ADDRESS", 2);
        return {};
    }
    const auto& alias = words.rest.front();
    if (const auto sound = check_alias(alias); !sound) {
        context.fail(sound.error(), 2);
        return {};
    }
    if (words.addresses.empty() || words.addresses.front().find('@') == std::string::npos) {
        context.fail("--address ADDRESS is missing or has no '@'", 2);
        return {};
    }
    const auto site = config::site_dn(place.paths());
    if (!site) {
        context.fail(site.error());
        return {};
    }
    auto change = config::new_mailbox(site->child("cn", "Recipients"), alias,
                                      words.addresses.front(), words.display_name);
    auto& attributes = change.attributes;
    for (std::size_t i = 1; i < words.addresses.size(); ++i)
        attributes["proxyAddresses"].push_back("smtp:" + words.addresses[i]);
    if (kind == "contact") {
        attributes["objectClass"] = {"top", "imcContact"};
        attributes["targetAddress"] = {"SMTP:" + words.target};
    } else if (kind == "list") {
        attributes["objectClass"] = {"top", "imcList"};
        if (!words.members.empty()) attributes["member"] = words.members;
    } else if (!words.store.empty()) {
        attributes["homeMDB"] = {words.store};
    }
    const auto taken = place.directory().search(*site, Scope::subtree,
                                                "(mailNickname=" + escape_filter_value(alias) + ")",
                                                after(patience), 2);
    if (taken && !taken->empty()) {
        place.fail(Error{EventId::directory_object_exists,
                         "the alias " + alias + " belongs to " + taken->front().dn.to_rfc4514()});
        return {};
    }
    return change;
}

void add(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    if (words.dn == "mailbox" || words.dn == "contact" || words.dn == "list") {
        if (words.dn == "contact" && words.target.find('@') == std::string::npos)
            return context.fail("--target ADDRESS is missing: where mail to the contact goes", 2);
        if (const auto change = short_form(context, place, words)) place.take({*change});
        return;
    }
    const auto dn = place.dn(words.dn);
    if (!dn) return;
    if (dn->is_root()) return context.fail("a DN is expected", 2);
    Change change{Change::Kind::add, *dn};
    for (const auto& text : words.rest) {
        const auto pair = pair_of(context, text);
        if (!pair) return;
        change.attributes[pair->first].push_back(pair->second);
    }
    const auto& name = dn->rdns().front().front();
    if (change.attributes[name.type].empty()) change.attributes[name.type] = {name.value};
    place.take({change});
}

void modify(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    const auto dn = place.dn(words.dn);
    if (!dn) return;
    Change change{Change::Kind::modify, *dn};
    const auto merge = [&](AttributeChange::Kind kind, const std::string& name,
                           std::vector<std::string> values) {
        const auto same_part = [&](const AttributeChange& c) {
            return c.kind == kind && same_word(c.attribute, name);
        };
        const auto there = std::ranges::find_if(change.changes, same_part);
        if (there == change.changes.end())
            change.changes.push_back({kind, name, std::move(values)});
        else
            there->values.insert(there->values.end(), values.begin(), values.end());
    };
    for (const auto& text : words.removes) {
        const auto equals = text.find('=');
        if (equals == std::string::npos)
            merge(AttributeChange::Kind::remove, text, {});
        else
            merge(AttributeChange::Kind::remove, text.substr(0, equals), {text.substr(equals + 1)});
    }
    for (const auto& [list, kind] : {std::pair{&words.adds, AttributeChange::Kind::add},
                                     std::pair{&words.replaces, AttributeChange::Kind::replace}})
        for (const auto& text : *list) {
            const auto pair = pair_of(context, text);
            if (!pair) return;
            merge(kind, pair->first, {pair->second});
        }
    if (change.changes.empty())
        return context.fail("nothing to change; give --add, --remove or --replace", 2);
    place.take({change});
}

void remove(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    const auto dn = place.dn(words.dn);
    if (!dn) return;
    std::vector<Change> changes;
    if (words.recursive) {
        auto below = place.directory().search(*dn, Scope::subtree, "(objectClass=*)",
                                              after(patience), most_shown);
        if (!below) return void(place.fail(below.error()));
        std::ranges::sort(*below, std::ranges::greater{},
                          [](const Entry& e) { return e.dn.rdns().size(); });
        for (const auto& entry : *below)
            changes.push_back({Change::Kind::remove, entry.dn});
    } else {
        changes.push_back({Change::Kind::remove, *dn});
    }
    place.take(changes);
}

void rename(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    const auto dn = place.dn(words.dn);
    const auto name = Dn::parse_rfc4514(words.new_rdn);
    if (!dn) return;
    if (!name || name->rdns().size() != 1)
        return context.fail("\"" + printable(words.new_rdn, 80) +
                                "\" found, a single name such as cn=NEW expected",
                            2);
    Change change{Change::Kind::rename, *dn};
    change.new_rdn = name->rdns().front();
    place.take({change});
}

void import(Context& context, const Words& words)
{
    const auto text =
        words.file == "-"
            ? IoResult<std::string>{std::string{std::istreambuf_iterator<char>{context.in}, {}}}
            : read_file(real_files(), words.file);
    if (!text) return context.fail(words.file + ": " + text.error().message());
    const auto changes = parse_ldif(*text);
    if (!changes)
        return context.fail(
            Error{changes.error().event(), words.file + ", " + changes.error().detail()});
    Place place{context};
    if (place.open()) place.take(*changes);
}

}  // namespace

void add_dir(CLI::App& imc, Context& context)
{
    auto w = std::make_shared<Words>();
    auto* dir =
        common(imc.add_subcommand("dir", "directory browser and editor: ls, show, add, modify, "
                                         "delete, rename, search, import, export, schema"),
               context);
    dir->require_subcommand(1);
    const auto verb = [&](const char* name, const char* help,
                          void (*action)(Context&, const Words&)) {
        auto* command = common(dir->add_subcommand(name, help), context);
        command->callback([&context, w, action] { action(context, *w); });
        return command;
    };
    verb("ls", "names below an object", ls)
        ->add_option("DN", w->dn, "RFC 4514 or /o=.../ou=...; the top when left out");
    verb("show", "one object as LDIF", show)->add_option("DN", w->dn)->required();
    auto* s = verb("search", "objects that match a filter (RFC 4515)", search);
    s->add_option("FILTER", w->filter)->required();
    s->add_option("--base", w->base, "where to look")->type_name("DN");
    verb("export", "all objects as LDIF", export_all)
        ->add_option("DN", w->dn, "only this one and what is below");
    auto* a = verb(
        "add", "add DN ATTRIBUTE=VALUE..., or: add mailbox|contact|list ALIAS --address ADDRESS",
        add);
    a->add_option("WHAT", w->dn, "a DN, or mailbox, contact, list")->required();
    a->add_option("REST", w->rest, "ATTRIBUTE=VALUE..., or the alias");
    a->add_option("--address", w->addresses, "SMTP address; the first is the primary");
    a->add_option("--display-name", w->display_name, "name for people");
    a->add_option("--store", w->store,
                  "mailbox: maildir:/PATH or lmtp:HOST:PORT, when not the connector's own");
    a->add_option("--target", w->target, "contact: where its mail goes");
    a->add_option("--member", w->members, "list: DN of a member");
    auto* m = verb("modify", "change attributes", modify);
    m->add_option("DN", w->dn)->required();
    m->add_option("--add", w->adds, "ATTRIBUTE=VALUE")->allow_extra_args(false);
    m->add_option("--remove", w->removes, "ATTRIBUTE=VALUE, or ATTRIBUTE for all its values")
        ->allow_extra_args(false);
    m->add_option("--replace", w->replaces, "ATTRIBUTE=VALUE; given twice: both values")
        ->allow_extra_args(false);
    auto* d = verb("delete", "delete an object", remove);
    d->add_option("DN", w->dn)->required();
    d->add_flag("-r", w->recursive, "and all below it");
    auto* r = verb("rename", "give an object another name (what is below moves with it)", rename);
    r->add_option("DN", w->dn)->required();
    r->add_option("NEWRDN", w->new_rdn, "as in cn=NEW")->required();
    verb("import", "apply LDIF: content or change records", import)
        ->add_option("FILE", w->file, "'-': standard input")
        ->required();
    auto* schema = common(
        dir->add_subcommand("schema", "imc's schema as LDIF for OpenLDAP's cn=config"), context);
    schema->callback([&context] { context.out << schema_ldif(); });
    dir->footer("Every change first keeps its reverse and prints the command that undoes it.");
}

}  // namespace imc::cli
