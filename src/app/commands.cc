#include "app/commands.h"

#include "app/check_command.h"
#include "app/serve_command.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/manual/manual.h"

#include <ostream>

namespace imc::app {
namespace {

/// The command the parser was in when it gave up, and its path: "reg add".
std::pair<const CLI::App*, std::string> where_it_stopped(const CLI::App& imc)
{
    const auto* at = &imc;
    std::string path;
    while (!at->get_subcommands().empty()) {
        at = at->get_subcommands().back();
        path += (path.empty() ? "" : " ") + at->get_name();
    }
    return {at, path};
}

/// No verb was given, or one that does not exist: says which there are.
std::string verb_missing(const CLI::App& command)
{
    const auto verbs =
        command.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); });
    const auto words = command.remaining();
    const auto word = words.empty() ? std::string{} : words.front();
    std::string list, near;
    std::size_t least = 3;  // two letters wrong, at most
    for (const auto* verb : verbs) {
        list += (list.empty() ? "" : ", ") + verb->get_name();
        if (const auto distance = edit_distance(word, verb->get_name()); distance < least) {
            least = distance;
            near = verb->get_name();
        }
    }
    if (word.empty()) return "say what to do; one of: " + list;
    return "there is no \"" + printable(word, 60) + "\"; " +
           (near.empty() ? "one of: " + list : "did you mean \"" + near + "\"?");
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
    cli::add_track(imc, context);
    cli::add_rejects(imc, context);
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
        const auto [command, path] = where_it_stopped(imc);
        const bool no_verb = command->get_require_subcommand_min() > 0 &&
                             dynamic_cast<const CLI::RequiredError*>(&wrong) != nullptr;
        context.fail((path.empty() ? "" : path + ": ") +
                         (no_verb ? verb_missing(*command) : wrong.what()) + "\nSee: imc " +
                         (path.empty() ? "" : path + " ") + "--help",
                     2);
        return 2;
    }
    context.out.flush();
    return context.out ? context.status : 1;
}

}  // namespace imc::app
