#include "cli/commands.h"

#include "base/text.h"
#include "cli/explained.h"
#include "config/load.h"
#include "config/network.h"
#include "transfer/resolver.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

struct Words {
    std::string address;
    bool without_dns = false;
    std::string sender, peer, local, account, role = "mx";
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
    return transfer::RecipientResolver{loaded.config, loaded.directory, loaded.people};
}

std::optional<mail::Address> address_of(Context& context, const std::string& text)
{
    auto address = mail::parse_address(text);
    if (address) return *address;
    context.fail("\"" + printable(text, 320) + "\" found, an address such as " +
                     "alice@contoso.example expected: " + address.error().what,
                 2);
    return {};
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

transfer::Request request_of(const Words& words)
{
    transfer::Request out;
    out.recipient = words.address;
    out.from_client = !words.peer.empty() || !words.account.empty();
    out.sender = words.sender;
    out.client.peer = words.peer;
    out.client.local = words.local;
    out.client.account = words.account;
    out.client.role = words.role;
    return out;
}

bool is_sound(Context& context, const Words& words)
{
    if (!words.peer.empty() && !config::parse_octets(words.peer)) {
        context.fail("--peer: \"" + printable(words.peer, 100) +
                         "\" found, an address such as 192.0.2.1 expected",
                     2);
        return false;
    }
    if (words.role == "mx" || words.role == "submission" || words.role == "submissions")
        return true;
    context.fail("--role: \"" + printable(words.role, 100) +
                     "\" found, mx, submission or submissions expected",
                 2);
    return false;
}

/// What was asked of the procedure, and not by whom, goes first.
void tell_client(const Words& words, transfer::Evidence& evidence)
{
    if (!words.sender.empty())
        evidence.push_back({"sender", printable(words.sender, 320) +
                                          " changes neither way nor relaying (Q304897), but at an "
                                          "address of ours for reports"});
    evidence.push_back(
        {"client", words.peer.empty() && words.account.empty()
                       ? "none is named, so relay rules are not asked (--peer)"
                       : (words.peer.empty() ? "not named" : words.peer) +
                             (words.account.empty() ? ", not signed in"
                                                    : ", signed in as " + words.account)});
}

void recipient(Context& context, const Words& words)
{
    if (!same_word(words.address, "postmaster") && !address_of(context, words.address)) return;
    if (!is_sound(context, words)) return;
    config::ConfigPtr config;
    const auto resolver = resolver_of(context, config);
    if (!resolver) return;
    Explained found;
    found.address = words.address;
    found.without_dns = words.without_dns;
    tell_client(words, found.evidence);
    const auto request = request_of(words);
    const auto resolution = resolver->resolve(request, after(30s), &found.evidence);
    show(context, *config, found, resolution);
}

void route(Context& context, const Words& words)
{
    const auto address = address_of(context, words.address);
    if (!address) return;
    config::ConfigPtr config;
    const auto resolver = resolver_of(context, config);
    if (!resolver) return;
    Explained found;
    found.address = words.address;
    found.without_dns = words.without_dns;
    const auto request = request_of(words);
    const auto resolution = resolver->resolve(request, after(30s), &found.evidence);
    const auto* way = std::get_if<transfer::Route>(&resolution);
    const bool leaves = way != nullptr && !resolver->is_local_domain(address->domain);
    const auto domain =
        address->is_literal() ? lower(address->domain) : mail::canonical_domain(address->domain);
    const auto profile = config::profile_for(*config, domain);
    if (leaves) {
        json::array looked_at;
        for (const auto& step : found.evidence)
            if (step.step == "delivery row") looked_at.emplace_back(step.finding);
        found.more = {{"looked_at", std::move(looked_at)}, {"profile", profile_of(profile)}};
    }
    show(context, *config, found, resolution);
    if (leaves && !context.json) print_profile(context, profile);
}

}  // namespace

void add_explain_route(CLI::App& explain, Context& context)
{
    auto words = std::make_shared<Words>();
    auto* rcpt =
        common(explain.add_subcommand("rcpt", "who a recipient is, where mail to it goes, and why"),
               context);
    rcpt->add_option("ADDRESS", words->address, "as in RCPT TO")->required();
    rcpt->add_option("--from", words->sender, "sender; it never matters");
    rcpt->add_option("--peer", words->peer, "the client's address: relay rules are asked, too");
    rcpt->add_option("--auth", words->account, "alias it has authenticated as");
    rcpt->add_option("--local", words->local, "our address it connected to");
    rcpt->add_option("--role", words->role, "of the listener it came to; mx when left out");
    rcpt->add_flag("--no-dns", words->without_dns, "do not ask DNS which hosts those are");
    rcpt->callback([&context, words] { recipient(context, *words); });
    auto* where = common(
        explain.add_subcommand("route", "where mail to an address would go, and why"), context);
    where->add_option("ADDRESS", words->address, "as in RCPT TO")->required();
    where->add_flag("--no-dns", words->without_dns, "do not ask DNS which hosts those are");
    where->callback([&context, words] { route(context, *words); });
    add_explain_relay(explain, context);
}

}  // namespace imc::cli
