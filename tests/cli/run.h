#pragma once
/// @file cli/run.h  One call of `imc`, in this process, under a root of its own.
#include "cli/commands.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace imc::cli {

/// A folder below /tmp that goes with the object; "root" inside does not exist yet.
class Folder {
public:
    Folder()
    {
        char name[] = "/tmp/imc-cli-XXXXXX";
        if (::mkdtemp(name) == nullptr) throw std::runtime_error{"no temporary folder"};
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string root() const { return path_ + "/root"; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct Said {
    int status = 0;
    std::string out, err;
};

/// What `imc WORDS --root ROOT` prints and ends with. @param input  answers; given: on a terminal
inline Said imc(const Folder& folder, std::vector<std::string> words,
                const std::string* input = nullptr)
{
    std::istringstream in{input == nullptr ? std::string{} : *input};
    std::ostringstream out, err;
    Context context{in, out, err};
    context.terminal = input != nullptr;
    CLI::App app{"imc", "imc"};
    app.require_subcommand(1);
    for (const auto add :
         {add_setup, add_explain, add_reg, add_dir, add_queue, add_stat, add_admin})
        add(app, context);
    words.insert(words.end(), {"--root", folder.root()});
    std::reverse(words.begin(), words.end());
    try {
        app.parse(std::move(words));
    } catch (const CLI::ParseError& wrong) {
        return {2, out.str(), wrong.what()};
    }
    return {context.status, out.str(), err.str()};
}

inline Said set_up(const Folder& folder, std::vector<std::string> more = {})
{
    std::vector<std::string> words{
        "setup", "--org",    "Contoso",         "--site",   "Oslo",           "--server",
        "MAIL1", "--domain", "contoso.example", "--listen", "127.0.0.1:2525", "--yes"};
    words.insert(words.end(), more.begin(), more.end());
    return imc(folder, std::move(words));
}

}  // namespace imc::cli
