#include "admin/directory_api.h"

#include "admin/consequences.h"
#include "admin/directory_change.h"
#include "admin/lock_out.h"
#include "admin/new_object.h"
#include "admin/take_back.h"
#include "base/text.h"
#include "directory/ldif.h"
#include "directory/reverse.h"
#include "directory/schema.h"
#include "directory/undo.h"

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

using Changes = std::vector<imc::Change>;

constexpr std::size_t most_below = 100'000;

struct Wanted {
    std::string action, object, done;
    Changes changes;
    json::value before = nullptr, after = nullptr;
    json::object more = {};
    std::chrono::milliseconds patience = desk_patience;  ///< with the directory
};

/// What of the directory is configuration may be part of a change that waits to be kept.
bool is_configuration(Directory& directory, const imc::Change& change, Deadline deadline)
{
    Entry entry{change.dn, change.attributes};
    if (change.kind != imc::Change::Kind::add) {
        auto answer = directory.read(change.dn, deadline);
        auto* found = std::get_if<Entry>(&answer);
        if (found == nullptr) return std::holds_alternative<CannotSay>(answer);
        entry = std::move(*found);
    }
    constexpr std::string_view others[] = {"mailbox", "contact", "list", "other"};
    return std::ranges::find(others, kind_of(entry)) == std::end(others);
}

Result<> no_change_waits_for(const Paths& paths, const Place& place, const Wanted& wanted)
{
    const auto none = no_change_waits(paths);
    if (none) return {};
    const auto deadline = after(desk_patience);
    for (const auto& change : wanted.changes)
        if (is_configuration(*place.directory, change, deadline)) return none.error();
    return {};
}

Response apply(const Paths& paths, const Place& place, const Wanted& wanted, const Undo& undo)
{
    if (const auto none = no_change_waits_for(paths, place, wanted); !none)
        return refused(none.error());
    const auto applied =
        apply_kept(paths, *place.directory, wanted.changes, undo, after(wanted.patience));
    if (!applied) return refused(applied.error());
    auto out = change_answer(wanted.done,
                             undo.file.empty()
                                 ? std::string{}
                                 : "imc dir import " + shell_word(undo.file) + paths.option(),
                             paths);
    out.insert(wanted.more.begin(), wanted.more.end());
    if (!undo.lost.empty()) out["lost"] = to_array(undo.lost);
    return Response::json(out);
}

/// Judged without changing anything, then, unless it is a dry run, its way back is kept.
Prepared prepare(const Paths& paths, Place place, Wanted wanted, const Request& request)
{
    const auto deadline = after(wanted.patience);
    for (const auto& change : wanted.changes)
        if (const auto sound = check_change(change); !sound) return {refused(sound.error())};
    if (request.dry_run()) {
        const auto back = reverse(*place.directory, wanted.changes, deadline);
        if (!back) return {refused(back.error())};
        auto answer = dry_answer("would be done: " + wanted.done);
        answer.insert(wanted.more.begin(), wanted.more.end());
        return {Response::json(answer)};
    }
    if (const auto none = no_change_waits_for(paths, place, wanted); !none)
        return {refused(none.error())};
    auto undo = keep_undo(paths, *place.directory, wanted.changes, deadline);
    if (!undo) return {refused(undo.error())};
    Prepared out;
    out.note = {"directory." + wanted.action, wanted.object, wanted.before, wanted.after,
                undo->file.empty() ? std::string{}
                                   : "imc dir import " + shell_word(undo->file) + paths.option()};
    out.carry_out = [paths, place = std::move(place), wanted = std::move(wanted),
                     undo = std::move(*undo)] { return apply(paths, place, wanted, undo); };
    return out;
}

