#include "cli/config/config.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t most_rows = 5;

std::string who(const config::Generation& generation, bool first)
{
    if (!generation.by.empty()) return to_text(generation.by);
    return first ? "the first" : "nobody known";
}

void show(Context& context, const config::Generation& generation, bool first)
{
    if (context.json) {
        json::array changes;
        for (const auto& row : generation.changes)
            changes.push_back(to_json(row));
        context.out << json::serialize(json::object{{"number", generation.number},
                                                    {"time", generation.time},
                                                    {"hash", generation.hash},
                                                    {"by", to_json(generation.by)},
                                                    {"changes", std::move(changes)}})
                    << '\n';
        return;
    }
    context.out << generation.number << "  " << generation.time << "  " << who(generation, first)
                << '\n';
    const auto& rows = generation.changes;
    for (std::size_t i = 0; i < rows.size() && i < most_rows; ++i)
        context.out << "    " << to_text(rows[i]) << '\n';
    if (rows.size() > most_rows)
        context.out << "    and " << rows.size() - most_rows << " more: imc config diff "
                    << generation.number - 1 << " " << generation.number << context.paths().option()
                    << '\n';
}

Result<config::Snapshot> recorded(const Paths& paths, std::uint64_t number)
{
    const auto generation = config::read_generation(paths, number);
    if (!generation) return generation.error();
    return snapshot_of(*generation);
}

/// What runs, or ran last.
Result<config::Snapshot> running(const Paths& paths)
{
    if (const auto now = in_force(paths); now && now->generation != 0)
        return recorded(paths, now->generation);
    const auto newest = config::newest_generation(paths);
    if (!newest) return newest.error();
    return snapshot_of(*newest);
}

Result<config::Snapshot> stored(const Paths& paths)
{
    auto now = config::snapshot_now(paths, after(config_patience));
    if (!now) return now.error();
    return std::move(now->snapshot);
}

}  // namespace

void show(Context& context, const std::vector<config::Difference>& rows)
{
    for (const auto& row : rows)
        if (context.json)
            context.out << json::serialize(to_json(row)) << '\n';
        else
            context.out << to_text(row) << '\n';
}

void config_history(Context& context, const ConfigWords&)
{
    const Paths paths = context.paths();
    const auto numbers = config::list_generations(paths);
    if (numbers.empty() && !context.json)
        context.out << "No generation was ever in force; the first start makes one.\n";
    for (const auto number : numbers) {
        const auto generation = config::read_generation(paths, number);
        if (generation)
            show(context, *generation, number == 1);
        else
            context.fail(generation.error());  // and the others are shown
    }
}

void config_diff(Context& context, const ConfigWords& words)
{
    const Paths paths = context.paths();
    const auto& numbers = words.generations;
    const auto before = numbers.empty() ? running(paths) : recorded(paths, numbers[0]);
    if (!before) return context.fail(before.error());
    const auto after = numbers.size() < 2 ? stored(paths) : recorded(paths, numbers[1]);
    if (!after) return context.fail(after.error());
    const auto rows = differences(*before, *after);
    if (rows.empty() && !context.json) context.out << "Nothing differs.\n";
    show(context, rows);
}

}  // namespace imc::cli
