#include "cli/commands.h"

#include "admin/client.h"
#include "admin/server.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto patience = 60s;

struct Words {
    std::vector<std::string> ids;
    std::string sender, recipient, domain, reason, by;
    bool all = false, dry_run = false;
};

std::string query(const Words& words)
{
    std::string out;
    for (const auto& [name, value] :
         {std::pair<const char*, const std::string&>{"sender", words.sender},
          {"recipient", words.recipient},
          {"domain", words.domain},
          {"reason", words.reason}})
        if (!value.empty())
            out += (out.empty() ? "?" : "&") + std::string{name} + "=" + admin::url_encode(value);
    return out;
}

json::value body(const Words& words)
{
    return json::object{{"ids", json::array(words.ids.begin(), words.ids.end())},
                        {"sender", words.sender},
                        {"recipient", words.recipient},
                        {"domain", words.domain},
                        {"reason", words.reason},
                        {"all", words.all}};
}

void show_row(Context& context, const std::string& line)
{
    const auto row = json::parse(line).as_object();
    const auto text = [](const json::value& v) { return std::string{v.as_string()}; };
    context.out << text(row.at("id")) << "  " << text(row.at("arrived_at")) << "  "
                << row.at("octets").to_number<std::uint64_t>() << " octets  from <"
                << text(row.at("sender")) << ">\n";
    for (const auto& r : row.at("recipients").as_array())
        context.out << "    to <" << text(r.at("address")) << ">  " << text(r.at("why")) << '\n';
}

void show(Context& context, const Result<std::string>& answer, bool all)
{
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    bool any = false;
    for (const auto line : split(*answer, '\n')) {
        if (line.empty()) continue;
        any = true;
        show_row(context, std::string{line});
    }
    if (!any) context.out << (all ? "The queue is empty.\n" : "Nothing in the queue matches.\n");
}

void by_reason(Context& context, const std::string& rows)
{
    bool any = false;
    for (const auto line : split(rows, '\n')) {
        if (line.empty()) continue;
        any = true;
        const auto row = json::parse(std::string{line}).as_object();
        const auto text = [&](const char* key) { return std::string{row.at(key).as_string()}; };
        const auto count = std::to_string(row.at("recipients").to_number<std::uint64_t>());
        context.out << std::string(count.size() < 9 ? 9 - count.size() : 0, ' ') << count << "  "
                    << text("reason") << ": " << text("explained") << "\n           oldest "
                    << text("oldest") << ", as in: imc queue why " << text("sample") << '\n';
    }
    if (!any) context.out << "The queue is empty.\n";
}

/// Page after page, so that neither side holds a million rows.
void ls(Context& context, const Words& words)
{
    if (words.by == "reason") {
        const auto rows = admin::call(context.paths().admin_socket(), "GET",
                                      "/api/v1/queue-reasons", nullptr, after(patience));
        if (!rows) return context.fail(rows.error());
        if (context.json)
            context.out << *rows;
        else
            by_reason(context, *rows);
        return;
    }
    constexpr std::size_t rows_of_page = 2000;
    const auto selection = query(words);
    const auto first = (selection.empty() ? "?" : selection + "&") + std::string{"limit="} +
                       std::to_string(rows_of_page);
    for (std::string from;;) {
        const auto page = admin::call(context.paths().admin_socket(), "GET",
                                      "/api/v1/queue" + first + from, nullptr, after(patience));
        const bool last =
            !page || std::ranges::count(*page, '\n') < static_cast<std::ptrdiff_t>(rows_of_page);
        if (from.empty() || !page || !page->empty()) show(context, page, selection.empty());
        if (last) return;
        const auto row = page->rfind('\n', page->size() - 2) + 1;
        from = "&after=" + std::string{json::parse(page->substr(row)).at("id").as_string()};
    }
}

/// What a tired administrator wants to know of one recipient.
void tell_why(Context& context, const json::object& r)
{
    const auto text = [&](const char* key) {
        const auto& value = r.at(key);
        return value.is_string() ? std::string{value.as_string()} : std::string{};
    };
    const auto line = [&](const char* what, const std::string& value) {
        if (!value.empty()) context.out << "      " << what << value << '\n';
    };
    context.out << "  <" << text("address") << ">\n    It " << text("explained") << ".\n";
    line("reason:       ", text("reason") + ", since " + text("since"));
    line("next attempt: ", text("until"));
    const auto attempts = r.at("attempts").to_number<std::uint64_t>();
    line("attempts:     ", std::to_string(attempts));
    line("last reply:   ",
         text("last_status") + (text("last_reply").empty() ? "" : " ") + text("last_reply"));
    line("  of host:    ", text("last_host"));
    line("site said:    ", text("site_reply"));
    line("route:        ", text("route"));
    std::string hosts;
    for (const auto& host : r.at("hosts").as_array())
        hosts += (hosts.empty() ? "" : ", ") + std::string{host.as_string()};
    line("hosts:        ", hosts);
    line("next host:    ", text("next_host"));
    line("given up at:  ", text("expires"));
}