Result<Attributes> attributes_of(const json::value* value)
{
    Attributes out;
    const auto* object = value == nullptr ? nullptr : value->if_object();
    if (object == nullptr) return bad_request("\"attributes\": an object expected");
    for (const auto& [key, one] : *object) {
        const std::string name{key};
        if (!is_attribute_description(name))
            return bad_request("\"" + printable(name, 80) + "\" is no name of an attribute");
        if (is_secret(name))
            return bad_request(name + " is a secret: imc dir passwd ALIAS sets it");
        auto& values = out[name];
        if (const auto* text = one.if_string()) values.emplace_back(*text);
        const auto* list = one.if_array();
        if (list != nullptr)
            for (const auto& each : *list)
                if (const auto* text = each.if_string()) values.emplace_back(*text);
        if (values.empty() || (list != nullptr && values.size() != list->size()))
            return bad_request("\"" + name + "\": a list of texts expected");
    }
    return out;
}

std::string ldif_of(const Changes& changes)
{
    std::string out;
    for (const auto& change : changes)
        out += to_ldif(change);
    return out;
}

Prepared add(const Paths& paths, const Request& request)
{
    Body body{request};
    NewObject wanted{body.text("kind"),
                     body.text("alias"),
                     body.texts("addresses"),
                     body.texts("members"),
                     body.texts("hosts"),
                     body.text("display_name"),
                     body.text("given_name"),
                     body.text("surname"),
                     body.text("store"),
                     body.text("target"),
                     body.text("tls"),
                     body.text("auth_user"),
                     body.text("auth_password_file")};
    const auto dn_text = body.text("dn");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    if (!wanted.kind.empty() && (body.has("dn") || body.has("attributes")))
        return {bad("\"kind\" found beside \"dn\" or \"attributes\"; one way to say it expected")};
    const auto deadline = after(desk_patience);
    auto place = open_place(paths, false, deadline);
    if (!place) return {refused(place.error())};
    Wanted out;
    out.action = "add";
    if (!wanted.kind.empty()) {
        constexpr std::string_view kinds[] = {"mailbox", "contact", "list", "domain"};
        if (std::ranges::find(kinds, wanted.kind) == std::end(kinds))
            return {bad("\"kind\": mailbox, contact, list or domain expected")};
        const NameReader name = [&](const std::string& text) {
            return name_in(*place, text, deadline);
        };
        auto changes = new_object(paths, *place->directory, wanted, name, deadline);
        if (!changes) {
            const auto& error = changes.error();
            auto said = error.detail();
            if (said.starts_with("--")) said.erase(0, 2);
            return {error.event() == EventId::admin_refused ? bad(said) : refused(error)};
        }
        out.changes = std::move(*changes);
    } else {
        if (dn_text.find('=') == std::string::npos)
            return {bad("\"dn\": the name of an object expected, or \"kind\" and \"alias\"")};
        const auto dn = name_in(*place, dn_text, deadline);
        if (!dn) return {refused(dn.error())};
        if (dn->is_root()) return {bad("the top of the directory cannot be added")};
        auto attributes = attributes_of(body.find("attributes"));
        if (!attributes) return {refused(attributes.error())};
        imc::Change change{imc::Change::Kind::add, *dn, std::move(*attributes)};
        const auto& name = dn->rdns().front().front();
        if (change.attributes[name.type].empty()) change.attributes[name.type] = {name.value};
        out.changes.push_back(std::move(change));
    }
    for (const auto& change : out.changes)
        if (const auto sound = check_schema({change.dn, change.attributes});
            !sound && place->directory->is_local())
            return {refused(sound.error())};
    const auto& made = out.changes.back();
    out.object = made.dn.to_rfc4514();
    out.done = out.object + " added";
    json::object after;
    for (const auto& [name, values] : made.attributes)
        after[name] = values_json(name, values);
    out.after = after;
    out.more = {{"dn", out.object}, {"ldif", ldif_of(out.changes)}};
    return prepare(paths, std::move(*place), std::move(out), request);
}

