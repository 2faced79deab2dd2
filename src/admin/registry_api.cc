#include "admin/registry_api.h"

#include "admin/check_api.h"
#include "admin/lock_out.h"
#include "admin/registry_change.h"
#include "admin/take_back.h"
#include "base/text.h"
#include "registry/store.h"
#include "registry/values.h"

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;
using namespace registry;

namespace {

json::array choices_of(const ValueInfo& info)
{
    json::array out;
    for (const auto word : split(info.choices, ' '))
        if (!word.empty()) out.emplace_back(word);
    return out;
}

json::object described(const ValueInfo* info)
{
    if (info == nullptr)
        return {
            {"default", ""}, {"unit", ""},   {"min", 0},     {"max", 0}, {"choices", json::array{}},
            {"text", ""},    {"effect", ""}, {"reader", ""}, {"kb", ""}};
    return {{"default", info->preset}, {"unit", info->unit},           {"min", info->min},
            {"max", info->max},        {"choices", choices_of(*info)}, {"text", info->text},
            {"effect", info->effect},  {"reader", info->reader},       {"kb", info->kb}};
}

json::object row(const Found& found, const ValueInfo* info, bool ours)
{
    auto out = described(info);
    out["name"] = found.name;
    out["type"] = to_string(found.value.type);
    out["data"] = registry_data(found.value);
    out["set"] = true;
    out["known"] = info != nullptr || !ours;
    out["flaw"] = !ours ? std::string{} : value_warning(found.name, found.value);
    out["line"] = found.line;
    return out;
}

json::object unset_row(const ValueInfo& info)
{
    auto out = described(&info);
    out["name"] = info.name;
    out["type"] = to_string(info.type);
    out["data"] = nullptr;
    out["set"] = false;
    out["known"] = true;
    out["flaw"] = "";
    out["line"] = nullptr;
    return out;
}

Response show(const Paths& paths, const Request& request)
{
    const auto document = load(paths.registry());
    if (!document) return refused(document.error());
    const auto key = canonical_key(request.first("key"));
    const bool ours = same_word(key, parameters_key);
    json::array values;
    std::vector<const ValueInfo*> seen;
    for (const auto& found : document->values(key)) {
        const auto* info = ours ? find_value(found.name) : nullptr;
        seen.push_back(info);
        values.push_back(row(found, info, ours));
    }
    if (ours)
        for (const auto& info : value_table())
            if (std::ranges::find(seen, &info) == seen.end()) values.push_back(unset_row(info));
    const auto below = keys_below(*document, key);
    const auto keys = document->keys();
    const bool there = std::ranges::any_of(keys, [&](const auto& k) { return same_word(k, key); });
    if (!ours && !there && below.empty())
        return Response::error(bad_request(paths.registry() + " has no key " + printable(key, 300)),
                               404);
    return Response::json(
        json::object{{"key", key}, {"subkeys", to_array(below)}, {"values", std::move(values)}});
}

Response keys(const Paths& paths)
{
    const auto document = load(paths.registry());
    if (!document) return refused(document.error());
    const auto all = document->keys();
    return Response::json(json::object{{"keys", to_array(all)}});
}

bool holds(std::string_view text, const std::string& wanted)
{
    return lower(text).find(wanted) != std::string::npos;
}

Response search(const Paths& paths, const Request& request)
{
    const auto wanted = lower(request.first("text"));
    if (wanted.empty()) return bad("text: what to look for is missing");
    const auto document = load(paths.registry());
    if (!document) return refused(document.error());
    Lines out;
    std::vector<const ValueInfo*> seen;
    for (const auto& key : document->keys())
        for (const auto& found : document->values(key)) {
            const auto* info = same_word(key, parameters_key) ? find_value(found.name) : nullptr;
            seen.push_back(info);
            if (!holds(found.name, wanted) && !holds(registry_data(found.value), wanted) &&
                !(info != nullptr && holds(info->text, wanted)))
                continue;
            out.add({{"key", key},
                     {"name", found.name},
                     {"type", to_string(found.value.type)},
                     {"data", registry_data(found.value)}});
        }
    for (const auto& info : value_table())
        if (std::ranges::find(seen, &info) == seen.end() &&
            (holds(info.name, wanted) || holds(info.text, wanted)))
            out.add({{"key", parameters_key},
                     {"name", info.name},
                     {"type", to_string(info.type)},
                     {"data", nullptr}});
    return out.answer();
}

std::string in_key(const std::string& key)
{
    return same_word(key, parameters_key) ? "" : " " + shell_word(key);
}

/// What brings one value back, exactly as long as nobody changes it again.
std::string undo_of(const std::string& key, const std::string& name, const Found* before,
                    const Paths& paths)
{
    if (before == nullptr)
        return "imc reg delete" + in_key(key) + " -v " + shell_word(name) + " -f" + paths.option();
    return "imc reg add" + in_key(key) + " -v " + shell_word(name) + " -t " +
           to_string(before->value.type) + " -d " + shell_word(registry_data(before->value)) +
           " -f" + paths.option();
}

Result<std::string> undo_of(const Result<Changed>& changed)
{
    if (!changed) return changed.error();
    return changed->undo;
}

/// What a start would say of it: the registry is where a host is made not to start any more.
json::object dry_run_of(const std::string& would, Document then, const std::string& key,
                        const Judge& judge)
{
    auto answer = dry_answer(would);
    if (!judge || !same_word(key, parameters_key)) return answer;
    config::Instead instead;
    instead.registry = std::make_shared<const Document>(std::move(then));
    const auto verdict = judge(std::move(instead));
    answer["check"] = verdict_json(verdict);
    answer["passes"] = verdict.ok();
    return answer;
}

json::array lock_out_json(const std::string& key, const std::string& name)
{
    json::array out;
    if (same_word(key, parameters_key) && could_lock_out(name)) out.emplace_back(name);
    return out;
}

Prepared put(const Paths& paths, const Judge& judge, const Request& request)
{
    Body body{request};
    const auto key = canonical_key(body.text("key"));
    const auto name = body.text("name");
    const auto type_name = body.has("type") ? body.text("type") : std::string{"SZ"};
    const auto data = body.text("data");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    if (!body.has("name") || !body.has("data")) return {bad("\"name\" and \"data\" are needed")};
    if (name.size() > 255 || !is_utf8(name) || std::ranges::any_of(name, is_control))
        return {bad("\"name\": a text in UTF-8 of at most 255 octets expected")};
    if (std::ranges::any_of(key, is_control) || !is_utf8(key)) return {bad("\"key\": no such key")};
    const auto type = parse_type(type_name);
    if (!type)
        return {bad("type " + printable(type_name, 40) +
                    " is not known; SZ, EXPAND_SZ, DWORD, QWORD, MULTI_SZ or BINARY expected")};
    auto value = value_from_text(*type, data);
    if (!value) return {refused(value.error())};
    const auto document = load(paths.registry());
    if (!document) return {refused(document.error())};
    const auto* before = document->find(key, name);
    json::array warnings;
    if (same_word(key, parameters_key))
        if (const auto warning = value_warning(name, *value); !warning.empty())
            warnings.emplace_back(warning);
    json::object more{{"before", registry_value_json(before == nullptr ? nullptr : &before->value)},
                      {"after", registry_value_json(&*value)},
                      {"could_lock_out", lock_out_json(key, name)},
                      {"warnings", std::move(warnings)}};
    const auto said = name + " = " + registry_data(*value);
    Prepared out;
    if (request.dry_run()) {
        auto then = *document;
        then.set(key, name, *value);
        auto answer = dry_run_of("would be written: " + said, std::move(then), key, judge);
        answer.insert(more.begin(), more.end());
        out.answer = Response::json(answer);
        return out;
    }
    out.note = {"registry.put", key + "\\" + name, more["before"], more["after"],
                undo_of(key, name, before, paths)};
    out.carry_out = [paths, key, name, said, value = *value, more] {
        const auto changed = update(paths, [&](Document& into) -> Result<> {
            into.set(key, name, value);
            return {};
        });
        return registry_answer(undo_of(changed), said, more, paths);
    };
    return out;
}

/// A copy of what is there, made before anything else: its name is the way back.
Result<std::string> copy_first(const Paths& paths)
{
    return undo_of(update(paths, [](Document&) -> Result<> { return {}; }));
}

Prepared erase(const Paths& paths, const Judge& judge, const Request& request)
{
    const auto key = canonical_key(request.first("key"));
    const auto name = request.first("name");
    const bool whole_key = !request.query.contains("name");
    if (whole_key && request.first("key").empty())
        return {bad("name= of a value, or key= to delete with all below it, is needed")};
    const auto document = load(paths.registry());
    if (!document) return {refused(document.error())};
    const auto* before = whole_key ? nullptr : document->find(key, name);
    Document trial = *document;
    const bool there = whole_key ? trial.erase_key(key) : trial.erase(key, name);
    if (!there)
        return {Response::error(
            bad_request("there is no " + (whole_key ? "key " + printable(key, 300)
                                                    : "value " + printable(name, 80) + " in " +
                                                          printable(key, 300))),
            404)};
    const auto said = whole_key ? "key " + key + " deleted" : name + " deleted";
    json::object more{{"before", registry_value_json(before == nullptr ? nullptr : &before->value)},
                      {"after", nullptr}};
    Prepared out;
    if (request.dry_run()) {
        auto then = *document;
        (void)(whole_key ? then.erase_key(key) : then.erase(key, name));
        auto answer = dry_run_of("would be done: " + said, std::move(then), key, judge);
        answer.insert(more.begin(), more.end());
        out.answer = Response::json(answer);
        return out;
    }
    std::string undo = whole_key ? "" : undo_of(key, name, before, paths);
    if (whole_key) {
        const auto copy = copy_first(paths);
        if (!copy) return {refused(copy.error())};
        undo = *copy;
    }
    out.note = {"registry.delete", whole_key ? key : key + "\\" + name, more["before"], nullptr,
                undo};
    out.carry_out = [paths, key, name, whole_key, said, more] {
        const auto changed = update(paths, [&](Document& into) -> Result<> {
            if (whole_key ? into.erase_key(key) : into.erase(key, name)) return {};
            return Error{EventId::config_moved_on, "it is gone already"};
        });
        return registry_answer(undo_of(changed), said, more, paths);
    };
    return out;
}

Prepared import(const Paths& paths, const Judge& judge, const Request& request)
{
    Body body{request};
    const auto text = body.text("text");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    auto incoming = Document::parse(text);
    if (!incoming) return {refused(incoming.error())};
    std::size_t values = 0;
    for (const auto& key : incoming->keys())
        values += incoming->values(key).size();
    const auto said = std::to_string(values) + " values merged, " +
                      std::to_string(incoming->deletions().size()) + " deletions";
    Prepared out;
    if (request.dry_run()) {
        auto then = load(paths.registry());
        if (!then) return {refused(then.error())};
        merge(*then, *incoming);
        out.answer = Response::json(dry_run_of("would be done: " + said, std::move(*then),
                                               std::string{parameters_key}, judge));
        return out;
    }
    const auto copy = copy_first(paths);
    if (!copy) return {refused(copy.error())};
    out.note = {"registry.import", paths.registry(), nullptr, json::value(said), *copy};
    out.carry_out = [paths, said, incoming = std::move(*incoming)] {
        const auto changed = update(paths, [&](Document& into) -> Result<> {
            merge(into, incoming);
            return {};
        });
        return registry_answer(undo_of(changed), said, {}, paths);
    };
    return out;
}

Response export_all(const Paths& paths)
{
    const auto document = load(paths.registry());
    if (!document) return refused(document.error());
    Response out;
    out.body = document->to_text();
    out.content_type = "text/plain; charset=utf-8";
    out.headers.emplace_back("content-disposition", "attachment; filename=\"registry.reg\"");
    return out;
}

}  // namespace

