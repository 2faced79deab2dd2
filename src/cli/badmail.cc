#include "spool/badmail.h"
#include "admin/client.h"
#include "admin/server.h"
#include "admin/set_aside_api.h"
#include "base/text.h"
#include "cli/admin/place.h"
#include "cli/commands.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

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

spool::Badmail folder(const Context& context) { return {real_files(), context.paths().badmail()}; }

void show_row(Context& context, const spool::BadMessage& m)
{
    const auto waits = [&m](std::size_t i) {
        return m.states[i].outcome == spool::Outcome::waiting;
    };
    if (context.json) {
        context.out << json::serialize(admin::bad_message_json(m)) << '\n';
        return;
    }
    context.out << m.id.to_string() << "  " << printable(m.set_aside_at, 40) << "  " << m.octets
                << " octets  from <" << printable(m.envelope.sender, 254) << ">\n    "
                << printable(m.why, 400) << '\n';
    for (std::size_t i = 0; i < m.states.size(); ++i)
        if (waits(i))
            context.out << "    to <" << printable(m.envelope.recipients[i].address, 254) << ">\n";
}

void ls(Context& context)
{
    const auto all = folder(context).list();
    for (const auto& message : all)
        show_row(context, message);
    if (all.empty() && !context.json) context.out << "No message was set aside.\n";
}

void show(Context& context, const Words& words)
{
    const auto badmail = folder(context);
    for (const auto& id : words.ids) {
        const auto found = badmail.find(id);
        if (!found) return context.fail(found.error());
        if (words.text) {
            const auto text = badmail.text(id);
            if (!text) return context.fail(text.error());
            context.out << *text;
            continue;
        }
        if (context.json) {
            show_row(context, *found);
            continue;
        }
        const auto said = spool::write_bad_message(*found);
        for (const auto line : split(said, '\n'))
            if (!line.empty()) context.out << printable(line, 4000) << '\n';
        context.out << "text: " << badmail.path(found->id) << '\n';
    }
}

void release(Context& context, const Words& words)
{
    for (const auto& id : words.ids) {
        const auto answer = admin::call(context.paths().admin_socket(), "POST",
                                        "/api/v1/badmail/" + admin::url_encode(id) + "/release",
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
        for (const auto& message : folder(context).list())
            ids.push_back(message.id.to_string());
    else if (ids.empty())
        return context.fail("say which: ids, or --all for every one", 2);
    for (const auto& id : ids) {
        const auto gone = ask_or_answer_here(
            context, "DELETE", "/api/v1/badmail/" + admin::url_encode(id),
            [&](admin::Server& server, boost::asio::thread_pool& pool, EventLog&) {
                admin::Desk desk{server, pool, context.paths()};
                admin::add_set_aside_api(desk);
            });
        if (!gone) return context.fail(gone.error());
        if (!context.json) context.out << id << " deleted\n";
    }
}

}  // namespace

void add_badmail(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* badmail =
        common(imc.add_subcommand("badmail",
                                  "messages that the service died of: ls, show, release, delete"),
               context);
    badmail->require_subcommand(1);
    auto* list = common(badmail->add_subcommand("ls", "what was set aside, and why"), context);
    list->callback([&context] { ls(context); });
    auto* one = common(badmail->add_subcommand("show", "envelope and history"), context);
    one->add_option("ID", words->ids)->required();
    one->add_flag("--text", words->text, "the message itself, as it came");
    one->callback([&context, words] { show(context, *words); });
    auto* out =
        common(badmail->add_subcommand(
                   "release", "put it into the queue for those that wait, its crashes forgotten"),
               context);
    out->add_option("ID", words->ids)->required();
    out->callback([&context, words] { release(context, *words); });
    auto* gone = changing(badmail->add_subcommand("delete", "for good; nobody is told"), context);
    gone->add_option("ID", words->ids);
    gone->add_flag("--all", words->all, "every message");
    gone->callback([&context, words] { remove(context, *words); });
}

}  // namespace imc::cli
