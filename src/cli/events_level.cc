#include "admin/diagnostics_api.h"
#include "admin/registry_change.h"
#include "base/text.h"
#include "cli/audited.h"
#include "cli/commands.h"
#include "cli/through_service.h"
#include "event/diagnostics.h"
#include "registry/store.h"
#include "registry/values.h"

#include <boost/json/serialize.hpp>

#include <iomanip>
#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

struct Words {
    std::string category, level;
};

/// By the service that runs; else here, with its line in the audit log. @return the undo
Result<std::string> set_level(const Context& context, const std::string& value, unsigned level)
{
    const std::string key{registry::parameters_key};
    const auto data = std::to_string(level);
    if (const auto answer = through_service(
            context, "PUT", "/api/v1/registry",
            boost::json::object{
                {"key", key}, {"name", value}, {"type", "DWORD"}, {"data", data}})) {
        const auto done = object_of(*answer);
        if (!done) return done.error();
        return text_in(*done, "undo");
    }
    auto number = registry::value_from_text(registry::Type::dword, data);
    if (!number) return number.error();
    AuditLine line{context};
    const auto changed = registry::update(
        context.paths(),
        [&](registry::Document& document) -> Result<> {
            document.set(key, value, std::move(*number));
            return {};
        },
        registry::usual_patience,
        [&](std::string_view before, std::string_view after, const registry::Changed& saved) {
            return line.announce(admin::registry_change("registry.put", key + "\\" + value, before,
                                                        after, saved.undo));
        });
    if (changed) return changed->undo;
    line.came_to_nothing(changed.error());
    return changed.error();
}

void run(Context& context, const Words& words)
{
    const auto* category = find_category(words.category);
    if (!words.category.empty() && category == nullptr) {
        const auto refused = admin::set_diagnostics(context.paths(), words.category, "0", true);
        return context.fail(refused.error().detail(), 2);
    }
    if (!words.level.empty()) {
        if (!parse_level(words.level))
            return context.fail("level \"" + printable(words.level, 40) +
                                    "\"; None, Minimum, Medium or Maximum is expected",
                                2);
        const auto undo =
            set_level(context, std::string{category->value}, *parse_level(words.level));
        if (!undo) return context.fail(undo.error());
        if (!context.json)
            context.out << category->name << " is logged at "
                        << name_of_level(*parse_level(words.level)) << ".\n";
        if (!undo->empty()) context.undo(*undo);
        return;
    }
    const auto rows = admin::read_diagnostics(context.paths());
    if (!rows) return context.fail(rows.error());
    for (const auto& row : *rows) {
        if (category != nullptr && row.category != category->name) continue;
        if (context.json)
            context.out << boost::json::serialize(admin::to_json(row)) << '\n';
        else
            context.out << std::setw(30) << std::left << row.category << std::setw(10)
                        << name_of_level(row.level) << row.value << '\n';
    }
}

}  // namespace

void add_events_level(CLI::App& events, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* command =
        changing(events.add_subcommand(
                     "level", "diagnostics logging of each category; with a level, sets it"),
                 context);
    command->add_option("category", words->category,
                        "as in \"Message Transfer\", or the beginning of one");
    command->add_option("level", words->level, "None, Minimum, Medium or Maximum");
    command->callback([&context, words] { run(context, *words); });
}

}  // namespace imc::cli
