#pragma once
/// @file transfer/next_hop.h  Whom this connector hands mail to: profile, delivery row, smart host,
/// MX; the hosts that a routing row or another connector names; and, within, the mailbox's store.
///
/// KB:      Q259531 (subdomains of a row), Q228998 (a trailing space)
/// Errors:  a store that cannot be read is CannotSay with 40110, never "no such user".
/// Threads: pure.
#include "config/config.h"
#include "directory/entry.h"
#include "mail/address.h"
#include "transfer/route.h"

namespace imc::transfer {

/// Where mail for a domain that is not ours goes when it is our connector that carries it.
/// @param domain  of the address: A-labels; a literal in lower case
/// @param why  filled with each row looked at
Route next_hop(const config::Config& config, const mail::Address& address,
               const std::string& domain, std::vector<std::string>* why = nullptr);

/// To hosts that are named for this mail and not for its domain.
/// @param kind  begins the key: "row", "connector"
Route to_named_hosts(std::string_view kind, const std::vector<config::Host>& hosts,
                     const std::string& address, std::string why);

/// A mailbox's or public folder's store. Contacts and lists are the procedure's.
/// @param address  as it was written
Resolution deliver_to(const config::Config& config, const Entry& entry, const std::string& address);

/// "mailbox", "contact", "distribution list", "public folder", by its class.
std::string_view kind_of(const Entry& entry);

}  // namespace imc::transfer