void why(Context& context, const Words& words)
{
    for (const auto& id : words.ids) {
        const auto answer =
            admin::call(context.paths().admin_socket(), "GET",
                        "/api/v1/queue/" + admin::url_encode(id), nullptr, after(patience));
        if (!answer) return context.fail(answer.error());
        if (context.json) {
            context.out << *answer << (answer->ends_with('\n') ? "" : "\n");
            continue;
        }
        const auto row = json::parse(*answer).as_object();
        context.out << std::string{row.at("id").as_string()} << " from <"
                    << std::string{row.at("sender").as_string()} << ">, "
                    << std::string{row.at("priority").as_string()} << ", arrived "
                    << std::string{row.at("arrived_at").as_string()} << '\n';
        for (const auto& r : row.at("recipients").as_array())
            tell_why(context, r.as_object());
    }
}

void show_one(Context& context, const Words& words)
{
    for (const auto& id : words.ids)
        show(context,
             admin::call(context.paths().admin_socket(), "GET",
                         "/api/v1/queue/" + admin::url_encode(id), nullptr, after(patience)),
             false);
}

void act(Context& context, const Words& words, const char* verb, const char* done)
{
    if (words.ids.empty() && query(words).empty() && !words.all)
        return context.fail(std::string{"say which: queue ids, --sender, --recipient, --domain, or "
                                        "--all for the whole queue\nSee: imc queue "} +
                                verb + " --help",
                            2);
    if (words.dry_run) return words.ids.empty() ? ls(context, words) : show_one(context, words);
    const auto answer =
        admin::call(context.paths().admin_socket(), "POST", std::string{"/api/v1/queue/"} + verb,
                    body(words), after(patience));
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    const auto count = json::parse(*answer).at("recipients").to_number<std::uint64_t>();
    if (count == 0 && !words.all)
        return context.fail("nothing in the queue matches; imc queue ls" +
                            context.paths().option() + " shows what is there");
    context.out << count << (count == 1 ? " recipient " : " recipients ") << done << '\n';
}

void selectors(CLI::App* command, Words& words)
{
    command->add_option("--sender", words.sender, "envelope sender")->type_name("ADDRESS");
    command->add_option("--recipient", words.recipient, "recipient's address")
        ->type_name("ADDRESS");
    command->add_option("--domain", words.domain, "recipient's domain")->type_name("DOMAIN");
    command->add_option("--reason", words.reason, "why it waits, as imc queue ls --by reason says")
        ->type_name("REASON");
}

}  // namespace

void add_queue(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* queue = common(
        imc.add_subcommand("queue", "what waits, and why: ls, show, why, retry, delete"), context);
    queue->require_subcommand(1);
    auto* list =
        common(queue->add_subcommand("ls", "messages in the queue, oldest first"), context);
    selectors(list, *words);
    list->add_option("--by", words->by, "count by reason instead")
        ->type_name("reason")
        ->check(CLI::IsMember({"reason"}));
    list->callback([&context, words] { ls(context, *words); });
    auto* one = common(queue->add_subcommand("show", "messages by queue id"), context);
    one->add_option("ID", words->ids, "queue id, as imc queue ls shows it")->required();
    one->callback([&context, words] { show_one(context, *words); });
    auto* reason =
        common(queue->add_subcommand("why", "why messages are still here, word for word"), context);
    reason->add_option("ID", words->ids, "queue id, as imc queue ls shows it")->required();
    reason->callback([&context, words] { why(context, *words); });
    queue->footer("Selectors given together must all match. Whatever waits says why.\n"
                  "  imc queue ls --domain example.net\n"
                  "  imc queue ls --by reason\n"
                  "  imc queue retry --domain example.net\n"
                  "  imc queue delete --sender list@example.net --dry-run");
    for (const auto& [verb, help, done] :
         {std::tuple{"retry", "try now instead of later", "are tried now"},
          std::tuple{"delete", "remove without a report", "deleted"}}) {
        auto* command = common(queue->add_subcommand(verb, help), context);
        command->add_option("ID", words->ids, "queue id, as imc queue ls shows it");
        selectors(command, *words);
        command->add_flag("--all", words->all, "the whole queue");
        command->add_flag("--dry-run", words->dry_run, "only show what would be taken");
        command->callback([&context, words, verb, done] { act(context, *words, verb, done); });
    }
}

}  // namespace imc::cli
