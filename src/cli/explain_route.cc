#include "base/text.h"
#include "cli/commands.h"
#include "cli/explained.h"

#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
using admin::ExplainAsked;

constexpr auto patience = 90s;

std::optional<admin::Grounds> grounds_of(Context& context)
{
    auto grounds = admin::explain_grounds(context.paths(), after(30s));
    if (!grounds)
        context.fail("the configuration is not sound, so nothing can be explained; run imc check" +
                         context.paths().option(),
                     3);
    return grounds;
}

bool is_address(Context& context, const std::string& text)
{
    const auto address = mail::parse_address(text);
    if (address) return true;
    context.fail("\"" + printable(text, 320) + "\" found, an address such as " +
                     "alice@contoso.example expected: " + address.error().what,
                 2);
    return false;
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

void recipient(Context& context, const ExplainAsked& words)
{
    if (!same_word(words.recipient, "postmaster") && !is_address(context, words.recipient)) return;
    if (const auto sound = admin::sound_question(words); !sound)
        return void(explain_failed(context, sound.error()));
    const auto grounds = grounds_of(context);
    if (!grounds) return;
    const auto found = admin::explain_recipient(*grounds, words, true, after(patience));
    if (!found) return void(explain_failed(context, found.error()));
    show(context, *found);
}

void route(Context& context, const ExplainAsked& words)
{
    if (!is_address(context, words.recipient)) return;
    const auto grounds = grounds_of(context);
    if (!grounds) return;
    const auto found = admin::explain_recipient(*grounds, words, false, after(patience));
    if (!found) return void(explain_failed(context, found.error()));
    show(context, *found);
    if (found->profile && !context.json) print_profile(context, *found->profile);
}

}  // namespace

void add_explain_route(CLI::App& explain, Context& context)
{
    auto words = std::make_shared<admin::ExplainAsked>();
    auto* rcpt =
        common(explain.add_subcommand("rcpt", "who a recipient is, where mail to it goes, and why"),
               context);
    rcpt->add_option("ADDRESS", words->recipient, "as in RCPT TO")->required();
    rcpt->add_option("--from", words->sender,
                     "sender: who may send to it, and to lists on it, is judged; <> is a report");
    rcpt->add_option("--peer", words->peer, "the client's address: relay rules are asked, too");
    rcpt->add_option("--auth", words->account, "alias it has authenticated as");
    rcpt->add_option("--size", words->octets, "octets of the message: limits are judged");
    rcpt->add_option("--local", words->local, "our address it connected to");
    rcpt->add_option("--role", words->role, "of the listener it came to; mx when left out");
    rcpt->add_flag("--no-dns", words->without_dns, "do not ask DNS which hosts those are");
    rcpt->callback([&context, words] { recipient(context, *words); });
    auto* where = common(
        explain.add_subcommand("route", "where mail to an address would go, and why"), context);
    where->add_option("ADDRESS", words->recipient, "as in RCPT TO")->required();
    where->add_flag("--no-dns", words->without_dns, "do not ask DNS which hosts those are");
    where->callback([&context, words] { route(context, *words); });
    add_explain_relay(explain, context);
}

}  // namespace imc::cli
