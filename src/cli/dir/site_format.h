#pragma once
/// @file cli/dir/site_format.h  The addresses that a site makes for its recipients.
#include "cli/dir/place.h"
#include "mail/address_template.h"

#include <set>

namespace imc::cli {

/// Site Addressing, as far as addresses are made by it.
struct SiteAddressing {
    Dn site, dn;
    std::vector<std::string> formats;  ///< imcAddressFormat, of all types
    std::vector<std::string> domains;  ///< imcSiteDomain, lower case A-labels
};

/// Nothing: the reason is said.
std::optional<SiteAddressing> site_addressing(Context& context, Place& place);

/// @param text  "%g.%s@contoso.example", with or without "SMTP:" before it; of a domain of the site
std::optional<mail::AddressTemplate> parse_format(Context& context, const SiteAddressing& site,
                                                  std::string_view text);

/// That of Site Addressing, "%m@" its first domain where it has none.
std::optional<mail::AddressTemplate> smtp_format(Context& context, const SiteAddressing& site);

bool is_smtp_format(std::string_view text);

mail::RecipientNames names_of(const Entry& entry);

/// An address for somebody new. Nothing: the reason is said.
std::optional<std::string> address_for(Context& context, Place& place, const Entry& somebody);

/// `imc dir addresses`.
void add_dir_addresses(CLI::App& dir, Context& context);

}  // namespace imc::cli