Result<AttributeChange> part_of(const json::value& value)
{
    const auto* object = value.if_object();
    if (object == nullptr) return bad_request("\"changes\": a list of objects expected");
    Request one;
    one.body = *object;
    Body body{one};
    const auto op = body.text("op");
    AttributeChange out{AttributeChange::Kind::replace, body.text("attribute"),
                        body.texts("values")};
    if (const auto flaw = body.flaw(); !flaw) return flaw.error();
    if (op == "add")
        out.kind = AttributeChange::Kind::add;
    else if (op == "delete")
        out.kind = AttributeChange::Kind::remove;
    else if (op != "replace")
        return bad_request("\"op\": add, replace or delete expected");
    if (!is_attribute_description(out.attribute))
        return bad_request("\"attribute\": the name of an attribute expected");
    if (is_secret(out.attribute))
        return bad_request(out.attribute + " is a secret: imc dir passwd ALIAS sets it");
    if (out.kind == AttributeChange::Kind::add && out.values.empty())
        return bad_request("\"values\": at least one expected");
    return out;
}

Prepared modify(const Paths& paths, const Request& request)
{
    Body body{request};
    const auto dn_text = body.text("dn");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    const auto* list = body.find("changes");
    if (dn_text.empty() || list == nullptr || !list->is_array() || list->get_array().empty())
        return {bad("\"dn\" and \"changes\", a list that is not empty, expected")};
    std::vector<AttributeChange> parts;
    for (const auto& one : list->get_array()) {
        auto part = part_of(one);
        if (!part) return {refused(part.error())};
        parts.push_back(std::move(*part));
    }
    const auto deadline = after(desk_patience);
    auto place = open_place(paths, false, deadline);
    if (!place) return {refused(place.error())};
    const auto dn = name_in(*place, dn_text, deadline);
    if (!dn) return {refused(dn.error())};
    const auto answer = place->directory->read(*dn, deadline);
    if (const auto* silent = std::get_if<CannotSay>(&answer)) return {refused(silent->reason)};
    const auto* entry = std::get_if<Entry>(&answer);
    if (entry == nullptr)
        return {refused(Error{EventId::directory_no_such_object, dn->to_rfc4514()})};
    const auto then = entry_after(*entry, parts);
    if (const auto sound = check_schema(then); !sound && place->directory->is_local())
        return {refused(sound.error())};
    Wanted out;
    out.action = "modify";
    out.object = dn->to_rfc4514();
    out.done = out.object + " changed";
    out.before = touched_values(*entry, parts);
    out.after = touched_values(then, parts);
    json::array lock_out;
    for (const auto& part : parts)
        if (could_lock_out(part.attribute)) lock_out.emplace_back(part.attribute);
    out.more = {
        {"before", out.before}, {"after", out.after}, {"could_lock_out", std::move(lock_out)}};
    imc::Change change{imc::Change::Kind::modify, entry->dn};
    change.changes = std::move(parts);
    out.changes.push_back(std::move(change));
    return prepare(paths, std::move(*place), std::move(out), request);
}

Prepared rename(const Paths& paths, const Request& request)
{
    Body body{request};
    const auto dn_text = body.text("dn"), to = body.text("to");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    const auto name = Dn::parse_rfc4514(to);
    if (dn_text.empty() || !name || name->rdns().size() != 1)
        return {bad("\"dn\", and \"to\", a single name such as cn=NEW, expected")};
    const auto deadline = after(desk_patience);
    auto place = open_place(paths, false, deadline);
    if (!place) return {refused(place.error())};
    const auto dn = name_in(*place, dn_text, deadline);
    if (!dn) return {refused(dn.error())};
    if (dn->is_root()) return {bad("the top of the directory has no name")};
    const auto becomes = dn->parent().child(name->rdns().front());
    const auto told = consequences_of(paths, *place, *dn, becomes, deadline);
    if (!told) return {refused(told.error())};
    Wanted out;
    out.action = "rename";
    out.object = dn->to_rfc4514();
    const auto there = becomes.to_rfc4514();
    out.done = out.object + " is " + there;
    out.before = out.object;
    out.after = there;
    out.more = to_json(*told);
    out.more["dn"] = there;
    imc::Change change{imc::Change::Kind::rename, *dn};
    change.new_rdn = name->rdns().front();
    out.changes.push_back(std::move(change));
    return prepare(paths, std::move(*place), std::move(out), request);
}

