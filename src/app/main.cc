#include "app/check_command.h"
#include "app/serve_command.h"
#include "cli/commands.h"

#include <csignal>
#include <iostream>
#include <unistd.h>

/// Wires the sub-commands together; each lives in a file of its own.
int main(int argc, char** argv)
try {
    using namespace imc;
    std::signal(SIGPIPE, SIG_IGN);
    cli::Context context{std::cin, std::cout, std::cerr};
    context.terminal = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1;
    CLI::App imc{"imc, the Internet Mail Connector: joins an organization to Internet mail, and "
                 "explains itself",
                 "imc"};
    imc.set_version_flag("--version", IMC_VERSION);
    imc.require_subcommand(1);
    imc.get_formatter()->column_width(34);
    cli::add_setup(imc, context);
    app::add_serve(imc, context);
    cli::add_service(imc, context);
    app::add_check(imc, context);
    cli::add_explain(imc, context);
    cli::add_reg(imc, context);
    cli::add_dir(imc, context);
    cli::add_queue(imc, context);
    cli::add_events(imc, context);
    cli::add_stat(imc, context);
    imc.footer("Every command has --help, --json and --root. Start with: imc setup, imc check, imc "
               "serve.");
    try {
        imc.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const bool asked = e.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
        imc.exit(e, std::cout, std::cerr);
        return asked ? 0 : 2;
    }
    std::cout.flush();
    return std::cout ? context.status : 1;
} catch (const std::exception& e) {
    std::cerr << "imc: a defect, please report it: " << e.what() << '\n';
    return 1;
}
