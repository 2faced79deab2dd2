#pragma once
/// @file admin/site_format.h  The addresses that a site makes for its recipients.
///
/// Errors:  40402 (a format that is none, or of a domain that is not the site's), 40203, and what
///          the directory says.
#include "base/paths.h"
#include "directory/directory.h"
#include "mail/address_template.h"

namespace imc::admin {

/// Site Addressing, as far as addresses are made by it.
struct SiteAddressing {
    Dn site, dn;
    std::vector<std::string> formats;  ///< imcAddressFormat, of all types
    std::vector<std::string> domains;  ///< imcSiteDomain, lower case A-labels
};

Result<SiteAddressing> site_addressing(const Paths& paths, Directory& directory, Deadline deadline);

/// @param text  "%g.%s@contoso.example", with or without "SMTP:" before it; of a domain of the site
Result<mail::AddressTemplate> parse_format(const SiteAddressing& site, std::string_view text);

/// That of Site Addressing, "%m@" its first domain where it has none.
Result<mail::AddressTemplate> smtp_format(const SiteAddressing& site);

bool is_smtp_format(std::string_view text);

mail::RecipientNames names_of(const Entry& entry);

/// An address for somebody new. Error 40402 when all that the format makes are taken.
Result<std::string> address_for(const Paths& paths, Directory& directory, const Entry& somebody,
                                Deadline deadline);

}  // namespace imc::admin
