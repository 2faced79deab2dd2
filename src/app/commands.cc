#include "app/commands.h"

#include "app/check_command.h"
#include "app/serve_command.h"
#include "cli/commands.h"
#include "cli/manual/manual.h"

#include <ostream>

namespace imc::app {
namespace {

/// "imc reg add": the command the parser was in when it gave up.
std::string command_path(const CLI::App& imc)
{
    std::string out = "imc";
    for (const auto* at = &imc; !at->get_subcommands().empty();) {
        at = at->get_subcommands().back();
        out += " " + at->get_name();
    }
    return out;
}

}  // namespace

void add_commands(CLI::App& imc, cli::Context& context)
{
    imc.set_version_flag("--version", "imc " IMC_VERSION);
    imc.require_subcommand(1);
    imc.get_formatter()->column_width(34);
    cli::add_setup(imc, context);
    add_serve(imc, context);
    cli::add_service(imc, context);
    add_check(imc, context);
    cli::add_explain(imc, context);
    cli::add_reg(imc, context);
    cli::add_dir(imc, context);
    cli::add_queue(imc, context);
    cli::add_quarantine(imc, context);
    cli::add_events(imc, context);
    cli::add_stat(imc, context);
    cli::add_manual(imc, context);
    imc.footer("Every command has --help, --json and --root. From nothing to a running connector:\n"
               "  imc setup --org Contoso --site Oslo --domain contoso.example\n"
               "  imc check\n"
               "  imc service start");
}

int run(CLI::App& imc, cli::Context& context, int argc, const char* const* argv)
{
    try {
        imc.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // --help, --version
        imc.exit(asked, context.out, context.err);
        context.out.flush();
        return 0;
    } catch (const CLI::ParseError& wrong) {
        const auto path = command_path(imc);
        context.fail(std::string{wrong.what()} + "\nSee: " + path + " --help", 2);
        return 2;
    }
    context.out.flush();
    return context.out ? context.status : 1;
}

}  // namespace imc::app
