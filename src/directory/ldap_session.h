#pragma once
/// @file directory/ldap_session.h  One bound connection to one LDAP server.
///
/// For ldap*.cc only. Every call waits at most until its deadline or the operation time-out; a call
/// that does is abandoned on the server and the session is broken() from then on.
///
/// Threads: one owner at a time.
#include "directory/ldap.h"

#include <functional>
#include <ldap.h>

namespace imc::ldap {

struct Unbind {
    void operator()(LDAP* handle) const { ldap_unbind_ext(handle, nullptr, nullptr); }
};
struct FreeMessage {
    void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Handle = std::unique_ptr<LDAP, Unbind>;
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

/// What the server said at the end of an operation.
struct Outcome {
    int code = LDAP_SUCCESS;  ///< LDAP_*; below zero: our side
    std::string diagnostic = {};
    std::string referral = {};
    std::string continued = {};  ///< a search's reference to another server, for a part of the tree
};

/// "no such object (32): text of the server", as an Error with the number that fits.
Error to_error(const Outcome& outcome, const std::string& what);
/// Of a naming context that is not to be searched, though the server names it: whoever may stand in
/// it is not proven absent. Nothing: it can be.
std::optional<Error> hidden_context(const Outcome& outcome, const std::string& where);
/// True when another server might have done better: nobody answered, or "unavailable", "busy".
bool is_unreachable(const Outcome& outcome);

struct SearchRequest {
    std::string base;
    Scope scope;
    std::string filter;
    std::vector<std::string> attributes = {};  ///< empty: all user attributes
    std::size_t limit = 1;
    std::string server = {};  ///< Session::server() that should be asked, if it can be had
    bool several = false;     ///< the base is one of several naming contexts that are asked
};

struct Found {
    std::string dn;
    Attributes attributes;
    std::string id = {};  ///< entryUUID, when it was taken out of the attributes
};

/// RFC 4530: what stays when an object is renamed.
inline constexpr const char* entry_uuid = "entryUUID";

class Session {
public:
    /// Connects, secures and binds. 40001, 40030, 40032, 40011.
    static Result<std::unique_ptr<Session>> open(const LdapSettings& settings,
                                                 const std::string& url, Deadline deadline);

    /// Connects and secures, and binds as nobody yet.
    static Result<std::unique_ptr<Session>> open_unbound(const LdapSettings& settings,
                                                         const std::string& url, Deadline deadline);

    /// A simple bind as `dn`. What it does to the connection lasts: for one of its own only.
    Outcome bind_as(const std::string& dn, std::string_view password, Deadline deadline);

    /// At most limit + 1 objects are put into `found`; that one too many says there are more.
    Outcome search(const SearchRequest& request, std::vector<Found>& found, Deadline deadline);

    /// All that match, page by page, each in the operation time-out; the request's limit is none.
    /// @param take  false: that was enough
    Outcome pages(SearchRequest request, const std::function<bool(std::vector<Found>& page)>& take,
                  Deadline deadline);

    Outcome add(const std::string& dn, const Attributes& attributes, Deadline deadline);
    Outcome modify(const std::string& dn, const std::vector<AttributeChange>& changes,
                   Deadline deadline);
    Outcome remove(const std::string& dn, Deadline deadline);
    Outcome rename(const std::string& dn, const std::string& new_rdn, bool delete_old_rdn,
                   const std::optional<std::string>& new_superior, Deadline deadline);

    const std::string& url() const noexcept { return url_; }
    bool broken() const noexcept { return broken_; }
    /// URL and address: behind the name of a domain may be several servers.
    const std::string& server() const noexcept { return server_; }
    /// The changes (ldap.h, revision) that this server has shown to have; for its owner.
    SeenChanges shown;
    /// False when the server closed the connection while nobody used it.
    bool is_alive() const;

private:
    friend class Sync;
    Session(const LdapSettings& settings, std::string url);

    Result<> connect(Deadline deadline);
    Result<> secure(bool start_tls, Deadline deadline);
    Result<> bind(Deadline deadline);
    Error unreachable(const Outcome& outcome, const std::string& doing) const;
    Outcome result_of(int sent, int message_id, Deadline deadline);
    Outcome page(const SearchRequest& request, const std::string& filter, std::string* cookie,
                 std::vector<Found>& found, Deadline deadline);
    Outcome from_handle(int code);
    Outcome timed_out(int message_id);
    std::optional<timeval> remaining(Deadline deadline) const;
    void bound_socket(Deadline deadline) const;
    Outcome parse(LDAPMessage* message, std::string* cookie);
    Found read_entry(LDAPMessage* message) const;

    LdapSettings settings_;
    std::string url_;
    std::string server_;
    Handle handle_;
    bool broken_ = false;
};

/// Why a server's certificate does not do, asked on a connection of its own which sends no secret;
/// empty when the certificate is not what is wrong.
std::string certificate_reason(const LdapSettings& settings, const std::string& url, bool start_tls,
                               Deadline deadline);

/// The TLS handshake; libldap's own knows no time-out. @return  LDAP_*.
int install_tls(LDAP* handle, Deadline deadline);

/// The password in `path`, without its line end. 40032.
Result<std::string> read_password(const std::string& path);

/// A new handle with our options and no connection; null when the URL is none.
Handle new_handle(const LdapSettings& settings, const std::string& url, bool verify,
                  std::chrono::milliseconds network_timeout);

}  // namespace imc::ldap
