#include "app/commands.h"

#include "app/check_command.h"
#include "app/serve_command.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/manual/manual.h"
#include "cli/sendmail/sendmail.h"
#include "event/change_note.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <sysexits.h>

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
    cli::add_config(imc, context, config_judge(context));
    cli::add_queue(imc, context);
    cli::add_link(imc, context);
    cli::add_admin(imc, context);
    cli::add_quarantine(imc, context);
    cli::add_badmail(imc, context);
    cli::add_archive(imc, context);
    cli::add_events(imc, context);
    cli::add_track(imc, context);
    cli::add_rejects(imc, context);
    cli::add_stat(imc, context);
    cli::add_top(imc, context);
    cli::add_sendmail(imc, context);
    cli::add_test(imc, context);
    cli::add_manual(imc, context);
    imc.footer("Every command has --help, --json and --root. From nothing to a running connector:\n"
               "  imc setup --org Contoso --site Oslo --domain contoso.example\n"
               "  imc check\n"
               "  imc service start");
}

namespace {

/// @param parse  gives the words to the parser
template <class Parse>
int run_parsed(CLI::App& imc, cli::Context& context, Parse parse)
{
    try {
        parse();
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

/// sendmail(1) has options and exit statuses of its own.
int run_as_sendmail(CLI::App& imc, cli::Context& context, std::span<const std::string> words)
try {
    if (const char* root = std::getenv("IMC_ROOT"); root != nullptr) context.root = root;
    auto instead = cli::run_sendmail(context, words, cli::this_process());
    if (instead.empty()) {
        context.out.flush();
        return context.out ? context.status : EX_IOERR;
    }
    std::ranges::reverse(instead);
    const int status = run_parsed(imc, context, [&] { imc.parse(std::move(instead)); });
    return status == 0 ? EX_OK : status == 2 ? EX_USAGE : EX_UNAVAILABLE;
} catch (const std::exception& e) {
    context.err << "imc: sendmail: a defect, please report it: " << e.what() << '\n';
    return EX_SOFTWARE;
}

}  // namespace

int run(CLI::App& imc, cli::Context& context, int argc, const char* const* argv)
{
    // Before a command goes on as the service's user.
    (void)this_user();
    if (const auto words = cli::sendmail_words(std::span{argv, static_cast<std::size_t>(argc)}))
        return run_as_sendmail(imc, context, *words);
    return run_parsed(imc, context, [&] { imc.parse(argc, argv); });
}

}  // namespace imc::app
