#include "admin/diagnostics_api.h"

#include "admin/noted.h"
#include "admin/take_back.h"
#include "base/offload.h"
#include "base/text.h"
#include "event/diagnostics.h"
#include "registry/store.h"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

Result<std::vector<DiagnosticsRow>> read_diagnostics(const Paths& paths)
{
    const auto registry = registry::load(paths.registry());
    if (!registry) return registry.error();
    std::vector<DiagnosticsRow> out;
    for (const auto& category : diagnostics_categories()) {
        DiagnosticsRow row{std::string{category.name}, std::string{category.value}, 0};
        const auto* found = registry->find(std::string{registry::parameters_key}, row.value);
        if (found != nullptr)
            row.level = static_cast<unsigned>(found->value.as_number().value_or(0));
        out.push_back(std::move(row));
    }
    return out;
}

json::object to_json(const DiagnosticsRow& row)
{
    return {{"category", row.category},
            {"level", row.level},
            {"name", name_of_level(row.level)},
            {"value", row.value}};
}

Result<std::string> set_diagnostics(const Paths& paths, std::string_view category,
                                    std::string_view level, bool dry_run)
{
    const auto* found = find_category(category);
    if (found == nullptr) {
        std::string all;
        for (const auto& each : diagnostics_categories())
            all += (all.empty() ? "" : ", ") + std::string{each.name};
        return Error{EventId::admin_refused, "category \"" + printable(category, 60) +
                                                 "\"; one of " + all + " is expected"};
    }
    const auto number = parse_level(level);
    if (!number)
        return Error{EventId::admin_refused,
                     "level \"" + printable(level, 60) +
                         "\"; None, Minimum, Medium or Maximum (0, 1, 3, 5) is expected"};
    if (dry_run) return std::string{};
    return registry::set_values(paths,
                                {{std::string{found->value}, "DWORD", std::to_string(*number)}});
}

namespace {

net::awaitable<Response> show(const Paths& paths, net::thread_pool& background)
{
    const auto read = [&paths] { return read_diagnostics(paths); };
    const auto rows = co_await offload(background, read);
    if (!rows) co_return Response::error(rows.error(), 500);
    std::string lines;
    for (const auto& row : *rows)
        lines += json::serialize(to_json(row)) + "\n";
    co_return Response::lines(std::move(lines));
}

std::string word_of(const json::object& body, std::string_view name)
{
    const auto* value = body.if_contains(name);
    if (value == nullptr) return {};
    if (value->is_string()) return std::string{value->get_string()};
    return value->is_number() ? json::serialize(*value) : std::string{};
}

net::awaitable<Response> set(const Paths& paths, net::thread_pool& background, std::string category,
                             std::string level, bool dry_run)
{
    const auto set_it = [&paths, category, level, dry_run]() -> Result<std::string> {
        const auto none = no_change_waits(paths);
        if (!none && !dry_run) return none.error();
        return set_diagnostics(paths, category, level, dry_run);
    };
    const auto undo = co_await offload(background, set_it);
    if (!undo) co_return refused(undo.error());
    json::object out{{"done", std::string{find_category(category)->name} + " is logged at " +
                                  std::string{name_of_level(*parse_level(level))}},
                     {"undo", *undo},
                     {"dry_run", dry_run}};
    if (undo->empty()) out["undo"] = nullptr;
    co_return Response::json(out);
}

/// What was there; the way back names a copy that is made with the change.
Result<Change> diagnostics_change(const Paths& paths, const std::string& category,
                                  const std::string& level)
{
    if (const auto judged = set_diagnostics(paths, category, level, true); !judged)
        return judged.error();
    const auto rows = read_diagnostics(paths);
    if (!rows) return rows.error();
    const std::string name{find_category(category)->name};
    const auto row = std::ranges::find(*rows, name, &DiagnosticsRow::category);
    return Change{"diagnostics.put", name, json::value(name_of_level(row->level)),
                  json::value(name_of_level(*parse_level(level))), ""};
}

net::awaitable<Response> put(const Paths& paths, net::thread_pool& background, Request request)
{
    const auto* body = request.body.if_object();
    if (body == nullptr)
        co_return Response::error(Error{EventId::admin_refused, "an object is expected"});
    const auto category = word_of(*body, "category");
    const auto level = word_of(*body, "level");
    Response response;
    if (request.dry_run()) {
        response = co_await set(paths, background, category, level, true);
        co_return response;
    }
    const auto look = [&paths, &category, &level] {
        return diagnostics_change(paths, category, level);
    };
    auto change = co_await offload(background, look);
    if (!change) co_return refused(change.error());
    Handler work = [&paths, &background, category, level](const Request&) {
        return set(paths, background, category, level, false);
    };
    response = co_await noted(std::move(request), std::move(*change), std::move(work));
    co_return response;
}

}  // namespace

void add_diagnostics_api(Server& server, const Paths& paths, net::thread_pool& background)
{
    server.add("GET", "/api/v1/diagnostics", [&](Request) { return show(paths, background); });
    server.add(
        "PUT", "/api/v1/diagnostics",
        [&](Request request) { return put(paths, background, std::move(request)); },
        noted_by_handler("PUT", "/api/v1/diagnostics"));
}

}  // namespace imc::admin
