#include "base/text.h"
#include "cli/commands.h"
#include "cli/explained.h"
#include "config/network.h"

#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
using admin::ExplainAsked;

void print_text(Context& context, const ExplainAsked& words, const admin::RelayExplained& found)
{
    auto& out = context.out;
    if (!found.malformed.empty()) {
        out << words.recipient << " is no address: " << found.malformed << "\n  refused with "
            << found.reply() << '\n';
        return;
    }
    if (!found.domain.empty())
        out << "The last domain decides: " << printable(found.domain, 255) << '\n';
    if (!words.sender.empty())
        out << "The sender " << printable(words.sender) << " never matters\n";
    if (found.is_local) {
        out << (found.domain.starts_with('[')
                    ? "It is an address of this host, so the site domain is "
                      "meant"
                    : "It is a domain of this site")
            << ": no relay rule is asked, the directory decides (imc "
               "explain rcpt)\n";
        return;
    }
    for (const auto& step : found.steps)
        out << (step.decides ? "  * " : "    ") << step.rule << ": " << step.finding << '\n';
    out << words.peer << " to " << words.recipient << ": "
        << (found.decision.allowed ? "allowed: " : "refused with 550 5.7.1: ")
        << found.decision.rule << '\n';
}

void run(Context& context, const ExplainAsked& words)
{
    if (!config::parse_octets(words.peer))
        return context.fail("--peer: \"" + printable(words.peer, 100) +
                                "\" found, an address such as 192.0.2.1 expected",
                            2);
    if (const auto sound = admin::sound_question(words); !sound)
        return void(explain_failed(context, sound.error()));
    const auto grounds = admin::explain_grounds(context.paths(), after(30s));
    if (!grounds)
        return context.fail("the configuration is not sound, so nothing can be explained; run imc "
                            "check" +
                                context.paths().option(),
                            3);
    const auto found = admin::explain_relay(*grounds, words);
    if (context.json)
        context.out << boost::json::serialize(admin::relay_json(words, found)) << '\n';
    else
        print_text(context, words, found);
    if (!found.allowed()) context.status = 1;
}

}  // namespace

void add_explain_relay(CLI::App& explain, Context& context)
{
    auto words = std::make_shared<ExplainAsked>();
    auto* may = common(explain.add_subcommand(
                           "relay", "which rule decides whether a client may send to an address"),
                       context);
    may->add_option("--peer", words->peer, "the client's address")->required();
    may->add_option("--local", words->local, "our address it connected to");
    may->add_option("--role", words->role, "of the listener it came to; mx when left out");
    may->add_option("--auth", words->account, "alias it has authenticated as");
    may->add_option("--cert", words->certificate,
                    "SHA-256 fingerprint or subject of its certificate");
    may->add_option("--from", words->sender, "sender; it never matters to relaying");
    may->add_option("--to", words->recipient, "recipient, as it would stand in RCPT TO")
        ->required();
    may->callback([&context, words] { run(context, *words); });
}

}  // namespace imc::cli
