#include "admin/site_format.h"

#include "base/text.h"
#include "config/open_directory.h"

#include <algorithm>

namespace imc::admin {
namespace {

Error refuse(std::string line) { return Error{EventId::admin_refused, std::move(line)}; }

}  // namespace

bool is_smtp_format(std::string_view text) { return starts_with_word(text, "SMTP:"); }

Result<SiteAddressing> site_addressing(const Paths& paths, Directory& directory, Deadline deadline)
{
    const auto site = config::site_dn(paths);
    if (!site) return site.error();
    SiteAddressing out{
        *site, site->child("cn", "Configuration").child("cn", "Site Addressing"), {}, {}};
    const auto answer = directory.read(out.dn, deadline);
    if (const auto* silent = std::get_if<CannotSay>(&answer)) return silent->reason;
    const auto* entry = std::get_if<Entry>(&answer);
    if (entry == nullptr) return Error{EventId::directory_no_such_object, out.dn.to_rfc4514()};
    for (const auto& format : entry->all("imcAddressFormat"))
        out.formats.push_back(format);
    for (const auto& domain : entry->all("imcSiteDomain"))
        out.domains.push_back(mail::canonical_domain(domain));
    return out;
}

Result<mail::AddressTemplate> parse_format(const SiteAddressing& site, std::string_view text)
{
    const auto format = is_smtp_format(text) ? text.substr(5) : text;
    auto parsed = mail::AddressTemplate::parse(format);
    if (!parsed)
        return refuse("the format \"" + printable(format, 200) + "\": " + parsed.error().what +
                      " (column " + std::to_string(parsed.error().at + 1) + ")");
    if (std::ranges::find(site.domains, parsed->domain()) == site.domains.end()) {
        std::string known;
        for (const auto& domain : site.domains)
            known += (known.empty() ? "" : ", ") + domain;
        return refuse("the format \"" + printable(format, 200) + "\" makes addresses of " +
                      parsed->domain() + ", and the site receives mail for " + known +
                      "; add the domain first: imc dir modify " + shell_word(site.dn.to_rfc4514()) +
                      " --add imcSiteDomain=" + parsed->domain());
    }
    return std::move(*parsed);
}

Result<mail::AddressTemplate> smtp_format(const SiteAddressing& site)
{
    const auto found = std::ranges::find_if(site.formats, is_smtp_format);
    if (found != site.formats.end()) return parse_format(site, *found);
    if (!site.domains.empty()) return parse_format(site, "@" + site.domains.front());
    return Error{EventId::routing_table_unreadable,
                 site.dn.to_rfc4514() + " has neither imcAddressFormat nor imcSiteDomain"};
}

mail::RecipientNames names_of(const Entry& entry)
{
    const auto text = [&entry](std::string_view name) { return std::string{entry.first(name)}; };
    return {text("mailNickname"), text("sn"), text("givenName"), text("initials"),
            text("displayName")};
}

Result<std::string> address_for(const Paths& paths, Directory& directory, const Entry& somebody,
                                Deadline deadline)
{
    const auto site = site_addressing(paths, directory, deadline);
    if (!site) return site.error();
    const auto format = smtp_format(*site);
    if (!format) return format.error();
    std::optional<Error> failure;
    const auto is_taken = [&](const std::string& address) {
        const auto holders = directory.search(
            site->site.parent(), Scope::subtree,
            "(proxyAddresses=smtp:" + escape_filter_value(address) + ")", deadline, 2);
        if (!holders) failure = holders.error();
        return holders && !holders->empty();
    };
    auto address = format->unique_address(names_of(somebody), is_taken);
    if (failure) return *failure;
    if (!address.empty()) return address;
    // The exit status of a command; wrong usage is 2.
    return Error{EventId::admin_refused,
                 "all addresses that the format \"" + format->text() +
                     "\" makes are taken; give one with --address",
                 1};
}

}  // namespace imc::admin
