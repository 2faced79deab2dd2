#include "cli/commands.h"
#include "cli/queue/source.h"
#include "cli/queue/words.h"

#include "admin/decided_words.h"
#include "admin/server.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>

namespace imc::cli {
namespace {

namespace json = boost::json;

using Words = QueueWords;

std::string query(const Words& words)
{
    std::string out;
    auto all = words_of(words);
    if (words.deleted) all.emplace_back("deleted", "only");
    for (const auto& [name, value] : all)
        out += (out.empty() ? "?" : "&") + name + "=" + admin::url_encode(value);
    return out;
}

void show_row(Context& context, const std::string& line)
{
    const auto row = json::parse(line).as_object();
    const auto text = [](const json::value& v) { return std::string{v.as_string()}; };
    context.out << text(row.at("id")) << "  " << text(row.at("arrived_at")) << "  "
                << row.at("octets").to_number<std::uint64_t>() << " octets  from <"
                << text(row.at("sender")) << ">\n";
    for (const auto& r : row.at("recipients").as_array()) {
        context.out << "    to <" << text(r.at("address")) << ">  " << text(r.at("why")) << '\n';
        if (const auto* decided = r.as_object().if_contains("decided"))
            context.out << "        decided: " << text(decided->at("text")) << '\n';
    }
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

/// What stands for those who have none.
std::string name_of_group(const std::string& by, const json::object& row)
{
    const auto* key = row.at("key").if_string();
    if (key == nullptr) {
        const auto& groups = row.at("groups");
        return (groups.is_null() ? std::string{"many"} : json::serialize(groups)) + " more groups";
    }
    if (!key->empty()) return printable(std::string_view{*key}, 200);
    return by == "sender" ? "<> (reports)" : "(not known yet)";
}

void by_group(Context& context, const std::string& by, const std::string& rows)
{
    bool any = false;
    for (const auto line : split(rows, '\n')) {
        if (line.empty()) continue;
        any = true;
        const auto row = json::parse(std::string{line}).as_object();
        const auto number = [&row](const char* key) {
            return std::to_string(row.at(key).to_number<std::uint64_t>());
        };
        const auto count = number("recipients");
        context.out << std::string(count.size() < 9 ? 9 - count.size() : 0, ' ') << count << "  "
                    << name_of_group(by, row) << ": " << number("messages")
                    << (number("messages") == "1" ? " message, " : " messages, ")
                    << number("octets") << " octets";
        if (const auto* oldest = row.at("oldest").if_string())
            context.out << ", oldest " << std::string_view{*oldest};
        if (const auto* reason = row.at("reason").if_string(); reason != nullptr)
            context.out << ", " << std::string_view{*reason};
        context.out << '\n';
    }
    if (!any) context.out << "The queue is empty.\n";
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

/// Page after page, so that neither side holds a million rows. @param each  of the answers, an
/// empty first one among them; false: no more
void pages(Source& source, const std::string& selection,
           const std::function<bool(const Result<std::string>&)>& each)
{
    constexpr std::size_t rows_of_page = 2000;
    const auto first = (selection.empty() ? "?" : selection + "&") + std::string{"limit="} +
                       std::to_string(rows_of_page);
    for (std::string from;;) {
        const auto page = source.get("/api/v1/queue" + first + from);
        const bool last =
            !page || std::ranges::count(*page, '\n') < static_cast<std::ptrdiff_t>(rows_of_page);
        if ((from.empty() || !page || !page->empty()) && !each(page)) return;
        if (last) return;
        const auto row = page->rfind('\n', page->size() - 2) + 1;
        from = "&after=" + std::string{json::parse(page->substr(row)).at("id").as_string()};
    }
}

void ls(Context& context, const Words& words)
{
    Source source{context};
    if (!words.by.empty() && words.by != "reason") {
        const auto rows = source.get("/api/v1/queue-groups?by=" + words.by + "&limit=1000");
        if (!rows) return context.fail(rows.error());
        if (context.json)
            context.out << *rows;
        else
            by_group(context, words.by, *rows);
        return;
    }
    if (words.by == "reason") {
        const auto rows = source.get("/api/v1/queue-reasons");
        if (!rows) return context.fail(rows.error());
        if (context.json)
            context.out << *rows;
        else
            by_reason(context, *rows);
        return;
    }
    const auto selection = query(words);
    pages(source, selection, [&](const Result<std::string>& page) {
        show(context, page, selection.empty());
        return page.has_value();
    });
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
    if (const auto* tried = r.if_contains("tried")) {
        const char* before = "tried:        ";
        for (const auto& one : tried->as_array())
            line(std::exchange(before, "              "),
                 std::string{one.at("host").as_string()} + ": " +
                     std::string{one.at("said").as_string()});
    }
    line("next host:    ", text("next_host"));
    line("given up at:  ", text("expires"));
    if (const auto* decided = r.if_contains("decided")) {
        const char* before = "decided:      ";
        for (const auto& fact : admin::decided_lines(decided->as_object()))
            line(std::exchange(before, "              "), fact);
    }
    if (!r.contains("by")) return;
    line("ordered by:   ", text("by"));
    line("because:      ", text("text"));
    line("held until:   ", text("held_until"));
    line("deleted at:   ", text("deleted"));
    line("rerouted to:  ", text("rerouted"));
}

void tell_why(Context& context, const std::string& line)
{
    const auto row = json::parse(line).as_object();
    context.out << std::string{row.at("id").as_string()} << " from <"
                << std::string{row.at("sender").as_string()} << ">, "
                << std::string{row.at("priority").as_string()} << ", arrived "
                << std::string{row.at("arrived_at").as_string()} << '\n';
    for (const auto& r : row.at("recipients").as_array())
        tell_why(context, r.as_object());
}

/// Everything that is known of all that waits, deleted ones among them.
void dump(Context& context)
{
    Source source{context};
    pages(source, "?deleted=too&all=true", [&](const Result<std::string>& page) {
        if (!page) {
            context.fail(page.error());
            return false;
        }
        if (context.json) {
            context.out << *page;
            return true;
        }
        for (const auto line : split(*page, '\n'))
            if (!line.empty()) tell_why(context, std::string{line});
        return true;
    });
}

void why(Context& context, const Words& words)
{
    Source source{context};
    for (const auto& id : words.ids) {
        const auto answer = source.get("/api/v1/queue/" + admin::url_encode(id));
        if (!answer) return context.fail(answer.error());
        if (context.json) {
            context.out << *answer << (answer->ends_with('\n') ? "" : "\n");
            continue;
        }
        tell_why(context, *answer);
    }
}

void show_one(Context& context, const Words& words)
{
    Source source{context};
    for (const auto& id : words.ids)
        show(context, source.get("/api/v1/queue/" + admin::url_encode(id)), false);
}

}  // namespace

void add_queue(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* queue = common(
        imc.add_subcommand(
            "queue", "what waits, and why: ls, show, why, retry, hold, release, "
                     "reroute, expire, bounce, delete, undelete, export, import, dump, views"),
        context);
    queue->require_subcommand(1);
    auto* list =
        common(queue->add_subcommand("ls", "messages in the queue, oldest first"), context);
    add_selectors(list, words);
    list->add_flag("--deleted", words->deleted, "those that can still be undeleted instead");
    list->add_option("--by", words->by, "count all that waits in groups instead")
        ->type_name("WHAT")
        ->check(CLI::IsMember({"reason", "site", "route", "domain", "sender"}));
    list->callback([&context, words] {
        if (check_selector(context, *words)) ls(context, *words);
    });
    auto* one = common(queue->add_subcommand("show", "messages by queue id"), context);
    one->add_option("ID", words->ids, "queue id, as imc queue ls shows it")->required();
    one->callback([&context, words] { show_one(context, *words); });
    auto* reason =
        common(queue->add_subcommand("why", "why messages are still here, word for word"), context);
    reason->add_option("ID", words->ids, "queue id, as imc queue ls shows it")->required();
    reason->callback([&context, words] { why(context, *words); });
    common(queue->add_subcommand("dump", "all that is known of all that waits, deleted ones too"),
           context)
        ->callback([&context] { dump(context); });
    add_queue_actions(*queue, context, words);
    add_queue_export(*queue, context, words);
    add_queue_import(*queue, context, words);
    queue->footer(
        "Selectors given together must all match. Whatever waits says why. Every change "
        "prints the line that undoes it. While the "
        "service does not run, what only looks (ls, show, why, dump, views, export) reads "
        "its spool.\n"
        "  imc queue ls --domain example.net --older 2h\n"
        "  imc queue ls --by reason\n"
        "  imc queue ls --by domain\n"
        "  imc queue retry --domain example.net\n"
        "  imc queue hold --sender list@example.net --for 2h --text \"ticket 4711\"\n"
        "  imc queue reroute --reply greylisted --to relay.example.net:587\n"
        "  imc queue delete --sender list@example.net --dry-run");
}

}  // namespace imc::cli
