#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "event/record_json.h"
#include "tracking/archived.h"
#include "tracking/search.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;
using tracking::Archived;
using tracking::Direction;

struct Words {
    bool in = false, out = false, text = false;
    std::string sender, recipient, since, until, name;
};

json::object to_json(const Archived& a)
{
    json::array recipients;
    for (const auto& recipient : a.recipients)
        recipients.push_back(json::value(printable(recipient, 1000)));
    return {{"name", a.name},
            {"id", a.id},
            {"direction", tracking::to_string(a.direction)},
            {"time", to_rfc3339(a.time)},
            {"octets", a.octets},
            {"sender", printable(a.sender, 1000)},
            {"recipients", std::move(recipients)},
            {"peer", printable(a.peer, 1000)},
            {"account", printable(a.account, 1000)},
            {"remote_id", printable(a.remote_id, 1000)}};
}

void show_row(Context& context, const Archived& a)
{
    if (context.json) {
        context.out << json::serialize(to_json(a)) << '\n';
        return;
    }
    context.out << a.name << "  " << to_rfc3339(a.time) << "  " << a.octets << " octets  from <"
                << printable(a.sender, 254) << ">\n";
    for (const auto& recipient : a.recipients)
        context.out << "    to <" << printable(recipient, 254) << ">\n";
}

bool read_time(Context& context, const std::string& text, std::optional<WallTime>& into)
{
    if (text.empty()) return true;
    into = parse_time(text, wall_clock().now());
    if (!into)
        context.fail("\"" + printable(text) +
                         "\" is no time; 2026-11-24, 2026-11-24T12:00, 90m, 24h or 7d expected",
                     2);
    return into.has_value();
}

void list(Context& context, const Words& words)
{
    std::optional<WallTime> since, until;
    if (!read_time(context, words.since, since) || !read_time(context, words.until, until)) return;
    const auto folder = context.paths().archive();
    std::vector<Archived> rows;
    const auto broken = tracking::list_archived(real_files(), folder, [&](const Archived& a) {
        const bool way = words.in == words.out || words.in == (a.direction == Direction::in);
        const bool then = (!since || a.time >= *since) && (!until || a.time <= *until);
        const bool to = words.recipient.empty() ||
                        std::ranges::any_of(a.recipients, [&](const auto& recipient) {
                            return tracking::address_fits(words.recipient, recipient);
                        });
        if (way && then && to && tracking::address_fits(words.sender, a.sender)) rows.push_back(a);
        return true;
    });
    if (!broken)
        return context.fail(
            Error{EventId::archive_failed, folder + ": " + broken.error().message()});
    std::ranges::sort(rows, {}, &Archived::time);
    for (const auto& row : rows)
        show_row(context, row);
    context.out.flush();
    if (*broken > 0)
        context.err << "imc: " << *broken << " files below " << folder
                    << " are no envelopes and were left out\n";
}

void show(Context& context, const Words& words)
{
    const auto folder = context.paths().archive();
    const auto found = tracking::read_archived(real_files(), folder, words.name);
    if (!found)
        return context.fail("there is no copy " + printable(words.name, 200) + " below " + folder +
                            "; imc archive ls names them");
    if (!words.text) {
        show_row(context, *found);
        if (!context.json) {
            const auto say = [&](const char* what, const std::string& value) {
                if (!value.empty())
                    context.out << "    " << what << ' ' << printable(value, 1000) << '\n';
            };
            say(found->direction == Direction::in ? "brought by" : "taken by", found->peer);
            say("account", found->account);
            say("there", found->remote_id);
        }
        return;
    }
    const auto path = folder + "/" + words.name.substr(0, words.name.rfind('/') + 1) + found->text;
    const auto text = read_file(real_files(), path);
    if (!text) return context.fail(path + ": " + text.error().message());
    context.out << *text;
}

}  // namespace

void add_archive(CLI::App& imc, Context& context)
{
    auto* archive = common(
        imc.add_subcommand("archive", "copies of messages that came in or went out"), context);
    archive->require_subcommand(1);
    auto words = std::make_shared<Words>();
    auto* ls = common(archive->add_subcommand("ls", "which copies there are"), context);
    ls->add_flag("--in", words->in, "only what came in");
    ls->add_flag("--out", words->out, "only what went out");
    const auto address = "whole address, @domain, or the part before the @";
    ls->add_option("--sender", words->sender, std::string{address} + "; <> for reports");
    ls->add_option("--recipient", words->recipient, address);
    ls->add_option("--since", words->since, "2026-11-24T12:00, or 90m, 24h, 7d ago");
    ls->add_option("--until", words->until, "likewise");
    ls->callback([&context, words] { list(context, *words); });
    auto* one =
        common(archive->add_subcommand("show", "one copy's envelope, or its text"), context);
    one->add_option("name", words->name, "as imc archive ls says it")->required();
    one->add_flag("--text", words->text, "the message as it came or went, and nothing else");
    one->callback([&context, words] { show(context, *words); });
}

}  // namespace imc::cli
