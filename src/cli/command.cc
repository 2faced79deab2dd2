#include "cli/command.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>

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

void Context::undo(const std::string& command)
{
    if (json)
        out << boost::json::serialize(boost::json::object{{"undo", command}}) << '\n';
    else
        out << "Undo: " << command << '\n';
}

bool Context::may(const std::string& what, const std::string& option)
{
    if (!terminal) {
        fail(what + "; give " + option + " to do so without being asked", 2);
        return false;
    }
    out << what << ". Go on? [y/N] " << std::flush;
    std::string answer;
    std::getline(in, answer);
    if (answer == "y" || answer == "Y" || answer == "yes") return true;
    fail("nothing was done");
    return false;
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

CLI::App* changing(CLI::App* command, Context& context)
{
    common(command, context)
        ->add_flag("--direct", context.direct,
                   "past a service that runs, for when it hangs: the change is made here, and the "
                   "service takes it when it sees it");
    return command;
}

}  // namespace imc::cli
