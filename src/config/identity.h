#pragma once
/// @file config/identity.h  Who is this host, says the directory; and does the registry agree?
///
/// The identity rule (architecture, section 3): expected names come from the connector object named
/// by CommonName, else from the only server object that bears this host's name. o=, ou= and cn= are
/// compared one by one, byte for byte after unescaping, with the Directory Names (RDNs). A
/// difference only in letter case or white space refuses too, and is named as such.
///
/// KB: Q298565 (SiteDN must match exactly), Q155027 (reinstalled under other names), Q163243 (4018)
#include "base/text.h"
#include "config/assertion.h"

#include <optional>

namespace imc::config {

/// What the registry says, as far as identity is concerned. Absent: not there, or not a string.
struct IdentityFacts {
    std::optional<std::string> site_dn;
    std::optional<std::string> common_name;
    std::string host_name;   ///< of the registry or the system; its first label may name the server
    Dn base;                 ///< suffix below which o= lives
    std::string registry;    ///< the file, for `where`
    std::string cli_option;  ///< " --root DIR" or empty, for commands that we print
};

struct Identity {
    Entry connector;
    Dn organization;
    Dn site;
    Dn server;
};

/// "/o=Org/ou=Site/cn=Configuration/cn=Servers/cn=SERVER"
std::string site_dn_text(std::string_view organization, std::string_view site,
                         std::string_view server);

/// Appends the assertions connector.object, connector.unique, connector.home-server,
/// identity.site-dn, identity.organization, identity.site, identity.server to `out`.
/// @return  the identity the directory proves, when it is unique, whether or not SiteDN agrees.
std::optional<Identity> judge_identity(const IdentityFacts& facts, Directory& directory,
                                       Deadline deadline, std::vector<Assertion>& out);

/// "differs only in letter case", "differs only in white space", or "differs"; empty: the same.
std::string difference(std::string_view found, std::string_view expected);

using imc::shell_word;

}  // namespace imc::config
