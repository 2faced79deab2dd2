#include "cli/command.h"

#include <ostream>

namespace imc::cli {

void Context::fail(const Error& error, int exit_status)
{
    const auto number = static_cast<unsigned>(error.event());
    fail(error.to_string() + "\nRead more: imc explain " + std::to_string(number), exit_status);
}

void Context::fail(const std::string& line, int exit_status)
{
    out.flush();
    err << "imc: " << line << '\n';
    status = exit_status;
}

CLI::App* common(CLI::App* command, Context& context)
{
    command
        ->add_option("--root", context.root,
                     "keep all files under DIR instead of /etc/imc, /var/lib/imc, ...")
        ->type_name("DIR")
        ->envname("IMC_ROOT");
    command->add_flag("--json", context.json, "print JSON (lists as JSON Lines, oldest first)");
    return command;
}

}  // namespace imc::cli
