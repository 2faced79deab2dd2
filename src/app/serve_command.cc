#include "app/serve_command.h"

#include "app/service/service.h"

#include <memory>

namespace imc::app {

void add_serve(CLI::App& imc, cli::Context& context)
{
    auto options = std::make_shared<ServeOptions>();
    auto* command = cli::common(
        imc.add_subcommand("serve", "run the service in this terminal (systemd runs it, too)"),
        context);
    command->add_flag(
        "--hold", options->hold,
        "when the check fails: greet clients with 421, watch, and start by itself when it passes");
    command->add_flag("--console", options->console,
                      "show steps, events and live statistics in the terminal");
    command->footer(
        "SIGTERM stops within 30 seconds, SIGQUIT when all in flight is done; a second one "
        "hurries.\n"
        "SIGHUP tests and takes the configuration now.\n"
        "Work in the background that does not end within 10 seconds after that is left (event "
        "41070).\n"
        "Exit status: 0 stopped, 3 refused by a check (Error 2140), 1 could not start, 75 stopped "
        "without\n"
        "waiting for work that did not end.");
    command->callback([&context, options] {
        options->terminal = context.terminal;
        context.status = serve(context.paths(), *options, context.out, context.err);
    });
}

}  // namespace imc::app
