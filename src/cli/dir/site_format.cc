#include "cli/dir/site_format.h"

#include "base/text.h"
#include "config/open_directory.h"

#include <algorithm>

namespace imc::cli {

bool is_smtp_format(std::string_view text) { return starts_with_word(text, "SMTP:"); }

std::optional<SiteAddressing> site_addressing(Context& context, Place& place)
{
    const auto site = config::site_dn(place.paths());
    if (!site) {
        context.fail(site.error());
        return {};
    }
    SiteAddressing out{
        *site, site->child("cn", "Configuration").child("cn", "Site Addressing"), {}, {}};
    const auto answer = place.directory().read(out.dn, after(Place::patience));
    const auto* entry = std::get_if<Entry>(&answer);
    if (entry == nullptr) {
        const auto* silent = std::get_if<CannotSay>(&answer);
        place.fail(silent != nullptr
                       ? silent->reason
                       : Error{EventId::directory_no_such_object, out.dn.to_rfc4514()});
        return {};
    }
    for (const auto& format : entry->all("imcAddressFormat"))
        out.formats.push_back(format);
    for (const auto& domain : entry->all("imcSiteDomain"))
        out.domains.push_back(mail::canonical_domain(domain));
    return out;
}

std::optional<mail::AddressTemplate> parse_format(Context& context, const SiteAddressing& site,
                                                  std::string_view text)
{
    const auto format = is_smtp_format(text) ? text.substr(5) : text;
    auto parsed = mail::AddressTemplate::parse(format);
    if (!parsed) {
        context.fail("the format \"" + printable(format, 200) + "\": " + parsed.error().what +
                         " (column " + std::to_string(parsed.error().at + 1) + ")",
                     2);
        return {};
    }
    if (std::ranges::find(site.domains, parsed->domain()) == site.domains.end()) {
        std::string known;
        for (const auto& domain : site.domains)
            known += (known.empty() ? "" : ", ") + domain;
        context.fail("the format \"" + printable(format, 200) + "\" makes addresses of " +
                         parsed->domain() + ", and the site receives mail for " + known +
                         "; add the domain first: imc dir modify " +
                         shell_word(site.dn.to_rfc4514()) +
                         " --add imcSiteDomain=" + parsed->domain(),
                     2);
        return {};
    }
    return std::move(*parsed);
}

std::optional<mail::AddressTemplate> smtp_format(Context& context, const SiteAddressing& site)
{
    const auto found = std::ranges::find_if(site.formats, is_smtp_format);
    if (found != site.formats.end()) return parse_format(context, site, *found);
    if (!site.domains.empty()) return parse_format(context, site, "@" + site.domains.front());
    context.fail(Error{EventId::routing_table_unreadable,
                       site.dn.to_rfc4514() + " has neither imcAddressFormat nor imcSiteDomain"});
    return {};
}

mail::RecipientNames names_of(const Entry& entry)
{
    const auto text = [&entry](std::string_view name) { return std::string{entry.first(name)}; };
    return {text("mailNickname"), text("sn"), text("givenName"), text("initials"),
            text("displayName")};
}

std::optional<std::string> address_for(Context& context, Place& place, const Entry& somebody)
{
    const auto site = site_addressing(context, place);
    if (!site) return {};
    const auto format = smtp_format(context, *site);
    if (!format) return {};
    std::optional<Error> failure;
    const auto is_taken = [&](const std::string& address) {
        const auto holders =
            place.directory().search(site->site.parent(), Scope::subtree,
                                     "(proxyAddresses=smtp:" + escape_filter_value(address) + ")",
                                     after(Place::patience), 2);
        if (!holders) failure = holders.error();
        return holders && !holders->empty();
    };
    auto address = format->unique_address(names_of(somebody), is_taken);
    if (failure) {
        place.fail(*failure);
        return {};
    }
    if (!address.empty()) return address;
    context.fail("all addresses that the format \"" + format->text() +
                 "\" makes are taken; give one with --address");
    return {};
}

}  // namespace imc::cli