Prepared erase(const Paths& paths, const Request& request)
{
    const auto text = request.first("dn");
    if (text.empty()) return {bad("dn: the name of an object expected")};
    const auto deadline = after(desk_patience);
    auto place = open_place(paths, false, deadline);
    if (!place) return {refused(place.error())};
    const auto dn = name_in(*place, text, deadline);
    if (!dn) return {refused(dn.error())};
    const auto told = consequences_of(paths, *place, *dn, std::nullopt, deadline);
    if (!told) return {refused(told.error())};
    Wanted out;
    out.action = "delete";
    out.object = dn->to_rfc4514();
    out.done = out.object + " deleted";
    auto below =
        place->directory->search(*dn, Scope::subtree, "(objectClass=*)", deadline, most_below);
    if (!below) return {refused(below.error())};
    std::ranges::sort(*below, std::ranges::greater{},
                      [](const Entry& e) { return e.dn.rdns().size(); });
    if (request.first("recursive") == "true") {
        for (const auto& entry : *below)
            out.changes.push_back({imc::Change::Kind::remove, entry.dn});
        if (below->size() > 1)
            out.done += ", with " + std::to_string(below->size() - 1) + " objects below it";
    } else {
        if (below->size() > 1)
            return {Response::error(Error{EventId::directory_refused,
                                          std::to_string(below->size() - 1) +
                                              " objects stand below it; recursive=true deletes "
                                              "them, too"},
                                    409)};
        out.changes.push_back({imc::Change::Kind::remove, *dn});
    }
    if (!below->empty()) {
        json::object before;
        for (const auto& [name, values] : below->back().attributes)
            before[name] = values_json(name, values);
        out.before = before;
    }
    out.more = to_json(*told);
    return prepare(paths, std::move(*place), std::move(out), request);
}

Prepared import(const Paths& paths, const Request& request)
{
    Body body{request};
    const auto text = body.text("ldif");
    const auto action = body.has("action") ? body.text("action") : std::string{"import"};
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    constexpr std::string_view actions[] = {"add",    "modify",   "delete",   "rename",
                                            "import", "password", "addresses"};
    if (std::ranges::find(actions, action) == std::end(actions))
        return {bad("\"action\": add, modify, delete, rename, import, password or addresses "
                    "expected")};
    auto changes = parse_ldif(text);
    if (!changes) return {refused(changes.error())};
    if (changes->empty()) return {bad("\"ldif\": no record in it")};
    Wanted out;
    // Thousands at once, as imc dir addresses brings them, take their time.
    out.patience = desk_patience + std::chrono::milliseconds{10} * changes->size();
    const auto deadline = after(out.patience);
    auto place = open_place(paths, false, deadline);
    if (!place) return {refused(place.error())};
    // What was added, or deleted, with others is the last of them.
    const bool by_kind = action == "add" || action == "delete";
    auto note = directory_change(*place->directory, *changes, by_kind ? "" : "directory." + action,
                                 "", deadline);
    out.action = action;
    out.object = std::move(note.object);
    out.done = std::to_string(changes->size()) + " changes imported";
    out.before = std::move(note.before);
    out.after = std::move(note.after);
    out.changes = std::move(*changes);
    return prepare(paths, std::move(*place), std::move(out), request);
}

}  // namespace

void add_directory_changes_api(Desk& desk)
{
    const auto paths = desk.paths();
    desk.change("POST", "/api/v1/directory/entry",
                [paths](const Request& r) { return add(paths, r); });
    desk.change("PATCH", "/api/v1/directory/entry",
                [paths](const Request& r) { return modify(paths, r); });
    desk.change("DELETE", "/api/v1/directory/entry",
                [paths](const Request& r) { return erase(paths, r); });
    desk.change("POST", "/api/v1/directory/rename",
                [paths](const Request& r) { return rename(paths, r); });
    desk.change("POST", "/api/v1/directory/import",
                [paths](const Request& r) { return import(paths, r); });
}

}  // namespace imc::admin
