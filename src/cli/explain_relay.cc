#include "base/text.h"
#include "cli/commands.h"
#include "config/load.h"
#include "config/policy_rows.h"
#include "transfer/relay.h"
#include "transfer/resolver.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

struct Words {
    std::string peer, local, account, certificate, sender, recipient, role = "mx";
};

struct Explained {
    std::string domain;     ///< the one that decides
    bool is_local = false;  ///< delivery, not relaying
    std::string malformed;  ///< why it is no address
    transfer::RelayDecision decision;
    std::vector<transfer::RelayStep> steps;

    bool allowed() const { return malformed.empty() && (is_local || decision.allowed); }
    std::string reply() const
    {
        if (!malformed.empty()) return "553 5.1.3";
        if (is_local) return "";  // the directory decides
        return decision.allowed ? "250 2.1.5" : "550 5.7.1";
    }
};

Explained explain(const config::Config& config, const transfer::RecipientResolver& resolver,
                  const Words& words)
{
    Explained out;
    const bool bracketed = words.recipient.starts_with('<');
    const auto path =
        mail::parse_path(bracketed ? words.recipient : "<" + words.recipient + ">", true);
    if (!path) {
        out.malformed = path.error().what;
        return out;
    }
    out.domain = path->address.domain;
    if (path->is_null || out.domain.empty() || resolver.is_local_domain(out.domain)) {
        out.malformed = path->is_null ? "a recipient cannot be empty" : "";
        out.is_local = !path->is_null;
        return out;
    }
    transfer::RelayQuestion question{words.peer, words.local};
    question.domain = out.domain;
    question.account = words.account;
    question.role = words.role;
    const auto* row = config::find_routing_row(config.routing, mail::canonical_domain(out.domain));
    if (row != nullptr) {
        question.row = row->relay;
        question.row_text = row->text;
    }
    const auto certificate = config::parse_certificate_name(words.certificate);
    if (certificate && certificate->find('=') == std::string::npos)
        question.certificate_fingerprint = *certificate;
    else
        question.certificate_subject = words.certificate;
    out.decision = transfer::decide_relay(config.relay, question, &out.steps);
    return out;
}

void print_json(Context& context, const Words& words, const Explained& found)
{
    json::array steps;
    for (const auto& step : found.steps)
        steps.push_back(json::object{
            {"rule", step.rule}, {"finding", step.finding}, {"decides", step.decides}});
    json::object out{{"peer", words.peer},         {"recipient", words.recipient},
                     {"domain", found.domain},     {"local", found.is_local},
                     {"allowed", found.allowed()}, {"rule", found.decision.rule},
                     {"reply", found.reply()},     {"steps", std::move(steps)}};
    if (!found.malformed.empty()) out["malformed"] = found.malformed;
    context.out << json::serialize(out) << '\n';
}

void print_text(Context& context, const Words& words, const Explained& found)
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

void run(Context& context, const Words& words)
{
    if (!config::parse_octets(words.peer))
        return context.fail("--peer: \"" + printable(words.peer, 100) +
                                "\" found, an address such as 192.0.2.1 expected",
                            2);
    if (words.role != "mx" && words.role != "submission" && words.role != "submissions")
        return context.fail("--role: \"" + printable(words.role, 100) +
                                "\" found, mx, submission or submissions expected",
                            2);
    const auto loaded = config::load(context.paths(), after(30s));
    if (!loaded.config)
        return context.fail("the configuration is not sound, so nothing can be explained; run imc "
                            "check" +
                                context.paths().option(),
                            3);
    const transfer::RecipientResolver resolver{loaded.config, loaded.directory, loaded.people};
    const auto found = explain(*loaded.config, resolver, words);
    if (context.json)
        print_json(context, words, found);
    else
        print_text(context, words, found);
    if (!found.allowed()) context.status = 1;
}

}  // namespace

void add_explain_relay(CLI::App& explain, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* may = common(explain.add_subcommand(
                           "relay", "which rule decides whether a client may send to an address"),
                       context);
    may->add_option("--peer", words->peer, "the client's address")->required();
    may->add_option("--local", words->local, "our address it connected to");
    may->add_option("--role", words->role, "of the listener it came to; mx when left out");
    may->add_option("--auth", words->account, "alias it has authenticated as");
    may->add_option("--cert", words->certificate,
                    "SHA-256 fingerprint or subject of its certificate");
    may->add_option("--from", words->sender, "sender; it never matters");
    may->add_option("--to", words->recipient, "recipient, as it would stand in RCPT TO")
        ->required();
    may->callback([&context, words] { run(context, *words); });
}

}  // namespace imc::cli
