#include "base/text.h"
#include "cli/manual/manual.h"
#include "cli/manual/roff.h"

namespace imc::cli {
namespace {

std::vector<const CLI::App*> shown_commands(const CLI::App& of)
{
    return of.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); });
}

bool is_common(const CLI::Option& option)
{
    const auto name = option.get_name(false, true);
    return name == "--root" || name == "--json" || name == "-h,--help";
}

std::string value_of(const CLI::Option& option)
{
    if (option.get_items_expected_max() == 0) return {};
    const auto type = option.get_type_name();
    return type.empty() ? "VALUE" : type;
}

bool repeats(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

std::string positional(const CLI::Option& option)
{
    const auto name = roff::italic(option.get_name(true)) + (repeats(option) ? " ..." : "");
    return option.get_required() ? name : "[" + name + "]";
}

/// "imc queue ls [options] [ID ...]"
std::string synopsis(const std::string& path, const CLI::App& command)
{
    std::string out = ".br\n" + roff::bold(path);
    for (const auto* option : command.get_options())
        if (!option->get_positional() && option->get_required())
            out += " " + roff::bold(option->get_name(false, true)) + " " +
                   roff::italic(value_of(*option));
    bool optional = false;
    for (const auto* option : command.get_options())
        optional = optional ||
                   (!option->get_positional() && !option->get_required() && !is_common(*option));
    if (optional) out += " [" + roff::italic("options") + "]";
    for (const auto* option : command.get_options())
        if (option->get_positional()) out += " " + positional(*option);
    return out + "\n";
}

std::string option_item(const CLI::Option& option)
{
    std::string head;
    if (option.get_positional()) {
        head = roff::italic(option.get_name(true));
    } else {
        const std::string names = option.get_name(false, true);
        for (const auto name : split(names, ','))
            head += (head.empty() ? "" : ", ") + roff::bold(name);
        if (const auto value = value_of(option); !value.empty()) head += " " + roff::italic(value);
    }
    auto text = option.get_description();
    if (const auto preset = option.get_default_str(); !preset.empty())
        text += " (default: " + preset + ")";
    if (const auto variable = option.get_envname(); !variable.empty())
        text += " (environment: " + variable + ")";
    if (option.get_required()) text += text.empty() ? "needed" : "; needed";
    return roff::item(head, text);
}

std::string options(const CLI::App& command)
{
    std::string out;
    for (const auto* option : command.get_options())
        if (option->get_positional()) out += option_item(*option);
    for (const auto* option : command.get_options())
        if (!option->get_positional() && !is_common(*option)) out += option_item(*option);
    return out;
}

/// A footer's lines: those that begin with a space are shown as they are.
std::string footer(const CLI::App& command)
{
    std::string out, block;
    const auto end_block = [&] {
        if (!block.empty()) out += roff::example(block.substr(0, block.size() - 1));
        block.clear();
    };
    const std::string text = command.get_footer();
    for (const auto line : split(text, '\n')) {
        if (line.starts_with(' ')) {
            block += std::string{trim(line)} + "\n";
            continue;
        }
        end_block();
        out += roff::paragraph(line);
    }
    end_block();
    return out;
}

void synopses(std::string& out, const std::string& path, const CLI::App& command)
{
    const auto below = shown_commands(command);
    if (below.empty() || command.get_require_subcommand_min() == 0) out += synopsis(path, command);
    for (const auto* verb : below)
        synopses(out, path + " " + verb->get_name(), *verb);
}

void verbs(std::string& out, const std::string& path, const CLI::App& command)
{
    for (const auto* verb : shown_commands(command)) {
        const auto name = path + " " + verb->get_name();
        out += roff::subsection(name) + roff::paragraph(verb->get_description()) + options(*verb) +
               footer(*verb);
        verbs(out, name, *verb);
    }
}

std::string common_options()
{
    return roff::item(roff::bold("--root") + " " + roff::italic("DIR"),
                      "keep all files under DIR instead of /etc/imc, /var/lib/imc, /var/log/imc "
                      "and /run/imc (environment: IMC_ROOT)") +
           roff::item(roff::bold("--json"), "print JSON; lists as JSON Lines, oldest first") +
           roff::item(roff::bold("-h") + ", " + roff::bold("--help"),
                      "say what the command does, and end");
}

/// A command that has statuses of its own names them in its footer.
std::string exit_status(const CLI::App& command)
{
    if (command.get_name() == "sendmail") return {};
    return roff::section("EXIT STATUS") + roff::item(roff::bold("0"), "done") +
           roff::item(roff::bold("1"), "failed; standard error says what, in one line first") +
           roff::item(roff::bold("2"), "wrong usage") +
           roff::item(roff::bold("3"), "refused because a check failed");
}

std::string files()
{
    const auto row = [](const char* path, const char* what) {
        return roff::item(roff::italic(path), what);
    };
    return roff::section("FILES") +
           row("/etc/imc/registry.reg", "the registry of this host, see imc-registry(5)") +
           row("/etc/imc/secrets/, /etc/imc/tls/", "passwords and keys, mode 0600") +
           row("/var/lib/imc/directory.db", "the embedded directory") +
           row("/var/lib/imc/spool/", "what was accepted and is not delivered yet") +
           row("/var/lib/imc/mail/", "Maildirs") +
           row("/var/lib/imc/backup/", "a copy of what was there before each change") +
           row("/var/log/imc/events.jsonl", "the event log, see imc-events(7)") +
           row("/run/imc/admin.sock", "the running service's control socket") +
           roff::paragraph("With --root DIR, or IMC_ROOT set, all of them stand under DIR.");
}

std::string see_also(const std::vector<const CLI::App*>& commands, const std::string& except)
{
    std::string out;
    for (const auto* command : commands)
        if (command->get_name() != except)
            out += (out.empty() ? "" : ", ") + roff::bold("imc-" + command->get_name()) + "(1)";
    for (const auto& [page, where] :
         {std::pair{"imc-registry", "(5)"}, {"imc-events", "(7)"}, {"imc.service", "(8)"}})
        out += ", " + roff::bold(page) + where;
    return roff::section("SEE ALSO") + ".PP\n" + out + "\n";
}

Page overview(const CLI::App& imc)
{
    Page page{"imc.1", roff::title("imc", '1')};
    auto& out = page.text;
    out += roff::section("NAME") + roff::plain("imc - the Internet Mail Connector") + "\n";
    out += roff::section("SYNOPSIS") + roff::bold("imc") + " " + roff::italic("COMMAND") + " [" +
           roff::italic("options") + "]\n.br\n" + roff::bold("imc --version") + "\n";
    out += roff::section("DESCRIPTION") +
           roff::paragraph(
               "imc joins an organization to Internet mail. The organization's identity, people "
               "and mail policy live in a directory; what belongs to one host lives in that host's "
               "registry; a connector object in the directory says how this connector works. The "
               "service reads both, proves that they agree, and only then moves mail. When "
               "anything is wrong it says what it found, where, what it expected, why, and the "
               "command that mends it.");
    out += roff::section("COMMANDS");
    for (const auto* command : shown_commands(imc))
        out += roff::item(roff::bold("imc " + command->get_name()), command->get_description());
    out += roff::section("OPTIONS") + common_options() + exit_status(imc) + files();
    out += roff::section("EXAMPLES") + footer(imc);
    out += see_also(shown_commands(imc), "");
    return page;
}

Page command_page(const CLI::App& imc, const CLI::App& command)
{
    const auto name = "imc-" + command.get_name();
    const auto path = "imc " + command.get_name();
    Page page{name + ".1", roff::title(name, '1')};
    auto& out = page.text;
    out += roff::section("NAME") + roff::plain(name + " - " + command.get_description()) + "\n";
    out += roff::section("SYNOPSIS");
    synopses(out, path, command);
    out += roff::section("DESCRIPTION") + roff::paragraph(command.get_description() + ".");
    out += footer(command);
    if (!shown_commands(command).empty()) {
        out += roff::section("VERBS");
        verbs(out, path, command);
    }
    out += roff::section("OPTIONS") + options(command) + common_options();
    out += exit_status(command) + see_also(shown_commands(imc), command.get_name());
    return page;
}

}  // namespace

std::vector<Page> command_pages(const CLI::App& imc)
{
    std::vector<Page> out{overview(imc)};
    for (const auto* command : shown_commands(imc))
        out.push_back(command_page(imc, *command));
    return out;
}

}  // namespace imc::cli
