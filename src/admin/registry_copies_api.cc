#include "admin/registry_api.h"

#include "admin/registry_change.h"
#include "admin/take_back.h"
#include "base/files.h"
#include "base/text.h"
#include "event/record_json.h"
#include "registry/store.h"

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

/// Beyond it the table of a difference would not fit: then all of one, and all of the other.
constexpr std::size_t most_cells = 16'000'000;

/// "registry-20261127T051500.123Z-0001.reg" -> when it was made
std::string time_of(const std::string& name)
{
    constexpr std::string_view before = "registry-";
    const std::string_view stamp = std::string_view{name}.substr(before.size());
    if (stamp.size() < 20) return {};
    const auto part = [&](std::size_t at, std::size_t length) {
        return std::string{stamp.substr(at, length)};
    };
    return part(0, 4) + "-" + part(4, 2) + "-" + part(6, 5) + ":" + part(11, 2) + ":" + part(13, 7);
}

bool is_copy(const Paths& paths, const std::string& id)
{
    const auto names = registry::list_backups(paths);
    return std::ranges::find(names, id) != names.end();
}

Response no_such(const std::string& id)
{
    return Response::error(bad_request("there is no copy " + printable(id, 120)), 404);
}

Response list(const Paths& paths)
{
    Lines out;
    auto names = registry::list_backups(paths);
    std::ranges::reverse(names);
    for (const auto& name : names) {
        const auto status = real_files().status(paths.backup() + "/" + name);
        out.add({{"id", name}, {"time", time_of(name)}, {"octets", status ? status->size : 0}});
    }
    return out.answer();
}

Response show(const Paths& paths, const Request& request)
{
    const auto& id = request.parameters.at("id");
    if (!is_copy(paths, id)) return no_such(id);
    const auto text = read_file(real_files(), paths.backup() + "/" + id);
    if (!text)
        return refused(Error{EventId::registry_unreadable,
                             paths.backup() + "/" + id + ": " + text.error().message()});
    const auto now = read_file(real_files(), paths.registry());
    json::array diff;
    for (const auto& row : line_differences(now ? *now : std::string{}, *text))
        diff.push_back(json::object{{"op", std::string(1, row.op)}, {"line", row.line}});
    return Response::json(json::object{
        {"id", id}, {"time", time_of(id)}, {"text", *text}, {"diff", std::move(diff)}});
}

Prepared keep(const Paths& paths, const Request& request)
{
    Prepared out;
    if (request.dry_run()) {
        out.answer = Response::json(dry_answer("a copy would be kept"));
        return out;
    }
    out.note = {"registry.backup", paths.registry(), nullptr, nullptr, ""};
    out.carry_out = [paths] {
        const auto saved =
            registry::update(paths, [](registry::Document&) -> Result<> { return {}; });
        if (!saved) return refused(saved.error());
        auto answer = change_answer("copy " + saved->backup + " kept", "", paths);
        answer["id"] = saved->backup;
        return Response::json(answer);
    };
    return out;
}

/// From the text that stands there to another, either of which may be broken.
Change restored_note(const Paths& paths, std::string_view text)
{
    const auto now = read_file(real_files(), paths.registry());
    return registry_change("registry.restore", paths.registry(), now ? *now : std::string{}, text,
                           "");
}

/// Of a file that is no copy of ours: whoever has it sends what is in it.
Prepared restore_sent(const Paths& paths, const Request& request)
{
    Body body{request};
    auto text = body.text("text");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    if (const auto parsed = registry::Document::parse(text); !parsed)
        return {refused(parsed.error())};
    const std::string said = "registry = the text that was sent";
    if (request.dry_run()) return {Response::json(dry_answer("would be brought back: " + said))};
    Prepared out;
    out.note = restored_note(paths, text);
    out.carry_out = [paths, said, text = std::move(text)] {
        const auto restored = registry::restore_text(paths, text);
        if (!restored) return refused(restored.error());
        return registry_answer(restored->undo, said, {}, paths);
    };
    return out;
}

Prepared restore(const Paths& paths, const Request& request)
{
    auto id = request.parameters.at("id");
    if (id == "latest") id = registry::latest_backup(paths);
    if (id.empty())
        return {refused(Error{EventId::registry_unreadable,
                              paths.backup() + " holds no sound copy of the registry"})};
    if (!is_copy(paths, id)) return {no_such(id)};
    const auto said = "registry = copy " + id;
    Prepared out;
    if (request.dry_run()) {
        out.answer = Response::json(dry_answer("would be brought back: " + said));
        return out;
    }
    // What is there may be broken, so no copy of it is made here: restore() makes one.
    const auto copy = read_file(real_files(), paths.backup() + "/" + id);
    out.note = restored_note(paths, copy ? *copy : std::string{});
    out.carry_out = [paths, id, said] {
        const auto restored = registry::restore(paths, id);
        if (!restored) return refused(restored.error());
        return registry_answer(restored->undo, said, {}, paths);
    };
    return out;
}

}  // namespace

std::vector<LineDifference> line_differences(std::string_view before, std::string_view after)
{
    const auto plain = [](std::string_view text) {
        auto lines = split(text, '\n');
        if (!lines.empty() && lines.back().empty()) lines.pop_back();
        for (auto& line : lines)
            if (line.ends_with('\r')) line.remove_suffix(1);
        return lines;
    };
    const auto a = plain(before), b = plain(after);
    std::vector<LineDifference> out;
    if ((a.size() + 1) * (b.size() + 1) > most_cells) {
        for (const auto line : a)
            out.push_back({'-', std::string{line}});
        for (const auto line : b)
            out.push_back({'+', std::string{line}});
        return out;
    }
    // Longest common subsequence; the registry has a few hundred lines.
    const auto width = b.size() + 1;
    std::vector<std::uint32_t> longest((a.size() + 1) * width, 0);
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t j = b.size(); j-- > 0;)
            longest[i * width + j] =
                a[i] == b[j] ? longest[(i + 1) * width + j + 1] + 1
                             : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            out.push_back({' ', std::string{a[i]}});
            ++i, ++j;
        } else if (j == b.size() ||
                   (i < a.size() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
            out.push_back({'-', std::string{a[i++]}});
        } else {
            out.push_back({'+', std::string{b[j++]}});
        }
    }
    return out;
}

void add_registry_copies_api(Desk& desk)
{
    const auto paths = desk.paths();
    desk.read("/api/v1/registry/backups", [paths](const Request&) { return list(paths); });
    desk.read("/api/v1/registry/backups/{id}",
              [paths](const Request& r) { return show(paths, r); });
    desk.change("POST", "/api/v1/registry/backups",
                [paths](const Request& r) { return keep(paths, r); });
    desk.change("POST", "/api/v1/registry/backups/{id}/restore",
                while_none_waits(paths, [paths](const Request& r) { return restore(paths, r); }));
    desk.change(
        "POST", "/api/v1/registry/restore",
        while_none_waits(paths, [paths](const Request& r) { return restore_sent(paths, r); }));
}

}  // namespace imc::admin
