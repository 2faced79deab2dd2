#include "cli/commands.h"

#include "admin/client.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto patience = 60s;
constexpr auto patience_with_hooks = 2h;  ///< each has its own time limit

std::string text_of(const json::object& object, const char* key)
{
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : "";
}

void show(Context& context, const Result<std::string>& answer)
{
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer << (answer->ends_with('\n') ? "" : "\n");
        return;
    }
    const auto state = json::parse(*answer).as_object();
    const auto line = [&](const char* what, const std::string& value) {
        if (!value.empty()) context.out << what << value << '\n';
    };
    context.out << "The link to other hosts is " << text_of(state, "state") << ": "
                << text_of(state, "why") << '\n';
    line("since:       ", text_of(state, "since"));
    std::string rows;
    for (const auto& row : state.at("schedule").as_array())
        rows += (rows.empty() ? "" : "; ") + std::string{row.as_string()};
    line("imcSchedule: ", rows.empty() ? "always" : rows);
    line("opens at:    ", text_of(state, "opens_at"));
    line("opens:       ", text_of(state, "opens_when"));
    line("waiting:     ",
         std::to_string(state.at("waiting").to_number<std::uint64_t>()) + " recipients");
    line("failure:     ", text_of(state, "failure"));
}

/// The state that was asked for, or why it is another one.
void moved(Context& context, const Result<std::string>& answer, const char* wanted)
{
    show(context, answer);
    if (!answer) return;
    const auto state = json::parse(*answer).as_object();
    if (text_of(state, "state") == wanted) return;
    context.fail("the link is " + text_of(state, "state") + ": " + text_of(state, "why") +
                 "; imc events" + context.paths().option() + " --id 40662 --last 1");
}

void etrn(Context& context, bool dry_run)
{
    const auto answer =
        admin::call(context.paths().admin_socket(), "POST", "/api/v1/link/etrn",
                    json::object{{"dry_run", dry_run}}, after(dry_run ? patience : 30min));
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    bool any = false;
    for (const auto line : split(*answer, '\n')) {
        if (line.empty()) continue;
        any = true;
        const auto row = json::parse(std::string{line}).as_object();
        context.out << text_of(row, "host") << "  ETRN " << text_of(row, "node");
        if (!dry_run)
            context.out << "  " << text_of(row, "outcome") << "  " << text_of(row, "reply");
        context.out << '\n';
    }
    if (!any) context.out << "Nobody is asked: the connector has no value of imcEtrn.\n";
}

}  // namespace

void add_link(CLI::App& imc, Context& context)
{
    auto* link = common(imc.add_subcommand("link", "the link to other hosts, when it is not always "
                                                   "up: status, open, close, etrn"),
                        context);
    link->require_subcommand(1);
    link->footer("When it is open is said by imcSchedule of the connector object, a row each; any "
                 "row opens it:\n"
                 "  always | Mon-Fri 08:00-18:00 [UTC] | queued 15 | on-demand\n"
                 "What an administrator opened or closed is forgotten when the service restarts.\n"
                 "  imc dir modify CONNECTOR --replace 'imcSchedule=daily 01:00-02:00'\n"
                 "  imc link open --for 30");
    auto* status =
        common(link->add_subcommand("status", "whether it is open, why, and when next"), context);
    status->callback([&context] {
        show(context, admin::call(context.paths().admin_socket(), "GET", "/api/v1/link", nullptr,
                                  after(patience)));
    });
    auto length = std::make_shared<unsigned>(0);
    auto* open = common(
        link->add_subcommand("open", "open it now: until nothing waits, or for some minutes"),
        context);
    open->add_option("--for", *length, "how long, 1 to 10080")
        ->type_name("MINUTES")
        ->check(CLI::Range(1, 10080));
    open->callback([&context, length] {
        json::object body;
        if (*length > 0) body["minutes"] = *length;
        moved(context,
              admin::call(context.paths().admin_socket(), "POST", "/api/v1/link/open", body,
                          after(patience_with_hooks)),
              "open");
    });
    auto* close = common(
        link->add_subcommand("close", "close it now; in a window, until that ends"), context);
    close->callback([&context] {
        moved(context,
              admin::call(context.paths().admin_socket(), "POST", "/api/v1/link/close", nullptr,
                          after(patience_with_hooks)),
              "closed");
    });
    auto dry_run = std::make_shared<bool>(false);
    auto* ask =
        common(link->add_subcommand("etrn", "ask the hosts of imcEtrn for our mail now (RFC 1985)"),
               context);
    ask->add_flag("--dry-run", *dry_run, "only show whom, and for what");
    ask->callback([&context, dry_run] { etrn(context, *dry_run); });
}

}  // namespace imc::cli
