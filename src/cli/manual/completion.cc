#include "base/text.h"
#include "cli/manual/manual.h"
#include "event/catalogue.h"
#include "registry/values.h"

#include <set>

namespace imc::cli {
namespace {

/// One command of the tree: its path, and the words that may follow.
void walk(const CLI::App& command, const std::string& path, std::string& paths, std::string& words,
          std::set<std::string>& with_value, std::set<std::string>& files,
          std::set<std::string>& folders)
{
    std::string next;
    const auto below =
        command.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); });
    for (const auto* verb : below)
        next += verb->get_name() + " ";
    for (const auto* option : command.get_options()) {
        if (option->get_positional()) continue;
        const std::string names = option->get_name(false, true);
        for (const auto name : split(names, ',')) {
            next += std::string{name} + " ";
            if (option->get_items_expected_max() == 0) continue;
            // A letter means something else elsewhere.
            const auto pattern = name.starts_with("--")
                                     ? "*' " + std::string{name} + "'"
                                     : "'" + path + " " + std::string{name} + "'";
            with_value.emplace(pattern);
            if (option->get_type_name() == "FILE") files.emplace(pattern);
            if (option->get_type_name() == "DIR") folders.emplace(pattern);
        }
    }
    if (path == "imc reg describe")
        for (const auto& value : registry::value_table())
            next += std::string{value.name} + " ";
    if (path == "imc explain")
        for (const auto& event : event_catalogue())
            if (event.kind == EventKind::event) next += std::to_string(event.number) + " ";
    words += "    '" + path + "') words='" + std::string{trim(next)} + "' ;;\n";
    for (const auto* verb : below) {
        const auto name = path + " " + verb->get_name();
        paths += (paths.empty() ? "'" : " | '") + name + "'";
        walk(*verb, name, paths, words, with_value, files, folders);
    }
}

std::string either(const std::set<std::string>& words)
{
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : " | ") + word;
    return out.empty() ? "--" : out;
}

}  // namespace

std::string bash_completion(const CLI::App& imc)
{
    std::string paths, words, names;
    std::set<std::string> with_value, files, folders;
    walk(imc, "imc", paths, words, with_value, files, folders);
    for (const auto& value : registry::value_table())
        names += std::string{value.name} + " ";
    return "# Completion of imc(1) for bash. Made by `imc manual` from the parser's definitions.\n"
           "_imc() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    local path=imc words= i\n"
           "    COMPREPLY=()\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        case \"$path ${COMP_WORDS[i]}\" in\n"
           "        " +
           paths +
           ") path=\"$path ${COMP_WORDS[i]}\" ;;\n"
           "        esac\n"
           "    done\n"
           "    case \"$path $previous\" in\n"
           "    " +
           either(folders) +
           ") COMPREPLY=($(compgen -d -- \"$current\")) && return ;;\n"
           "    'imc reg '*' -v') words='" +
           std::string{trim(names)} +
           "' ;;\n"
           "    'imc reg '*' -t') words='SZ EXPAND_SZ DWORD QWORD MULTI_SZ BINARY' ;;\n"
           "    " +
           either(files) +
           ") COMPREPLY=($(compgen -f -- \"$current\")) && return ;;\n"
           "    " +
           either(with_value) +
           ") return ;;\n"
           "    esac\n"
           "    [ -n \"$words\" ] || case \"$path\" in\n" +
           words +
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "}\n"
           "complete -o default -F _imc imc\n";
}

}  // namespace imc::cli
