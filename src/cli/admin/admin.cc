#include "admin/client.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/admin/place.h"
#include "cli/admin/token.h"
#include "cli/commands.h"
#include "cli/password_input.h"
#include "config/load.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstring>
#include <iomanip>
#include <memory>
#include <ostream>
#include <unistd.h>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto patience = 60s;

void link(Context& context)
{
    const auto answer = admin::call(context.paths().admin_socket(), "POST", "/api/v1/admin-links",
                                    nullptr, after(patience));
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    context.out << std::string{json::parse(*answer).at("url").as_string()}
                << "\nIt signs in once, within ten minutes, whoever opens it.\n";
}

struct PasswordWords {
    std::string file;
    bool remove = false;
};

void password(Context& context, const PasswordWords& words)
{
    json::object body;
    if (!words.remove) {
        auto given =
            read_new_password(words.file, context.in, STDIN_FILENO, "the emergency account");
        if (!given) return context.fail(given.error());
        body["password"] = *given;
        explicit_bzero(given->data(), given->size());
    }
    const auto answer =
        ask_administrator(context, words.remove ? "DELETE" : "PUT", "/api/v1/emergency-account",
                          words.remove ? json::value{} : json::value(std::move(body)));
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    if (words.remove)
        context.out << "There is no emergency account any more.\n";
    else
        context.out << "The emergency account has this password; sign in as \"emergency\".\n";
}

/// As imcAdministrator stands in the directory, without a service.
Result<std::string> administrators_here(const Paths& paths)
{
    const auto loaded = config::load(paths, after(patience));
    if (!loaded.config)
        return Error{EventId::service_not_running,
                     "the service does not run, and the configuration is not sound: imc check" +
                         paths.option()};
    std::string out;
    for (const auto& row : loaded.config->admin.administrators)
        out += json::serialize(json::object{{"account", row.account},
                                            {"role", row.role},
                                            {"domain", row.domain},
                                            {"where", "imcAdministrator"}}) +
               "\n";
    if (real_files().status(paths.admin_password()))
        out += json::serialize(json::object{{"account", "emergency"},
                                            {"role", "administrator"},
                                            {"domain", ""},
                                            {"where", "secrets/admin-password"}}) +
               "\n";
    return out;
}

void list(Context& context)
{
    auto answer = admin::call(context.paths().admin_socket(), "GET", "/api/v1/administrators",
                              nullptr, after(patience));
    if (!answer && admin::is_nobody_there(answer.error()))
        answer = administrators_here(context.paths());
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    bool any = false;
    for (const auto line : split(*answer, '\n')) {
        if (line.empty()) continue;
        any = true;
        const auto row = json::parse(line);
        const std::string domain{row.at("domain").as_string()};
        context.out << std::setw(16) << std::left << std::string{row.at("role").as_string()}
                    << std::string{row.at("account").as_string()}
                    << (domain.empty() ? "" : " of " + domain) << "  ("
                    << std::string{row.at("where").as_string()} << ")\n";
    }
    if (!any)
        context.out << "Nobody is named in imcAdministrator; imc admin link signs in without.\n";
}

}  // namespace

void add_admin(CLI::App& imc, Context& context)
{
    auto* admin = common(imc.add_subcommand("admin", "the Administrator's pages: who may sign in, "
                                                     "by which link, password or token"),
                         context);
    admin->require_subcommand(1);
    admin->footer(
        "Who may sign in with an account of the directory is said by imcAdministrator of the "
        "connector or of an object above it, a row each:\n"
        "  administrator ALIAS | operator ALIAS | help_desk ALIAS [@DOMAIN] | view ALIAS\n"
        "  imc dir modify CONNECTOR --add 'imcAdministrator=operator bob'\n"
        "Where the pages are is said by AdminListen of the registry.");
    common(admin->add_subcommand("link", "a link that signs in once, without a password; works "
                                         "while the service is held, too"),
           context)
        ->callback([&context] { link(context); });
    common(admin->add_subcommand("ls", "who may sign in, and as what"), context)
        ->callback([&context] { list(context); });
    auto words = std::make_shared<PasswordWords>();
    auto* set = common(admin->add_subcommand("password", "set the password of the emergency "
                                                         "account, which is outside the directory"),
                       context);
    auto* file = set->add_option("--password-file", words->file,
                                 "file of mode 0600, or '-' for standard input; without it the "
                                 "terminal is asked twice");
    file->type_name("FILE");
    set->add_flag("--delete", words->remove, "there is no such account any more")->excludes(file);
    set->callback([&context, words] { password(context, *words); });
    set->footer("Its name is \"emergency\". What is kept, in secrets/admin-password, is an "
                "argon2id hash. Each use is event 41005.");
    add_admin_token(*admin, context);
}

}  // namespace imc::cli
