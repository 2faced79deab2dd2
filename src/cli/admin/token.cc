#include "cli/admin/token.h"

#include "admin/request.h"
#include "base/text.h"
#include "cli/admin/place.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <iomanip>
#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

struct AddWords {
    std::string name, role, domain;
    unsigned days = 90;
};

void add(Context& context, const AddWords& words)
{
    json::object body{{"name", words.name}, {"role", words.role}, {"days", words.days}};
    if (!words.domain.empty()) body["domain"] = words.domain;
    const auto answer = ask_administrator(context, "POST", "/api/v1/tokens", body);
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    const auto made = json::parse(*answer);
    context.out << std::string{made.at("token").as_string()} << "\nShown this once; "
                << std::string{made.at("role").as_string()} << ", until "
                << std::string{made.at("expires").as_string()}
                << ". Used as the header Authorization: Bearer TOKEN.\n";
    context.undo(std::string{made.at("undo").as_string()} + context.paths().option());
}

void list(Context& context)
{
    const auto answer = ask_administrator(context, "GET", "/api/v1/tokens", nullptr);
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
        context.out << std::setw(24) << std::left << std::string{row.at("name").as_string()}
                    << std::setw(16) << std::string{row.at("role").as_string()}
                    << (row.at("expired").as_bool() ? "expired " : "until ")
                    << std::string{row.at("expires").as_string()} << "  made by "
                    << std::string{row.at("by").as_string()} << '\n';
    }
    if (!any) context.out << "There is no token.\n";
}

void remove(Context& context, const std::string& name)
{
    const auto answer =
        ask_administrator(context, "DELETE", "/api/v1/tokens/" + admin::url_encode(name), nullptr);
    if (!answer) return context.fail(answer.error());
    if (context.json)
        context.out << *answer;
    else
        context.out << "The token " << name << " works no more.\n";
}

}  // namespace

void add_admin_token(CLI::App& admin, Context& context)
{
    auto* token =
        common(admin.add_subcommand("token", "tokens for programs that use the REST API"), context);
    token->require_subcommand(1);
    auto words = std::make_shared<AddWords>();
    auto* make = common(token->add_subcommand("add", "make one; it is shown once"), context);
    make->add_option("NAME", words->name, "letters, digits, '.', '_' and '-'")->required();
    make->add_option("--role", words->role, "view, help_desk, operator or administrator")
        ->required()
        ->type_name("ROLE")
        ->check(CLI::IsMember({"view", "help_desk", "operator", "administrator"}));
    make->add_option("--days", words->days, "until it expires, 1 to 3650")
        ->capture_default_str()
        ->type_name("DAYS")
        ->check(CLI::Range(1, 3650));
    make->add_option("--domain", words->domain, "of help_desk: it sees mail of this domain only")
        ->type_name("DOMAIN");
    make->callback([&context, words] { add(context, *words); });
    common(token->add_subcommand("ls", "which there are, and until when"), context)
        ->callback([&context] { list(context); });
    auto name = std::make_shared<std::string>();
    auto* away = common(token->add_subcommand("delete", "take one away, at once"), context);
    away->add_option("NAME", *name, "of the token")->required();
    away->callback([&context, name] { remove(context, *name); });
}

}  // namespace imc::cli
