#include "cli/commands.h"

#include "event/explain.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

json::array steps(std::span<const EventStep> rows)
{
    json::array out;
    for (const auto& row : rows)
        out.push_back(
            json::object{{"text", std::string{row.text}}, {"command", std::string{row.command}}});
    return out;
}

void run(Context& context, const std::string& what)
{
    const auto events = find_events(what);
    for (const auto* event : events)
        if (context.json)
            context.out << json::serialize(
                               json::object{{"id", event->number},
                                            {"symbol", std::string{event->symbol}},
                                            {"type", std::string{to_string(event->type)}},
                                            {"category", std::string{event->category}},
                                            {"template", std::string{event->text}},
                                            {"meaning", std::string{event->meaning}},
                                            {"causes", steps(event->causes)},
                                            {"remedies", steps(event->remedies)},
                                            {"kb", std::string{event->kb}}})
                        << '\n';
        else
            context.out << explain(*event) << (event == events.back() ? "" : "\n");
    if (!events.empty()) return;
    const auto status = explain_status(what);
    if (status.empty())
        context.fail("nothing is known of \"" + what +
                     "\"; an event (4086), a service error (2140), a symbol or a status code "
                     "(5.7.1) is expected");
    context.out << status;
}

}  // namespace

void add_explain(CLI::App& imc, Context& context)
{
    auto what = std::make_shared<std::string>();
    auto* command = common(
        imc.add_subcommand("explain",
                           "what an event, a service error or a status code means, and what to do"),
        context);
    command->add_option("WHAT", *what, "4086, 2140, 5.7.1, IMC_CONFIG_LOAD_FAILED");
    command->callback([&context, what, command] {
        if (!command->get_subcommands().empty()) return;
        if (what->empty()) return context.fail("say what: imc explain 4086", 2);
        run(context, *what);
    });
    add_explain_route(*command, context);
}

}  // namespace imc::cli
