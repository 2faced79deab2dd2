#include "cli/rejects.h"

#include "admin/track_words.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "config/config.h"
#include "event/record_json.h"
#include "event/status_codes.h"
#include "tracking/search.h"

#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;
using tracking::Rejection;

struct Words {
    std::string recipient, sender, peer, code, rule, since, until;
    std::size_t last = 0;
};

std::string client(const Rejection& r)
{
    std::string out = "[" + printable(r.peer) + "]";
    if (!r.peer_name.empty()) out += " " + printable(r.peer_name);
    return out;
}

std::string sender_of(const Rejection& r)
{
    return r.sender ? "<" + printable(*r.sender) + ">" : std::string{"-"};
}

std::string recipients_of(const Rejection& r)
{
    std::string out;
    for (const auto& each : r.recipients)
        out += (out.empty() ? "<" : " <") + printable(each) + ">";
    return out.empty() ? "-" : out;
}

void run(Context& context, const Words& words)
{
    tracking::RejectFilter filter;
    filter.recipient = words.recipient;
    filter.sender = words.sender;
    filter.rule = words.rule;
    filter.last = words.last;
    const auto now = wall_clock().now();
    for (const auto& [text, into] :
         {std::pair{&words.since, &filter.since}, std::pair{&words.until, &filter.until}}) {
        if (text->empty()) continue;
        *into = parse_time(*text, now);
        if (!*into)
            return context.fail("\"" + printable(*text) +
                                    "\" is no time; 2026-11-24, 2026-11-24T12:00, 90m, 24h or 7d "
                                    "expected",
                                2);
    }
    if (!words.code.empty()) {
        const auto code = tracking::parse_code(words.code);
        if (!code)
            return context.fail(
                "\"" + printable(words.code) +
                    "\" is no code; 8 letters and digits expected, such as 7K3M9QXB",
                2);
        filter.code = *code;
    }
    if (!words.peer.empty()) {
        const auto network = config::Network::parse(words.peer);
        if (!network)
            return context.fail("--peer " + printable(words.peer) + ": " + network.error().detail(),
                                2);
        filter.peer = [network = *network](const std::string& address) {
            return network.contains(address);
        };
    }
    const auto folder = context.paths().rejects();
    const auto found = tracking::find_rejections(real_files(), folder, filter);
    if (!found) return context.fail(found.error());
    for (const auto& rejection : found->rejections)
        if (context.json)
            context.out << json::serialize(admin::rejection_json(rejection)) << '\n';
        else
            show_rejection(context, rejection);
    context.out.flush();
    if (found->broken_lines > 0)
        context.err << "imc: " << found->broken_lines << " lines below " << folder
                    << " are no records and were left out\n";
    if (!context.json && found->rejections.empty())
        context.err << (found->any_file ? "nothing that fits was refused\n"
                                        : "nothing was refused under this root in that time\n");
}

}  // namespace

void show_rejection(Context& context, const Rejection& r)
{
    context.out << to_rfc3339(r.time) << "  " << (r.code.empty() ? "--------" : r.code) << "  "
                << client(r) << "  " << printable(r.stage) << "  ";
    if (r.code.empty()) {
        context.out << printable(r.evidence) << '\n';
        return;
    }
    context.out << "from " << sender_of(r) << " to " << recipients_of(r) << "  "
                << printable(r.reply) << "  (" << printable(r.rule) << ")\n";
}

void explain_rejection(Context& context, const std::string& code)
{
    tracking::RejectFilter filter;
    filter.code = code;
    const auto folder = context.paths().rejects();
    const auto found = tracking::find_rejections(real_files(), folder, filter);
    if (!found) return context.fail(found.error());
    if (found->rejections.empty())
        return context.fail("no refusal with the code " + code + " stands below " + folder +
                            "; files older than RejectJournalDays are gone");
    const auto& r = found->rejections.front();
    if (context.json) {
        context.out << json::serialize(admin::rejection_json(r)) << '\n';
        return;
    }
    const auto row = [&](const char* name, const std::string& text) {
        if (!text.empty()) context.out << "  " << name << printable(text, 2048) << '\n';
    };
    context.out << "Refusal " << r.code << '\n';
    row("time:       ", to_rfc3339(r.time));
    context.out << "  client:     " << client(r) << '\n';
    row("HELO:       ", r.helo);
    row("listener:   ", r.listener);
    row("account:    ", r.account);
    context.out << "  sender:     " << sender_of(r) << "\n  recipients: " << recipients_of(r)
                << '\n';
    row("stage:      ", r.stage);
    row("rule:       ", r.rule);
    row("evidence:   ", r.evidence);
    row("reply:      ", r.reply);
    // "550 5.1.1 No such recipient": what the status means stands in the catalogue of codes.
    const auto words = split(r.reply, ' ');
    if (words.size() > 1)
        if (const auto status = find_status(words[1])) context.out << '\n' << explain(*status);
}

void add_rejects(CLI::App& imc, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* command = common(
        imc.add_subcommand("rejects", "what was refused, to whom and why; works while stopped"),
        context);
    const auto address = "whole address, @domain, or the part before the @";
    command->add_option("--recipient", words->recipient,
                        std::string{"intended recipient: "} + address);
    command->add_option("--sender", words->sender, std::string{address} + "; <> for reports");
    command->add_option("--peer", words->peer, "client: address or network, 192.0.2.0/24");
    command->add_option("--code", words->code, "the code in the reply");
    command->add_option("--rule", words->rule,
                        "part of the rule's name: relay, \"recipient: unknown\"");
    command->add_option("--since", words->since, "2026-11-24T12:00, or 90m, 24h, 7d ago");
    command->add_option("--until", words->until, "likewise");
    command->add_option("--last", words->last, "the newest N");
    command->callback([&context, words] { run(context, *words); });
}

}  // namespace imc::cli
