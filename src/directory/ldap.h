#pragma once
/// @file directory/ldap.h  The directory on LDAP servers: OpenLDAP, and what speaks like it.
///
/// Names are whole names: what lies below `base` ends in it ("o=Org,dc=example,dc=org"), in the
/// calls as in the answers and in values of DN syntax. The base itself is used by probe() and
/// revision(). A search at the root of the tree covers the server's naming contexts, but for
/// cn=config, cn=monitor and cn=accesslog, where nobody stands. One that cannot be searched (empty,
/// hidden, a referral) is 40011, except that search_for_proof() finds who is in another one.
///
/// Several URLs are several doors to the same data: the first that answers is used; one that did
/// not is rested for some seconds while another stands. Referrals are not followed.
///
/// LDAP has no transactions: apply() undoes what came before a failure, newest first; what could
/// not be undone is named in the Error. An address that belongs to another object (40014) is looked
/// for before each change; only the server's `unique` overlay closes the gap between look and
/// change.
///
/// revision() is the newest contextCSN of the naming context that holds the base (syncprov), as
/// microseconds since 1970 and four bits of change count, or one more than the last answer when
/// another provider's contextCSN grew. Without syncprov all objects are read, and it is the newest
/// entryCSN or modifyTimestamp of them, or one more than the last answer when something was removed
/// since. Active Directory counts changes itself (highestCommittedUSN), those of its own
/// book-keeping among them.
///
/// Absence is proved only by a server that has every change which revision(), or another who has
/// the same LdapSettings::memory, has ever seen, of each provider (seen_changes.h): one that is
/// behind (a replica, or restored from a backup) is 40001, never "no such object", and what it has
/// is counted among old_answers(), but is never all (Proof::whole, read_current). Servers without
/// syncprov cannot be judged so, and are believed. A provider that is shown no more is not
/// forgotten before a restart (docs/decisions/20261126-people-apart.md).
///
/// follow() tells of changes where the server offers syncrepl (RFC 4533) for one naming context
/// that holds the base, and shows its contextCSN: on a connection of its own, opened again when it
/// is lost. What such a server has told counts among the changes seen, at once.
///
/// The id of an object is its entryUUID, in lower case.
///
/// Passwords are read from their file for every connection and never appear in a text.
///
/// Errors:  directory.h's, and 40030 (TLS: the certificate's reason), 40031 (schema missing),
///          40032 (password file: unreadable, or readable by others).
/// Sources: RFC 4511, 4513 (StartTLS, EXTERNAL), 2696 (pages), 4530, 4533; KB Q251152.
/// Threads: any; up to `pool` connections work at once, the next caller waits within its deadline.
///          Name resolution is the one wait the deadline does not bound: resolv.conf does.
#include "directory/directory.h"
#include "directory/seen_changes.h"

#include <chrono>
#include <memory>

namespace imc {

struct LdapSettings {
    enum class Tls : std::uint8_t { none, start_tls, ldaps };

    std::vector<std::string> urls;  ///< ldap://HOST[:PORT], ldaps://..., ldapi://%2Fpath
    std::string base = {};          ///< RFC 4514; may be empty
    std::string bind_dn = {};       ///< empty: anonymous, or EXTERNAL
    std::string password_file = {};
    Tls tls = Tls::none;                      ///< an ldaps:// URL means ldaps, ldapi:// means none
    std::string ca_file = {};                 ///< PEM; empty: the system's
    bool verify = true;                       ///< the certificate's chain, dates and name
    bool sasl_external = false;               ///< over ldapi: who we are is what the kernel says
    std::chrono::seconds connect_timeout{5};  ///< one server: TCP, TLS and bind together
    std::chrono::seconds operation_timeout{10};  ///< one operation, when the deadline is later
    unsigned pool = 4;                           ///< most connections at once
    /// What read() and search() bring of an object; empty: everything that is no secret of the
    /// server's. A company's objects hold photographs.
    std::vector<std::string> attributes = {};
    bool counts_by_reading = true;  ///< revision() without syncprov; false: sees no change there
    /// What others who asked these servers for this base have seen; null: nobody else asks.
    std::shared_ptr<ChangeMemory> memory = {};
};

/// No network until the first question.
std::unique_ptr<Directory> ldap_directory(LdapSettings settings);

/// Connects, binds, looks for the base and for our schema. The first flaw is the Error: 40001,
/// 40030, 40032, 40011 (bind refused), 40012 (no base), 40031. Each URL is tried.
Result<> probe(const LdapSettings& settings, Deadline deadline);

/// Adds cn=imc,cn=schema,cn=config when the identity in `settings` may; what another schema of the
/// server defines already is left out.
/// @return  empty when the schema is in force; else the LDIF that somebody with the right must add.
Result<std::string> load_schema(const LdapSettings& settings, Deadline deadline);

/// Lines for the database's cn=config object; without them look-ups walk through all objects.
std::string_view schema_index_lines();

}  // namespace imc
