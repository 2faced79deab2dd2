#include "admin/diagnostics_api.h"
#include "base/text.h"
#include "cli/commands.h"
#include "event/diagnostics.h"

#include <boost/json/serialize.hpp>

#include <iomanip>
#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

struct Words {
    std::string category, level;
};

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
        const auto undo = admin::set_diagnostics(context.paths(), words.category, words.level);
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
        common(events.add_subcommand("level",
                                     "diagnostics logging of each category; with a level, sets it"),
               context);
    command->add_option("category", words->category,
                        "as in \"Message Transfer\", or the beginning of one");
    command->add_option("level", words->level, "None, Minimum, Medium or Maximum");
    command->callback([&context, words] { run(context, *words); });
}

}  // namespace imc::cli