Response registry_answer(const Result<std::string>& undo, const std::string& done,
                         json::object more, const Paths& paths)
{
    if (!undo) return refused(undo.error());
    auto out = change_answer(done, *undo, paths);
    out.insert(more.begin(), more.end());
    return Response::json(out);
}

void add_registry_api(Desk& desk, const Judge& judge)
{
    const auto paths = desk.paths();
    desk.read("/api/v1/registry", [paths](const Request& r) { return show(paths, r); });
    desk.read("/api/v1/registry/keys", [paths](const Request&) { return keys(paths); });
    desk.read("/api/v1/registry/search", [paths](const Request& r) { return search(paths, r); });
    desk.read("/api/v1/registry/export", [paths](const Request&) { return export_all(paths); });
    desk.change(
        "PUT", "/api/v1/registry",
        while_none_waits(paths, [paths, judge](const Request& r) { return put(paths, judge, r); }));
    desk.change("DELETE", "/api/v1/registry",
                while_none_waits(
                    paths, [paths, judge](const Request& r) { return erase(paths, judge, r); }));
    desk.change("POST", "/api/v1/registry/import",
                while_none_waits(
                    paths, [paths, judge](const Request& r) { return import(paths, judge, r); }));
    add_registry_copies_api(desk);
}

}  // namespace imc::admin
