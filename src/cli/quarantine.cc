#include "store/quarantine.h"
#include "admin/client.h"
#include "admin/server.h"
#include "admin/set_aside_api.h"
#include "base/text.h"
#include "cli/admin/place.h"
#include "cli/commands.h"
#include "event/record_json.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto patience = 60s;

struct Words {
    std::vector<std::string> ids;
    bool text = false, all = false;
};

std::string folder(const Context& context) { return admin::quarantine_folder(context.paths()); }

void show_row(Context& context, const store::Quarantined& m)
{
    if (context.json) {
        context.out << store::to_json_line(m) << '\n';
        return;
    }
    context.out << m.id << "  " << m.octets << " octets  from <" << printable(m.sender, 100)
                << ">  matched \"" << printable(m.rule, 100) << "\"\n";
    for (const auto& recipient : m.recipients)
        context.out << "    to <" << printable(recipient.address, 254) << ">\n";
}

void ls(Context& context)
{
    const auto all = store::Quarantine{real_files(), folder(context)}.list();
    for (const auto& message : all)
        show_row(context, message);
    if (all.empty() && !context.json) context.out << "The quarantine is empty.\n";
}

void show(Context& context, const Words& words)
{
    const store::Quarantine quarantine{real_files(), folder(context)};
    for (const auto& id : words.ids) {
        const auto found = quarantine.find(id);
        if (!found) return context.fail(found.error());
        if (words.text) {
            const auto text = quarantine.text(id);
            if (!text) return context.fail(text.error());
            context.out << *text;
            continue;
        }
        show_row(context, *found);
        if (context.json) continue;
        context.out << "    kept at  " << to_rfc3339(found->kept_at) << "\n    client   "
                    << found->peer << ", called itself " << printable(found->helo, 255)
                    << (found->account.empty() ? "" : ", account " + printable(found->account))
                    << "\n    matched  " << printable(found->matched, 254) << " (" << found->where
                    << ")\n    text     " << quarantine.path(id) << '\n';
    }
}

void release(Context& context, const Words& words)
{
    for (const auto& id : words.ids) {
        const auto answer = admin::call(context.paths().admin_socket(), "POST",
                                        "/api/v1/quarantine/" + admin::url_encode(id) + "/release",
                                        nullptr, after(patience));
        if (!answer) return context.fail(answer.error());
        if (context.json)
            context.out << *answer << '\n';
        else
            context.out << id << " queued as "
                        << std::string{json::parse(*answer).at("message").as_string()} << '\n';
    }
}

void remove(Context& context, const Words& words)
{
    auto ids = words.ids;
    if (words.all)
        for (const auto& message : store::Quarantine{real_files(), folder(context)}.list())
            ids.push_back(message.id);
    else if (ids.empty())
        return context.fail("say which: ids, or --all for every one", 2);
    for (const auto& id : ids) {
        const auto gone = ask_or_answer_here(
            context, "DELETE", "/api/v1/quarantine/" + admin::url_encode(id),
            [&](admin::Server& server, boost::asio::thread_pool& pool, EventLog&) {
                admin::Desk desk{server, pool, context.paths()};
                admin::add_set_aside_api(desk);
            });
        if (!gone) return context.fail(gone.error());
        if (!context.json) context.out << id << " deleted\n";
    }
}

void rules(Context& context)
{
    const auto answer = admin::call(context.paths().admin_socket(), "GET", "/api/v1/filter",
                                    nullptr, after(patience));
    if (!answer) return context.fail(answer.error());
    if (context.json) {
        context.out << *answer;
        return;
    }
    bool any = false;
    for (const auto line : split(*answer, '\n')) {
        if (line.empty()) continue;
        any = true;
        const auto row = json::parse(line).as_object();
        context.out << row.at("hits").to_number<std::uint64_t>() << "  "
                    << printable(std::string{row.at("row").as_string()}, 400) << '\n';
    }
    if (!any) context.out << "TurfTable is empty.\n";
}

}  // namespace

void add_quarantine(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* quarantine = common(
        imc.add_subcommand("quarantine",
                           "filtered mail that was set aside: ls, show, release, delete, rules"),
        context);
    quarantine->require_subcommand(1);
    auto* list = common(quarantine->add_subcommand("ls", "what is there, oldest first"), context);
    list->callback([&context] { ls(context); });
    auto* one =
        common(quarantine->add_subcommand("show", "who sent it, to whom, why it is here"), context);
    one->add_option("ID", words->ids)->required();
    one->add_flag("--text", words->text, "the message itself, as it came");
    one->callback([&context, words] { show(context, *words); });
    auto* out = common(
        quarantine->add_subcommand("release", "put it into the queue for all its recipients"),
        context);
    out->add_option("ID", words->ids)->required();
    out->callback([&context, words] { release(context, *words); });
    auto* gone =
        changing(quarantine->add_subcommand("delete", "for good; nobody is told"), context);
    gone->add_option("ID", words->ids);
    gone->add_flag("--all", words->all, "every message");
    gone->callback([&context, words] { remove(context, *words); });
    auto* rows = common(
        quarantine->add_subcommand("rules", "rows of TurfTable with their hits since the start"),
        context);
    rows->callback([&context] { rules(context); });
}

}  // namespace imc::cli
