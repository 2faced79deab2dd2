#include "admin/track_words.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "event/record_json.h"
#include "tracking/search.h"
#include "transfer/decision.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;
using tracking::Record;
using tracking::What;

struct Words {
    tracking::StoryFilter filter;
    std::string since, until;
};

std::string facts_of(const Record& r, std::string_view before)
{
    if (r.text.empty()) return {};
    return std::string{before} +
           printable(transfer::in_words(transfer::parse_decision(r.text)), 2048);
}

/// What a person wants to know of one record beside its time.
std::string told(const Record& r)
{
    std::string out = to_string(r.what);
    const auto add = [&](std::string_view before, const std::string& text) {
        if (!text.empty()) out += std::string{before} + printable(text);
    };
    const bool came = r.what == What::received || r.what == What::report_received;
    if (came) {
        add(" from ", r.partner);
        add(", HELO ", r.helo);
        add(", account ", r.account);
        add(", ", r.tls);
        return out + facts_of(r, "; decided: ");
    }
    add(" by ", r.partner);
    add(" (", r.route);
    if (!r.route.empty()) out += ")";
    if (admin::tells_facts(r)) return out + facts_of(r, ": ");
    if (!r.status.empty() || !r.text.empty()) out += ":";
    // Most replies begin with their code and status.
    if (r.text.find(r.status) == std::string::npos) add(" ", r.status);
    add(" ", r.text);
    add(", there ", r.remote_id);
    add(", report ", r.report_id);
    return out;
}

void show(Context& context, const std::vector<Record>& records)
{
    const std::string* last = nullptr;
    for (const auto& r : records) {
        if (last == nullptr || *last != r.id) {
            if (last != nullptr) context.out << '\n';
            context.out << r.id << "  from <" << printable(r.sender) << ">  " << r.octets
                        << " octets";
            if (!r.message_id.empty()) context.out << "  Message-ID " << printable(r.message_id);
            context.out << '\n';
        }
        last = &r.id;
        context.out << "  " << to_rfc3339(r.time) << "  <" << printable(r.recipient) << ">  "
                    << told(r) << '\n';
    }
}

void run(Context& context, Words& words)
{
    const auto now = wall_clock().now();
    for (const auto& [text, into] : {std::pair{&words.since, &words.filter.since},
                                     std::pair{&words.until, &words.filter.until}}) {
        if (text->empty()) continue;
        *into = parse_time(*text, now);
        if (!*into)
            return context.fail("\"" + printable(*text) +
                                    "\" is no time; 2026-11-24, 2026-11-24T12:00, 90m, 24h or 7d "
                                    "expected",
                                2);
    }
    const auto& f = words.filter;
    if (f.id.empty() && f.message_id.empty() && f.sender.empty() && f.recipient.empty() &&
        !f.since && !f.until)
        return context.fail("say which message: --id, --message-id, --sender, --recipient or "
                            "--since",
                            2);
    const auto folder = context.paths().tracking();
    const auto found = tracking::find_stories(real_files(), folder, f);
    if (!found) return context.fail(found.error());
    if (context.json)
        for (const auto& record : found->records)
            context.out << json::serialize(admin::record_json(record)) << '\n';
    else
        show(context, found->records);
    context.out.flush();
    if (!found->index_trouble.empty())
        context.err << "imc: the files were read, since their index cannot be used: "
                    << printable(found->index_trouble) << '\n';
    if (found->broken_lines > 0)
        context.err << "imc: " << found->broken_lines << " lines below " << folder
                    << " are no records and were left out\n";
    if (found->records.empty())
        context.fail(found->any_file ? "no message that fits stands below " + folder
                                     : "no tracking log of that time stands below " + folder);
}

}  // namespace

void add_track(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* command =
        common(imc.add_subcommand("track", "the story of a message, from the message tracking log"),
               context);
    const auto address = "whole address, @domain, or the part before the @";
    command->add_option("--id", words->filter.id, "queue id, as in the 250 reply");
    command->add_option("--message-id", words->filter.message_id, "of its header");
    command->add_option("--sender", words->filter.sender,
                        std::string{address} + "; <> for reports");
    command->add_option("--recipient", words->filter.recipient, address);
    command->add_option("--since", words->since, "2026-11-24T12:00, or 90m, 24h, 7d ago");
    command->add_option("--until", words->until, "likewise");
    command->callback([&context, words] { run(context, *words); });
}

}  // namespace imc::cli
