#pragma once
/// @file directory/ldap_sync.h  One connection on which a server tells of changes: RFC 4533,
/// refreshAndPersist.
///
/// The cookie is made of the contextCSN that the server has just shown, as OpenLDAP's own consumers
/// write it, so that nothing is sent of what is there already. Between two messages the server is
/// asked for its contextCSN on the same connection: that it lives, and how far it is.
///
/// For ldap*.cc only. Sources: RFC 4533; OpenLDAP's libldap, ldap_sync.c. Threads: one owner.
#include "directory/following.h"
#include "directory/ldap_session.h"

namespace imc::ldap {

/// What came next.
struct SyncNews {
    enum class Kind : std::uint8_t {
        none,        ///< nothing, until the deadline
        refreshed,   ///< from now on changes are told
        change,      ///< of one object
        everything,  ///< of nobody knows which
        cookie,      ///< elsewhere; the server is further
        alive,       ///< the answer to ask_how_far()
        ended,       ///< by the server, or the connection is gone: `outcome`
    } kind = Kind::none;
    ObjectChange change = {};
    std::vector<std::string> stamps = {};  ///< contextCSN values that came with it
    Outcome outcome = {};
};

class Sync {
public:
    /// @param context  the naming context, all of which is told of
    Sync(std::unique_ptr<Session> session, std::string context);

    /// @param stamps  its contextCSN, joined by ';'
    Outcome begin(const std::vector<std::string>& attributes, const std::string& stamps,
                  Deadline deadline);
    Outcome ask_how_far(Deadline deadline);
    SyncNews next(Deadline deadline);

    Session& session() const { return *session_; }

private:
    SyncNews news_of(LDAPMessage* message, int type);
    SyncNews change_of(LDAPMessage* message);
    SyncNews info_of(LDAPMessage* message);
    Outcome search(const std::string& base, int scope, const std::vector<std::string>& attributes,
                   LDAPControl** controls, Deadline deadline, int& id);
    SyncNews ended(Outcome outcome) const;

    std::unique_ptr<Session> session_;
    const std::string context_;
    int sync_ = -1;  ///< message ids
    int question_ = -1;
    bool refreshed_ = false;
    std::size_t before_refreshed_ = 0;
    std::vector<std::string> answer_;
};

/// "20ab...-....": 16 octets as entryUUID writes them.
std::string uuid_text(std::string_view octets);

/// The contextCSN values in "rid=000,sid=001,csn=A;B".
std::vector<std::string> stamps_in(std::string_view cookie);

}  // namespace imc::ldap
