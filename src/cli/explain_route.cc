#include "cli/commands.h"

#include "base/text.h"
#include "cli/route_hosts.h"
#include "config/load.h"
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
    std::string address;
    bool without_dns = false;
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

/// One finding: a line for people with its details below it, or one JSON object.
void show(Context& context, const std::string& line, json::object details)
{
    if (context.json) {
        context.out << json::serialize(details) << '\n';
        return;
    }
    context.out << line << '\n';
    for (const auto* name : {"next_hop", "as"})
        if (const auto* value = details.if_contains(name))
            context.out << (name == std::string_view{"as"} ? "  as       " : "  goes to  ")
                        << std::string_view{value->as_string()} << '\n';
}

/// As above, and which hosts that are now.
void show_route(Context& context, const Words& words, const config::Config& config,
                const transfer::Route& route, json::object details)
{
    const auto line = words.address + ": " + route.why;
    if (words.without_dns) return show(context, line, std::move(details));
    const auto decision = hosts_now(config, route.hop, after(60s));
    if (!decision) return context.fail(decision.error());
    if (*decision) details["hosts"] = to_json(**decision);
    show(context, line, std::move(details));
    if (!*decision) return;
    if (!context.json) print(context.out, **decision);
    if ((*decision)->none) context.status = 1;
}

std::optional<mail::Address> address_of(Context& context, const Words& words)
{
    auto address = mail::parse_address(words.address);
    if (address) return *address;
    context.fail("\"" + printable(words.address, 320) + "\" found, an address such as " +
                     "alice@contoso.example expected: " + address.error().what,
                 2);
    return {};
}

void recipient(Context& context, const Words& words, bool with_hosts)
{
    if (!same_word(words.address, "postmaster") && !address_of(context, words)) return;
    config::ConfigPtr config;
    const auto resolver = resolver_of(context, config);
    if (!resolver) return;
    const auto& who = words.address;
    const auto resolution = resolver->resolve(who, after(30s));
    const auto refused = [&](const char* verdict, const char* code, const std::string& why) {
        context.status = 1;
        show(context, who + ": " + verdict + " with " + code + "; " + why,
             {{"address", who}, {"verdict", verdict}, {"reply", code}, {"why", why}});
    };
    std::visit(Overloaded{
                   [&](const transfer::Route& route) {
                       auto shown = words;
                       shown.without_dns = words.without_dns || !with_hosts;
                       show_route(context, shown, *config, route,
                                  {{"address", who},
                                   {"verdict", "accepted"},
                                   {"why", route.why},
                                   {"next_hop", next_hop(route)},
                                   {"as", route.address}});
                   },
                   [&](const transfer::NoSuchRecipient& none) {
                       refused("refused", "550 5.1.1", none.why);
                   },
                   [&](const transfer::AmbiguousRecipient& several) {
                       std::string holders = "held by more than one object (event 10000)";
                       for (const auto& object : several.objects)
                           holders += "\n  " + object;
                       refused("deferred", "451 4.1.4", holders);
                   },
                   [&](const CannotSay& silent) {
                       refused("deferred", "451 4.3.0",
                               "the directory cannot say: " + silent.reason.to_string());
                   },
               },
               resolution);
}

json::object profile_of(const config::DomainProfile& profile)
{
    json::object out{{"domain", profile.domain}, {"subdomains", profile.subdomains}};
    json::object values;
    for (const auto& origin : profile.origins)
        values[origin.attribute] = {{"value", origin.value}, {"from", origin.source}};
    out["values"] = std::move(values);
    return out;
}

/// Each value with whoever says it; names of password files, never what is in them.
void print_profile(Context& context, const config::DomainProfile& profile)
{
    context.out << "  profile  " << profile.domain
                << (profile.subdomains || profile.domain == "*" ? "" : ", no subdomains") << '\n';
    for (const auto& origin : profile.origins)
        context.out << "    " << origin.attribute << ": " << origin.value << "  (" << origin.source
                    << ")\n";
}

void route(Context& context, const Words& words)
{
    const auto address = address_of(context, words);
    if (!address) return;
    config::ConfigPtr config;
    const auto resolver = resolver_of(context, config);
    if (!resolver) return;
    if (resolver->is_local_domain(address->domain)) {
        if (!context.json)
            context.out << address->domain
                        << (address->is_literal()
                                ? " is an address of this host, so the site domain is meant.\n"
                                : " is a domain of this site.\n");
        return recipient(context, words, true);
    }
    std::vector<std::string> looked_at;
    const auto found = resolver->remote(*address, &looked_at);
    if (!context.json)
        for (const auto& line : looked_at)
            context.out << "  " << line << '\n';
    const auto domain =
        address->is_literal() ? lower(address->domain) : mail::canonical_domain(address->domain);
    const auto profile = config::profile_for(*config, domain);
    show_route(context, words, *config, found,
               {{"address", words.address},
                {"why", found.why},
                {"looked_at", json::array(looked_at.begin(), looked_at.end())},
                {"next_hop", next_hop(found)},
                {"profile", profile_of(profile)}});
    if (!context.json) print_profile(context, profile);
}

}  // namespace

void add_explain_route(CLI::App& explain, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* rcpt = common(explain.add_subcommand("rcpt", "who a recipient is"), context);
    rcpt->add_option("ADDRESS", words->address, "as in RCPT TO")->required();
    rcpt->callback([&context, words] { recipient(context, *words, false); });
    auto* where = common(
        explain.add_subcommand("route", "where mail to an address would go, and why"), context);
    where->add_option("ADDRESS", words->address, "as in RCPT TO")->required();
    where->add_flag("--no-dns", words->without_dns, "do not ask DNS which hosts those are");
    where->callback([&context, words] { route(context, *words); });
    add_explain_relay(explain, context);
}

}  // namespace imc::cli
