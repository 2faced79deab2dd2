#include "transfer/procedure_parts.h"

#include "mail/srs.h"
#include "transfer/expansion.h"

#include <algorithm>

// Ours, and it stands for others: lists, alternate recipients, senders of mail that we passed on.

namespace imc::transfer {
namespace {

constexpr std::size_t most_redirections = 10;

}  // namespace

std::optional<Procedure::Outcome>
Procedure::stands_for_others(const Entry& entry, const mail::Address& address, bool postmaster)
{
    const auto name = entry.dn.to_rfc4514();
    if (is_list(entry)) {
        step("list", name + "; its members are found when the message is there", true,
             {{"dn", name}});
        auto primary = mail_address(entry);
        return Resolution{Expand{name,
                                 primary.empty() ? address.to_string() : std::move(primary),
                                 true,
                                 {},
                                 {},
                                 std::string{kind_of(entry)} + " " + name}};
    }
    if (entry.first("altRecipient").empty()) return {};
    return redirected(entry, address, postmaster);
}

Procedure::Outcome Procedure::redirected(const Entry& entry, const mail::Address& address,
                                         bool postmaster)
{
    const auto name = entry.dn.to_rfc4514();
    const std::string other{entry.first("altRecipient")};
    if (same_word(entry.first("deliverAndRedirect"), "TRUE")) {
        auto here = people_.deliver_to(config_, entry, address.to_string());
        auto* const route = std::get_if<Route>(&here);
        if (route == nullptr) return here;
        step("alternate recipient", name + " keeps its mail, and " + other + " gets a copy", true,
             {{"dn", other}});
        note("redirect", other);
        return Resolution{Expand{name,
                                 address.to_string(),
                                 false,
                                 std::move(*route),
                                 {},
                                 std::string{kind_of(entry)} + " " + name + " and " + other}};
    }
    const bool seen =
        std::ranges::any_of(redirections_, [&](const Dn& dn) { return same(dn, entry.dn); });
    if (seen || redirections_.size() >= most_redirections) {
        std::string path;
        for (const auto& dn : redirections_)
            path += short_name(dn) + " > ";
        return broken(entry, "leads in a circle: " + path + short_name(entry.dn));
    }
    const auto dn = Dn::parse(other);
    if (!dn) return broken(entry, "\"" + printable(other, 200) + "\" is no name");
    auto found = people_.by_name(*dn);
    if (auto* silent = std::get_if<CannotSay>(&found))
        return std::get<Resolution>(*unanswered("alternate recipient", std::move(*silent)));
    const auto* const target = std::get_if<Entry>(&found);
    if (target == nullptr) return broken(entry, "names " + other + ", which does not exist");
    const auto to = mail::parse_address(mail_address(*target));
    if (!to) return broken(entry, "names " + other + ", which has no mail address");
    step("alternate recipient", other + " gets it instead of " + name, false, {{"dn", other}});
    note("redirect", other);
    redirections_.push_back(entry.dn);
    authorized_ = true;
    no_report_ = false;
    auto out = object(*target, *to, postmaster);
    if (auto* answer = std::get_if<Resolution>(&out)) {
        const auto why = "forwarded by " + name + "; ";
        if (auto* route = std::get_if<Route>(answer)) route->why = why + route->why;
        if (auto* expand = std::get_if<Expand>(answer)) expand->why = why + expand->why;
    }
    return out;
}

Procedure::Outcome Procedure::broken(const Entry& entry, const std::string& what)
{
    return std::get<Resolution>(*cannot_say(
        "alternate recipient", CannotSay{Error{EventId::redirection_broken,
                                               entry.dn.to_rfc4514() + ": altRecipient " + what}}));
}

Procedure::Outcome Procedure::returned(const mail::Address& address)
{
    if (config_.srs_key.empty())
        return std::get<Resolution>(
            *cannot_say("rewritten sender",
                        CannotSay{Error{EventId::srs_key_not_kept,
                                        "there is no key to judge " + address.to_string()}}));
    const auto back = mail::Srs{config_.srs_key}.reverse(address.local, wall_clock().now());
    if (!back) return nobody(address.to_string() + " is no address that we have made, or is old");
    auto sender = mail::parse_address(*back);
    if (!sender) return nobody(address.to_string() + " leads nowhere");
    // Whoever has had mail from us knows such an address: it must not be a relay for three weeks.
    no_report_ = request_.from_client && !request_.sender.empty();
    step("rewritten sender",
         "made by us for " + *back + ", who gets reports" +
             (no_report_ ? "; this is none, so it is mail for him like any other" : ""));
    note("srs", *back);
    authorized_ = true;
    relay_ = config::RowRelay::inherit;  // what was said of our domain is not said of his
    return std::move(*sender);
}

}  // namespace imc::transfer
