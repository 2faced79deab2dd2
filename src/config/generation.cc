#include "config/generation.h"

#include "base/files.h"
#include "directory/ldif.h"
#include "directory/object_mark.h"
#include "directory/password.h"
#include "directory/recorded.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <set>

namespace imc::config {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, std::string_view key)
{
    const auto* found = object.if_contains(key);
    const auto* text = found != nullptr ? found->if_string() : nullptr;
    return text != nullptr ? std::string{*text} : std::string{};
}

std::optional<std::vector<std::string>> values_of(const json::object& object, std::string_view key)
{
    const auto* found = object.if_contains(key);
    const auto* list = found != nullptr ? found->if_array() : nullptr;
    if (list == nullptr) return {};
    std::vector<std::string> out;
    for (const auto& value : *list)
        if (value.is_string()) out.emplace_back(value.get_string());
    return out;
}

template <class Read>
void for_each_object(const json::object& object, std::string_view key, Read read)
{
    const auto* found = object.if_contains(key);
    const auto* list = found != nullptr ? found->if_array() : nullptr;
    if (list == nullptr) return;
    for (const auto& row : *list)
        if (row.is_object()) read(row.get_object());
}

Result<Generation> read(const std::string& path, const std::string& what)
{
    const auto content = read_file(real_files(), path);
    if (!content)
        return Error{EventId::generation_missing,
                     what + ": " + path + ": " + content.error().message(),
                     static_cast<unsigned>(content.error().value())};
    boost::system::error_code failure;
    const auto value = json::parse(*content, failure);
    const auto* object = value.if_object();
    const auto* number = object != nullptr ? object->if_contains("number") : nullptr;
    if (failure || number == nullptr || !number->is_number())
        return Error{EventId::generation_missing, what + ": " + path + " cannot be read"};
    Generation out;
    out.number = number->to_number<std::uint64_t>(failure);
    out.time = text_of(*object, "time");
    out.hash = text_of(*object, "hash");
    out.host_name = text_of(*object, "host_name");
    out.home_dsa = text_of(*object, "home_dsa");
    out.base = text_of(*object, "base");
    out.registry = text_of(*object, "registry");
    out.directory = objects_of(text_of(*object, "directory"));
    for_each_object(*object, "by", [&](const json::object& row) {
        out.by.push_back({text_of(row, "user"), text_of(row, "command"), text_of(row, "time")});
    });
    for_each_object(*object, "changes", [&](const json::object& row) {
        out.changes.push_back({text_of(row, "section"), text_of(row, "name"),
                               values_of(row, "before"), values_of(row, "after")});
    });
    return out;
}

json::value array_of(const std::optional<std::vector<std::string>>& values)
{
    if (!values) return nullptr;
    json::array out;
    for (const auto& value : *values)
        out.emplace_back(value);
    return out;
}

}  // namespace

std::vector<Entry> objects_of(const std::string& ldif)
{
    auto changes = parse_ldif(ldif);
    if (!changes) return {};
    std::vector<Entry> out;
    for (auto& change : *changes) {
        if (change.kind != Change::Kind::add) return {};
        out.push_back({std::move(change.dn), std::move(change.attributes)});
    }
    return out;
}

std::vector<std::uint64_t> list_generations(const Paths& paths)
{
    std::vector<std::uint64_t> out;
    const auto names = real_files().list(paths.generations());
    if (!names) return out;
    for (const std::string_view name : *names)
        if (name.ends_with(".json"))
            if (const auto number = parse_number(name.substr(0, name.size() - 5)))
                out.push_back(*number);
    std::ranges::sort(out);
    return out;
}

Result<Generation> read_generation(const Paths& paths, std::uint64_t number)
{
    return read(paths.generations() + "/" + std::to_string(number) + ".json",
                "generation " + std::to_string(number));
}

Result<Generation> newest_generation(const Paths& paths)
{
    return read(paths.generations() + "/current.json", "no generation was ever in force");
}

Result<Snapshot> snapshot_of(const Generation& generation)
{
    const auto name = "generation " + std::to_string(generation.number);
    const auto recorded = recorded_directory(generation.directory, name);
    auto out = snapshot_of(generation.registry, *recorded, Deadline::max());
    if (!out)
        return Error{EventId::generation_missing,
                     name + " does not hold a whole configuration: " + out.error().to_string()};
    const auto has_section = [&](const Entry& entry) {
        return std::ranges::any_of(out->objects,
                                   [&](const auto& o) { return same(o.entry.dn, entry.dn); });
    };
    std::ranges::remove_copy_if(generation.directory, std::back_inserter(out->others), has_section);
    return out;
}

std::string hash_of(std::string_view registry, std::string_view directory)
{
    const auto digest = sha256(std::to_string(registry.size()) + "\n" + std::string{registry} +
                               std::string{directory});
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < 8; ++i)
        out += {digits[digest[i] >> 4U], digits[digest[i] & 15U]};
    return out;
}

std::vector<Generation::By> authors(const Generation& before, const Generation& after,
                                    const std::vector<ChangeNote>& notes)
{
    std::vector<Generation::By> out;
    bool outside = false;
    const auto credit = [&](const ChangeNote* note) {
        if (note == nullptr) {
            outside = true;
            return;
        }
        const auto same = [&](const Generation::By& by) {
            return by.user == note->user && by.command == note->command;
        };
        if (std::ranges::none_of(out, same)) out.push_back({note->user, note->command, note->time});
    };
    // All that touched it since; the last of them must have left what stands there now.
    const auto judge = [&](auto mark_in, const std::string& now) {
        const ChangeNote* last = nullptr;
        for (const auto& note : notes) {
            const auto mark = mark_in(note);
            if (!mark || note.time <= before.time) continue;
            credit(&note);
            last = &note;
        }
        if (last == nullptr || *mark_in(*last) != now) credit(nullptr);
    };
    if (before.registry != after.registry)
        judge(
            [](const ChangeNote& note) {
                return note.registry.empty() ? std::nullopt : std::optional{note.registry};
            },
            mark_of(std::string_view{after.registry}));
    std::map<std::string, std::string> was, is;
    for (const auto& entry : before.directory)
        was[entry.dn.normalized()] = mark_of(entry);
    for (const auto& entry : after.directory)
        is[entry.dn.normalized()] = mark_of(entry);
    std::set<std::string> names;
    for (const auto* map : {&was, &is})
        for (const auto& [name, mark] : *map)
            names.insert(name);
    for (const auto& name : names) {
        const auto now = is.contains(name) ? is[name] : std::string{};
        if ((was.contains(name) ? was[name] : std::string{}) == now) continue;
        judge(
            [&](const ChangeNote& note) {
                const auto found = note.objects.find(name);
                return found == note.objects.end() ? std::nullopt : std::optional{found->second};
            },
            now);
    }
    std::ranges::sort(out, {}, &Generation::By::time);
    if (outside) out.push_back({"outside", "", ""});
    return out;
}

json::value to_json(const Difference& d)
{
    return json::object{{"section", d.section},
                        {"name", d.name},
                        {"before", array_of(d.before)},
                        {"after", array_of(d.after)}};
}

json::array to_json(const std::vector<Generation::By>& by)
{
    json::array out;
    for (const auto& one : by)
        out.push_back(
            json::object{{"user", one.user}, {"command", one.command}, {"time", one.time}});
    return out;
}

std::string to_text(const std::vector<Generation::By>& by)
{
    std::string out;
    for (const auto& one : by)
        out +=
            (out.empty() ? "" : "; ") + one.user + (one.command.empty() ? "" : ": ") + one.command;
    return out;
}

}  // namespace imc::config
