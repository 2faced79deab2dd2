#include "cli/commands.h"

#include "event/query.h"
#include "event/record_json.h"

#include <memory>
#include <ostream>
#include <thread>

namespace imc::cli {
namespace {

struct Words {
    EventFilter filter;
    std::string since, until;
    bool follow = false;
};

void show(Context& context, const EventRecord& record)
{
    if (context.json) {
        context.out << to_json_line(record) << '\n';
        return;
    }
    context.out << to_rfc3339(record.time) << "  " << static_cast<unsigned>(record.id) << "  "
                << to_string(record.type) << "  " << record.description << '\n';
}

bool read_time(Context& context, const std::string& text, std::optional<WallTime>& into)
{
    if (text.empty()) return true;
    into = parse_time(text, wall_clock().now());
    if (!into)
        context.fail("\"" + text +
                         "\" is no time; 2026-11-24, 2026-11-24T12:00, 90m, 24h or 7d expected",
                     2);
    return into.has_value();
}

/// Until the reader of our output goes away.
void follow(Context& context, EventFilter filter)
{
    EventFollower follower{context.paths().events()};
    auto records = follower.more(filter);
    if (filter.last > 0 && records.size() > filter.last)
        records.erase(records.begin(), records.end() - static_cast<std::ptrdiff_t>(filter.last));
    while (context.out) {
        for (const auto& record : records)
            show(context, record);
        context.out.flush();
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
        records = follower.more(filter);
    }
}

void run(Context& context, Words words)
{
    if (!read_time(context, words.since, words.filter.since) ||
        !read_time(context, words.until, words.filter.until))
        return;
    if (words.follow) return follow(context, words.filter);
    const auto path = context.paths().events();
    const auto found = read_events(path, words.filter);
    for (const auto& record : found.records)
        show(context, record);
    context.out.flush();
    if (found.broken_lines > 0)
        context.err << "imc: " << found.broken_lines << " lines of " << path
                    << " are no records and were left out\n";
    if (!found.any_file)
        context.fail(path + " does not exist yet; nothing was logged under this root");
}

}  // namespace

void add_events(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* command = common(imc.add_subcommand("events", "the event log"), context);
    command->add_option("--id", words->filter.ids, "this event; repeatable");
    command->add_option("--type", words->filter.types,
                        "Information, Warning, Error, Success Audit, Failure Audit; repeatable");
    command->add_option("--category", words->filter.category, "as in Initialization/Termination");
    command->add_option("--since", words->since, "2026-11-24T12:00, or 90m, 24h, 7d ago");
    command->add_option("--until", words->until, "likewise");
    command->add_option("--text", words->filter.text, "somewhere in the description or the fields");
    command->add_option("--last", words->filter.last, "the newest N");
    command->add_flag("--follow", words->follow, "go on with new records as they come");
    add_events_level(*command, context);
    command->callback([&context, words, command] {
        if (command->get_subcommands().empty()) run(context, *words);
    });
}

}  // namespace imc::cli
