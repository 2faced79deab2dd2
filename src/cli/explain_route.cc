#include "cli/commands.h"

#include "base/text.h"
#include "config/load.h"
#include "transfer/resolver.h"

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

struct Words {
    std::string address;
};

std::optional<transfer::RecipientResolver> resolver_of(Context& context, config::ConfigPtr& config)
{
    const auto loaded = config::load(context.paths(), after(30s));
    if (!loaded.config) {
        context.fail("the configuration is not sound, so nothing can be explained; run imc check" +
                         context.paths().option(),
                     3);
        return {};
    }
    config = loaded.config;
    return transfer::RecipientResolver{loaded.config, loaded.directory};
}

std::string next_hop(const transfer::Route& route)
{
    return std::visit(
        Overloaded{
            [](const transfer::ToMaildir& to) { return "Maildir " + to.folder; },
            [](const transfer::ToLmtp& to) {
                return "LMTP " + (to.socket.empty()
                                      ? to.server.host + ":" + std::to_string(to.server.port)
                                      : to.socket);
            },
            [](const transfer::ToSmartHosts& to) {
                std::string out = "SMTP to";
                for (const auto& host : to.hosts)
                    out += " " + host.host + ":" + std::to_string(host.port);
                return out;
            },
            [](const transfer::ToMx& to) {
                return "SMTP to the MX of " + to.domain + ", port " + std::to_string(to.port);
            },
        },
        route.hop);
}

void recipient(Context& context, const Words& words)
{
    config::ConfigPtr config;
    const auto resolver = resolver_of(context, config);
    if (!resolver) return;
    const auto resolution = resolver->resolve(words.address, after(30s));
    std::visit(Overloaded{
                   [&](const transfer::Route& route) {
                       context.out << words.address << ": " << route.why << "\n  goes to  "
                                   << next_hop(route) << "\n  as       " << route.address << '\n';
                   },
                   [&](const transfer::NoSuchRecipient& none) {
                       context.out << words.address << ": refused with 550 5.1.1; " << none.why
                                   << '\n';
                       context.status = 1;
                   },
                   [&](const transfer::AmbiguousRecipient& several) {
                       context.out << words.address
                                   << ": deferred with 451 4.1.4 (event 10000); held by\n";
                       for (const auto& object : several.objects)
                           context.out << "  " << object << '\n';
                       context.status = 1;
                   },
                   [&](const CannotSay& silent) {
                       context.out << words.address
                                   << ": deferred with 451 4.3.0; the directory cannot say: "
                                   << silent.reason.to_string() << '\n';
                       context.status = 1;
                   },
               },
               resolution);
}

void route(Context& context, const Words& words)
{
    config::ConfigPtr config;
    const auto resolver = resolver_of(context, config);
    if (!resolver) return;
    const auto address = mail::parse_address(words.address);
    if (!address) return context.fail(words.address + ": " + address.error().what, 2);
    if (resolver->is_local_domain(address->domain)) {
        context.out << address->domain << " is a domain of this site.\n";
        return recipient(context, words);
    }
    std::vector<std::string> why;
    const auto found = resolver->remote(*address, &why);
    for (const auto& line : why)
        context.out << "  " << line << '\n';
    context.out << words.address << ": " << found.why << "\n  goes to  " << next_hop(found) << '\n';
}

}  // namespace

void add_explain_route(CLI::App& explain, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* rcpt = common(explain.add_subcommand("rcpt", "who a recipient is"), context);
    rcpt->add_option("ADDRESS", words->address)->required();
    rcpt->callback([&context, words] { recipient(context, *words); });
    auto* where = common(
        explain.add_subcommand("route", "where mail to an address would go, and why"), context);
    where->add_option("ADDRESS", words->address)->required();
    where->callback([&context, words] { route(context, *words); });
    add_explain_relay(explain, context);
}

}  // namespace imc::cli
