#include "admin/config_api.h"

#include "admin/config_fields.h"
#include "base/text.h"
#include "config/generation.h"
#include "config/settings_file.h"

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

json::value values_or_null(const std::optional<std::vector<std::string>>& values)
{
    return values ? json::value(to_array(*values)) : json::value(nullptr);
}

std::vector<std::string> waiting_for_restart(const json::object& state)
{
    std::vector<std::string> out;
    const auto* list = state.if_contains("restart");
    if (list != nullptr && list->is_array())
        for (const auto& name : list->get_array())
            if (const auto* text = name.if_string()) out.emplace_back(*text);
    return out;
}

/// What runs, or ran last.
Result<config::Generation> in_force(const Paths& paths, const json::object& state)
{
    const auto* number = state.if_contains("generation");
    boost::system::error_code failure;
    if (number != nullptr && number->is_number())
        if (const auto n = number->to_number<std::uint64_t>(failure); !failure && n != 0)
            return config::read_generation(paths, n);
    return config::newest_generation(paths);
}

Response show(const Paths& paths, const ConfigParts& parts, const Request& request)
{
    const auto now = config::snapshot_now(paths, after(config_patience));
    if (!now) return refused(now.error());
    const auto state = parts.state();
    const auto waiting = waiting_for_restart(state);
    const auto tab = request.first("tab"), section = lower(request.first("section"));
    json::array fields;
    for (const auto& setting : config::provenance(now->snapshot, paths.registry())) {
        if (!tab.empty() && tab_of(setting.info.name) != tab) continue;
        if (!section.empty() && setting.section != section) continue;
        const bool waits = setting.section == "registry" &&
                           std::ranges::find(waiting, setting.info.name) != waiting.end();
        fields.push_back(field_json(setting, waits));
    }
    json::object out{{"generation", nullptr},
                     {"author", ""},
                     {"time", nullptr},
                     {"running", false},
                     {"differs", 0},
                     {"waits_for_restart", to_array(waiting)},
                     {"connector", now->snapshot.connector.to_rfc4514()}};
    const auto* word = state.if_contains("state");
    out["running"] = word != nullptr && *word == "running";
    if (const auto generation = in_force(paths, state)) {
        out["generation"] = generation->number;
        out["author"] = config::to_text(generation->by);
        out["time"] = generation->time;
        if (const auto then = snapshot_of(*generation))
            out["differs"] = differences(*then, now->snapshot).size();
    }
    out["fields"] = std::move(fields);
    return Response::json(out);
}

Response history(const Paths& paths)
{
    auto numbers = config::list_generations(paths);
    std::ranges::reverse(numbers);
    Lines out;
    for (const auto number : numbers) {
        const auto generation = config::read_generation(paths, number);
        if (generation)
            out.add(generation_json(*generation));
        else
            out.add({{"number", number}, {"flaw", generation.error().to_string()}});
    }
    return out.answer();
}

Response one(const Paths& paths, const Request& request)
{
    const auto number = parse_number(request.parameters.at("n"));
    if (!number) return bad("the number of a generation expected");
    const auto generation = config::read_generation(paths, *number);
    if (!generation) return refused(generation.error());
    const auto then = snapshot_of(*generation);
    if (!then) return refused(then.error());
    auto out = generation_json(*generation);
    out["settings"] = config::to_settings_file(*then);
    out["diff_to_now"] = nullptr;
    if (const auto now = config::snapshot_now(paths, after(config_patience)))
        out["diff_to_now"] = differences_json(differences(now->snapshot, *then));
    return Response::json(out);
}

}  // namespace

json::object difference_json(const config::Difference& row)
{
    return {{"section", row.section},
            {"name", row.name},
            {"before", values_or_null(row.before)},
            {"after", values_or_null(row.after)},
            {"text", config::to_text(row)}};
}

json::array differences_json(const std::vector<config::Difference>& rows)
{
    json::array out;
    for (const auto& row : rows)
        out.push_back(difference_json(row));
    return out;
}

json::object generation_json(const config::Generation& generation)
{
    return {{"number", generation.number},
            {"time", generation.time},
            {"hash", generation.hash},
            {"by", config::to_json(generation.by)},
            {"author", config::to_text(generation.by)},
            {"changes", differences_json(generation.changes)}};
}

void add_config_api(Desk& desk, ConfigParts all)
{
    const auto parts = std::make_shared<const ConfigParts>(std::move(all));
    const auto paths = desk.paths();
    desk.read("/api/v1/config",
              [paths, parts](const Request& r) { return show(paths, *parts, r); });
    desk.read("/api/v1/config/history", [paths](const Request&) { return history(paths); });
    desk.read("/api/v1/config/history/{n}", [paths](const Request& r) { return one(paths, r); });
    add_config_changes_api(desk, parts);
    add_keep_api(desk, parts);
}

}  // namespace imc::admin
