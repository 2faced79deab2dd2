#include "cli/commands.h"
#include "cli/rejects.h"

#include "admin/events_api.h"
#include "base/text.h"
#include "event/explain.h"
#include "event/status_codes.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

json::object to_json(const EventInfo& event) { return admin::event_json(event); }
json::object to_json(const StatusMeaning& status) { return admin::status_json(status); }

void run(Context& context, const std::string& what)
{
    const auto events = find_events(what);
    const auto status = find_status(what);
    bool first = true;
    const auto show = [&](const auto& meaning) {
        if (context.json)
            context.out << json::serialize(to_json(meaning)) << '\n';
        else
            context.out << (first ? "" : "\n") << explain(meaning);
        first = false;
    };
    for (const auto* event : events)
        show(*event);
    if (status) show(*status);
    if (!first) return;
    if (const auto code = tracking::parse_code(what)) return explain_rejection(context, *code);
    context.fail(
        "nothing is known of \"" + printable(what, 80) +
        "\"; the number of an event (4086) or a service error (2140), a symbol, a reply or "
        "status code (550, 5.7.1), or the code of a refusal (7K3M9QXB) is expected");
}

}  // namespace

void add_explain(CLI::App& imc, Context& context)
{
    auto what = std::make_shared<std::string>();
    auto* command = common(
        imc.add_subcommand(
            "explain", "what a number means and what to do; who a recipient is, where mail goes"),
        context);
    command->add_option("WHAT", *what,
                        "event, service error, symbol, reply or status code, code of a refusal");
    command->footer("What was refused, returned or logged carries a number; this says what it "
                    "means, how to test each cause, and the command that mends it.\n"
                    "  imc explain 4086\n"
                    "  imc explain 5.7.1\n"
                    "  imc explain rcpt alice@contoso.example\n"
                    "  imc explain route bob@example.net\n"
                    "  imc explain relay --peer 192.0.2.7 --to bob@example.net");
    command->callback([&context, what, command] {
        if (!command->get_subcommands().empty()) return;
        if (what->empty())
            return context.fail("say what, as in: imc explain 4086; imc explain rcpt ADDRESS\nSee: "
                                "imc explain --help",
                                2);
        run(context, *what);
    });
    add_explain_route(*command, context);
}

}  // namespace imc::cli
