#include "app/commands.h"

#include <csignal>
#include <iostream>
#include <unistd.h>

int main(int argc, char** argv)
try {
    using namespace imc;
    std::signal(SIGPIPE, SIG_IGN);
    cli::Context context{std::cin, std::cout, std::cerr};
    context.terminal = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1;
    CLI::App imc{"imc, the Internet Mail Connector: joins an organization to Internet mail, and "
                 "explains itself",
                 "imc"};
    app::add_commands(imc, context);
    return app::run(imc, context, argc, argv);
} catch (const std::exception& e) {
    std::cerr << "imc: a defect, please report it: " << e.what() << '\n';
    return 1;
}
