#include "base/files.h"
#include "cli/manual/html.h"

#include <memory>

namespace imc::cli {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;  ///< by path

Texts man_pages(const CLI::App& imc, const std::string& folder)
{
    auto pages = command_pages(imc);
    pages.push_back(registry_page());
    pages.push_back(events_page());
    pages.push_back(service_page());
    Texts all;
    all.reserve(pages.size() + 1);
    for (auto& page : pages)
        all.emplace_back(folder + "/man" + page.file.back() + "/" + page.file,
                         std::move(page.text));
    all.emplace_back(folder + "/bash-completion/imc", bash_completion(imc));
    return all;
}

Texts html_files(const CLI::App& imc, const std::string& folder)
{
    Texts all;
    for (auto& [name, text] : html_pieces(imc))
        all.emplace_back(folder + "/" + name + ".html", text);
    return all;
}

void write_manual(Context& context, const Texts& all)
{
    auto& files = real_files();
    for (const auto& [path, text] : all) {
        auto written = make_folders(files, path.substr(0, path.rfind('/')), 0755);
        if (written) written = write_file_atomically(files, path, text, 0644);
        if (!written) return context.fail(path + ": " + written.error().message());
    }
}

}  // namespace

void add_manual(CLI::App& imc, Context& context)
{
    auto folder = std::make_shared<std::string>();
    auto html = std::make_shared<bool>(false);
    auto* command =
        common(imc.add_subcommand("manual",
                                  "write the man pages and the shell completion (for packagers)"),
               context);
    command->group("");  // not shown: the build calls it
    command->add_option("--out", *folder, "where to")->type_name("DIR")->required();
    command->add_flag("--html", *html, "the pieces of the HTML that ./dev manual puts together");
    command->callback([&context, &imc, folder, html] {
        write_manual(context, *html ? html_files(imc, *folder) : man_pages(imc, *folder));
    });
}

}  // namespace imc::cli
