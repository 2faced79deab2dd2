#include "app/help.h"

#include "app/commands.h"
#include "cli/manual/html.h"

#include <sstream>

namespace imc::app {
namespace {

cli::HtmlPieces made_pieces()
{
    std::istringstream in;
    std::ostringstream out, err;
    cli::Context context{in, out, err};
    CLI::App imc{"", "imc"};
    add_commands(imc, context);
    return cli::html_pieces(imc);
}

}  // namespace

std::string help_piece(std::string_view name)
{
    static const auto pieces = made_pieces();
    const auto found = pieces.find(name);
    return found == pieces.end() ? std::string{} : found->second;
}

}  // namespace imc::app
