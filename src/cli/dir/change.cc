#include "admin/new_object.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/dir/place.h"
#include "config/open_people.h"
#include "directory/ldif.h"
#include "directory/schema.h"

#include <algorithm>
#include <istream>

namespace imc::cli {
namespace {

constexpr auto patience = Place::patience;
constexpr auto most_shown = Place::most_shown;

std::optional<std::pair<std::string, std::string>> pair_of(Context& context,
                                                           const std::string& text)
{
    const auto equals = text.find('=');
    if (equals != std::string::npos && equals > 0)
        return std::pair{text.substr(0, equals), text.substr(equals + 1)};
    context.fail("\"" + printable(text, 80) + "\" found, ATTRIBUTE=VALUE expected", 2);
    return {};
}

/// What stands in a command line, every user of this host can read.
bool refuse_secret(Context& context, const std::string& attribute)
{
    if (!is_secret(attribute)) return false;
    context.fail(attribute + " is a secret and does not belong in a command line; imc dir passwd "
                             "ALIAS asks for it, imc dir import reads it from a file",
                 2);
    return true;
}

void add_new(Context& context, Place& place, const DirWords& words)
{
    const bool domain = words.dn == "domain";
    if (words.rest.size() != 1)
        return context.fail(
            domain ? "one domain expected, as in: imc dir add domain example.net --tls verify"
                   : (words.rest.empty() ? "the alias is missing" : "more than one alias found") +
                         std::string{", one expected: imc dir add "} + words.dn +
                         " ALIAS --address ADDRESS",
            2);
    const admin::NewObject wanted{
        words.dn,           words.rest.front(), words.addresses, words.members, words.hosts,
        words.display_name, words.given_name,   words.surname,   words.store,   words.target,
        words.tls,          words.auth_user,    words.auth_file};
    const auto name = [&place](const std::string& text) -> Result<Dn> {
        if (const auto dn = place.dn(text)) return *dn;
        return Error{};  // place has said why
    };
    const auto changes =
        admin::new_object(place.paths(), place.directory(), wanted, name, after(patience));
    if (!changes) return place.refuse(changes.error());
    place.take(*changes);
}

}  // namespace

void dir_add(Context& context, const DirWords& words)
{
    const bool short_word = words.dn == "mailbox" || words.dn == "contact" || words.dn == "list";
    const bool domain = words.dn == "domain";
    if (!short_word && !domain && words.dn.find('=') == std::string::npos)
        return context.fail("\"" + printable(words.dn, 80) +
                                "\" found; a DN, or mailbox, contact, list or domain expected",
                            2);
    Place place{context};
    if (!place.open()) return;
    if (short_word) {
        // Somebody who expects mail to reach the new mailbox waits in vain.
        if (const auto people = config::open_people(place.paths());
            people && people->ours->description() != place.directory().description())
            context.err << "imc: recipients are looked up in " << people->ours->description()
                        << " (RecipientSource); what is added here gets no mail\n";
    }
    if (short_word || domain) return add_new(context, place, words);
    const auto dn = place.dn(words.dn);
    if (!dn) return;
    if (dn->is_root())
        return context.fail(
            "the top of the directory cannot be added; the DN of an object expected", 2);
    Change change{Change::Kind::add, *dn};
    for (const auto& text : words.rest) {
        const auto pair = pair_of(context, text);
        if (!pair || refuse_secret(context, pair->first)) return;
        change.attributes[pair->first].push_back(pair->second);
    }
    const auto& name = dn->rdns().front().front();
    if (change.attributes[name.type].empty()) change.attributes[name.type] = {name.value};
    place.take({change});
}

void dir_modify(Context& context, const DirWords& words)
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
        else if (refuse_secret(context, text.substr(0, equals)))
            return;
        else
            merge(AttributeChange::Kind::remove, text.substr(0, equals), {text.substr(equals + 1)});
    }
    for (const auto& [list, kind] : {std::pair{&words.adds, AttributeChange::Kind::add},
                                     std::pair{&words.replaces, AttributeChange::Kind::replace}})
        for (const auto& text : *list) {
            const auto pair = pair_of(context, text);
            if (!pair || refuse_secret(context, pair->first)) return;
            merge(kind, pair->first, {pair->second});
        }
    if (change.changes.empty())
        return context.fail("nothing to change; give --add, --remove or --replace", 2);
    place.take({change});
}

void dir_remove(Context& context, const DirWords& words)
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

void dir_rename(Context& context, const DirWords& words)
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

void dir_import(Context& context, const DirWords& words)
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
    if (place.open()) place.take(*changes, "directory.import");
}

}  // namespace imc::cli
