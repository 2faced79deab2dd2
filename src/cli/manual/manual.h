#pragma once
/// @file cli/manual/manual.h  Man pages and shell completion, from the parser's own definitions.
///
/// What `imc X --help` says and what imc-X(1) says comes from one place, so they cannot differ;
/// imc-registry(5) and imc-events(7) come from the tables that the code itself is generated from.
#include "cli/command.h"

#include <string>
#include <vector>

namespace imc::cli {

struct Page {
    std::string file;  ///< "imc-reg.1", "imc-events.7"
    std::string text;  ///< roff, man(7) macros, UTF-8
};

/// imc(1), and imc-WORD(1) for every command that help shows, its verbs included.
std::vector<Page> command_pages(const CLI::App& imc);

Page registry_page();  ///< imc-registry(5): every value of share/registry
Page events_page();    ///< imc-events(7): every row of share/events
Page service_page();   ///< imc.service(8): what the unit does, and how to change it

/// A completion script for bash: commands, verbs, options, names of values, event numbers.
std::string bash_completion(const CLI::App& imc);

/// The hidden `imc manual --out DIR`: writes man1/, man5/, man7/, man8/ and the completion;
/// with --html the pieces of cli/manual/html.h.
void add_manual(CLI::App& imc, Context& context);

}  // namespace imc::cli
