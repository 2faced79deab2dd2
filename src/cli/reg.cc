#include "cli/commands.h"

#include "admin/registry_change.h"
#include "admin/request.h"
#include "base/text.h"
#include "cli/audited.h"
#include "cli/through_service.h"
#include "registry/store.h"
#include "registry/values.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <functional>
#include <iostream>
#include <memory>

namespace imc::cli {
namespace {

using namespace registry;
namespace json = boost::json;

struct Words {
    std::string key, name, type = "SZ", data, file;
    bool force = false, list = false, all_keys = false;
};

void show(Context& context, const std::string& key, const Found& value)
{
    if (context.json) {
        context.out << json::serialize(json::object{{"key", key},
                                                    {"name", value.name},
                                                    {"type", to_string(value.value.type)},
                                                    {"data", value.value.to_display()},
                                                    {"line", value.line}})
                    << '\n';
        return;
    }
    context.out << "    " << (value.name.empty() ? "(Default)" : value.name) << "    REG_"
                << to_string(value.value.type) << "    "
                << printable(value.value.to_display(), 4000) << '\n';
}

void query(Context& context, const Words& words)
{
    const auto document = load(context.paths().registry());
    if (!document) return context.fail(document.error());
    const auto wanted = canonical_key(words.key);
    bool key_there = false, value_there = false;
    for (const auto& key : document->keys()) {
        const bool inside =
            same_word(key, wanted) || (words.all_keys && starts_with_word(key, wanted + "\\"));
        if (!inside) continue;
        key_there = true;
        if (!context.json && words.name.empty()) context.out << key << '\n';
        for (const auto& value : document->values(key)) {
            if (!words.name.empty() && !same_word(words.name, value.name)) continue;
            value_there = true;
            show(context, key, value);
        }
    }
    const auto below = keys_below(*document, wanted);
    if (!words.name.empty() && !value_there) {
        if (const auto* known = find_value(words.name))
            return context.fail(std::string{known->name} + " is not set in " + wanted +
                                (known->preset.empty()
                                     ? "; it has no default"
                                     : "; default " + std::string{known->preset}) +
                                ": imc reg describe " + std::string{known->name});
        const auto* near = nearest_value(words.name);
        return context.fail(
            "the registry has no value " + printable(words.name, 80) + " in " + wanted +
            (near != nullptr ? "; did you mean " + std::string{near->name} + "?" : ""));
    }
    if (!key_there && below.empty())
        return context.fail(context.paths().registry() + " has no key " + printable(wanted, 300));
    if (words.all_keys || context.json || !words.name.empty()) return;
    for (const auto& key : below)
        context.out << key << '\n';
}

void warn(Context& context, const std::string& name, const Value& value)
{
    if (const auto warning = value_warning(name, value); !warning.empty())
        context.err << "imc: warning: " << warning << '\n';
}

void done(Context& context, const Result<Changed>& changed)
{
    if (!changed) return context.fail(changed.error());
    if (!changed->undo.empty()) context.undo(changed->undo);
}

/// update() or restore(), with its line in the audit log when all else is ready.
void make(Context& context, const std::string& action, const std::string& object,
          const std::function<Result<Changed>(const BeforeWrite&)>& change)
{
    AuditLine line{context};
    const auto changed = change(
        [&](std::string_view before, std::string_view after, const Changed& saved) -> Result<> {
            return line.announce(admin::registry_change(action, object, before, after, saved.undo));
        });
    if (!changed) line.came_to_nothing(changed.error());
    done(context, changed);
}

void make_edit(Context& context, const std::string& action, const std::string& object,
               const std::function<Result<>(Document&)>& change)
{
    make(context, action, object, [&](const BeforeWrite& before_write) {
        return update(context.paths(), change, usual_patience, before_write);
    });
}

void add(Context& context, const Words& words)
{
    const auto type = parse_type(words.type);
    if (!type)
        return context.fail(
            "type " + printable(words.type, 40) +
                " is not known; SZ, EXPAND_SZ, DWORD, QWORD, MULTI_SZ or BINARY expected",
            2);
    auto value = value_from_text(*type, words.data);
    if (!value) return context.fail(value.error(), 2);
    const auto key = canonical_key(words.key);
    if (const auto there = load(context.paths().registry());
        there && there->find(key, words.name) != nullptr && !words.force &&
        !context.may("the value " + words.name + " exists, as \"" +
                         printable(there->find(key, words.name)->value.to_display(), 200) +
                         "\", and would be overwritten",
                     "-f"))
        return;
    if (same_word(key, parameters_key)) warn(context, words.name, *value);
    if (changed_by_service(context, "PUT", "/api/v1/registry",
                           json::object{{"key", key},
                                        {"name", words.name},
                                        {"type", to_string(*type)},
                                        {"data", words.data}}))
        return;
    make_edit(context, "registry.put", key + "\\" + words.name,
              [&](Document& document) -> Result<> {
                  document.set(key, words.name, std::move(*value));
                  return {};
              });
}

void remove(Context& context, const Words& words)
{
    const auto key = canonical_key(words.key);
    if (words.name.empty() && words.key.empty())
        return context.fail("say what: -v NAME for a value, or the KEY to delete with all below it",
                            2);
    const auto what = words.name.empty() ? "the key " + key + " and all below it would be deleted"
                                         : "the value " + words.name + " would be deleted";
    if (!words.force && !context.may(what, "-f")) return;
    std::string target = "/api/v1/registry?key=" + admin::url_encode(key);
    if (!words.name.empty()) target += "&name=" + admin::url_encode(words.name);
    if (changed_by_service(context, "DELETE", target, nullptr)) return;
    const auto object = words.name.empty() ? key : key + "\\" + words.name;
    make_edit(context, "registry.delete", object, [&](Document& document) -> Result<> {
        const bool gone =
            words.name.empty() ? document.erase_key(key) : document.erase(key, words.name);
        if (gone) return {};
        return Error{EventId::registry_value_invalid,
                     "there is no " + (words.name.empty() ? "key " + key
                                                          : "value " + words.name + " in " + key)};
    });
}

void import(Context& context, const Words& words)
{
    const auto content = read_file(real_files(), words.file);
    if (!content) return context.fail(words.file + ": " + content.error().message());
    const auto incoming = Document::parse(*content);
    if (!incoming)
        return context.fail(
            Error{incoming.error().event(), words.file + ", " + incoming.error().detail()});
    const auto text = reg_text_in_utf8(*content);
    if (text && changed_by_service(context, "POST", "/api/v1/registry/import",
                                   json::object{{"text", *text}}))
        return;
    make_edit(context, "registry.import", context.paths().registry(),
              [&](Document& document) -> Result<> {
                  merge(document, *incoming);
                  return {};
              });
}

void export_to(Context& context, const Words& words)
{
    const auto document = load(context.paths().registry());
    if (!document) return context.fail(document.error());
    if (words.file == "-") {
        context.out << document->to_text();
        return;
    }
    if (auto written = write_file_atomically(real_files(), words.file, document->to_text());
        !written)
        context.fail(words.file + ": " + written.error().message());
}

void describe_values(Context& context, const Words& words)
{
    bool any = false;
    for (const auto& info : value_table()) {
        if (!words.name.empty() && find_value(words.name) != &info) continue;
        any = true;
        if (context.json)
            context.out << json::serialize(json::object{{"name", std::string{info.name}},
                                                        {"type", to_string(info.type)},
                                                        {"unit", std::string{info.unit}},
                                                        {"min", info.min},
                                                        {"max", info.max},
                                                        {"choices", std::string{info.choices}},
                                                        {"default", std::string{info.preset}},
                                                        {"reader", std::string{info.reader}},
                                                        {"effect", std::string{info.effect}},
                                                        {"text", std::string{info.text}},
                                                        {"kb", std::string{info.kb}}})
                        << '\n';
        else
            context.out << describe(info) << '\n';
    }
    if (any) return;
    const auto* near = nearest_value(words.name);
    context.fail("no value is called " + printable(words.name, 80) +
                 (near != nullptr ? "; did you mean " + std::string{near->name} + "?"
                                  : "; imc reg describe lists all"));
}

void backup(Context& context, const Words& words)
{
    if (words.list) {
        for (const auto& name : list_backups(context.paths()))
            context.out << (context.json ? json::serialize(json::object{{"name", name}}) : name)
                        << '\n';
        return;
    }
    const auto saved = update(context.paths(), [](Document&) -> Result<> { return {}; });
    if (!saved) return context.fail(saved.error());
    if (context.json)
        context.out << json::serialize(
                           json::object{{"name", saved->backup}, {"restore", saved->undo}})
                    << '\n';
    else
        context.out << saved->backup << "\nBring it back: " << saved->undo << '\n';
}

/// False: no service was asked, nothing was done or said.
bool brought_back_by_service(Context& context, const std::string& name)
{
    if (name.find('/') == std::string::npos)
        return changed_by_service(
            context, "POST", "/api/v1/registry/backups/" + admin::url_encode(name) + "/restore",
            nullptr);
    // The service need not be able to read it.
    const auto content = read_file(real_files(), name);
    const auto text = content ? reg_text_in_utf8(*content) : std::nullopt;
    return text && changed_by_service(context, "POST", "/api/v1/registry/restore",
                                      json::object{{"text", *text}});
}

void bring_back(Context& context, const Words& words)
{
    if (brought_back_by_service(context, words.file)) return;
    make(context, "registry.restore", context.paths().registry(),
         [&](const BeforeWrite& before_write) -> Result<Changed> {
             auto restored = restore(context.paths(), words.file, before_write);
             if (restored || restored.error().event() == EventId::audit_not_written)
                 return restored;
             return Error{restored.error().event(),
                          "the copy " + printable(words.file, 200) +
                              " cannot be brought back; imc reg backup --list" +
                              context.paths().option() + " names all"}
                 .because(restored.error());
         });
}

CLI::App* verb(CLI::App* reg, Context& context, const std::shared_ptr<Words>& words,
               const char* name, const char* help, void (*action)(Context&, const Words&))
{
    auto* command = common(reg->add_subcommand(name, help), context);
    command->callback([&context, words, action] { action(context, *words); });
    return command;
}

CLI::App* edit(CLI::App* reg, Context& context, const std::shared_ptr<Words>& words,
               const char* name, const char* help, void (*action)(Context&, const Words&))
{
    auto* command = changing(reg->add_subcommand(name, help), context);
    command->callback([&context, words, action] { action(context, *words); });
    return command;
}

}  // namespace

void add_reg(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* reg = common(
        imc.add_subcommand(
            "reg",
            "registry editor: query, add, delete, export, import, describe, backup, restore"),
        context);
    reg->require_subcommand(1);
    const auto key = [&](CLI::App* c) {
        c->add_option("KEY", words->key,
                      "key, in any spelling; the connector's Parameters when left out");
        return c;
    };
    const auto value = [&](CLI::App* c, bool needed) {
        auto* o = c->add_option("-v", words->name, "name of the value")->type_name("NAME");
        if (needed) o->required();
    };
    auto* q = key(verb(reg, context, words, "query", "show values", query));
    value(q, false);
    q->add_flag("-s", words->all_keys, "keys below as well");
    auto* a = key(edit(reg, context, words, "add", "write a value", add));
    value(a, true);
    a->add_option("-t", words->type, "SZ, EXPAND_SZ, DWORD, QWORD, MULTI_SZ, BINARY")
        ->type_name("TYPE")
        ->capture_default_str();
    a->add_option("-d", words->data, "data; \\0 separates the texts of a MULTI_SZ")
        ->type_name("DATA");
    a->add_flag("-f", words->force, "do not ask before overwriting");
    auto* d = key(
        edit(reg, context, words, "delete", "delete a value, or a key with all below it", remove));
    value(d, false);
    d->add_flag("-f", words->force, "do not ask");
    verb(reg, context, words, "export", "write the registry to a file ('-': to the terminal)",
         export_to)
        ->add_option("FILE", words->file, "'-': standard output")
        ->required();
    edit(reg, context, words, "import", "merge a .reg file (5.00, REGEDIT4, UTF-8 or UTF-16)",
         import)
        ->add_option("FILE", words->file, "Windows Registry Editor text")
        ->required();
    verb(reg, context, words, "describe",
         "what a value means: type, unit, range, default, reader, effect", describe_values)
        ->add_option("NAME", words->name, "all when left out");
    verb(reg, context, words, "backup", "keep a dated copy", backup)
        ->add_flag("--list", words->list, "list the copies");
    edit(reg, context, words, "restore", "bring a copy back", bring_back)
        ->add_option("COPY", words->file, "name of a copy, 'latest', or a file")
        ->required();
    reg->footer(
        "Every change first keeps a copy, is in the audit log (log/audit) before it is made, "
        "and prints the command that undoes it. What is "
        "written is judged by imc check. While the service runs it makes the change, takes it "
        "within seconds and writes the line of the audit log; a service that refuses, or does not "
        "answer, "
        "is an error. --direct goes past it.\n"
        "  imc reg query\n"
        "  imc reg describe RelayAllowList\n"
        "  imc reg add -v RelayAllowList -t MULTI_SZ -d '192.0.2.0/24\\0198.51.100.7' -f\n"
        "  imc reg restore latest");
}

}  // namespace imc::cli
