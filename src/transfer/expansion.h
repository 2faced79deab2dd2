#pragma once
/// @file transfer/expansion.h  Who is on a list, portion by portion.
///
/// A walk down from one object: groupOfNames and AD's group (`member`), groupOfUniqueNames
/// (`uniqueMember`), posixGroup (`memberUid`, by `uid`), and lists whose members a search finds
/// (`imcMemberURL`, `memberURL`: ldap:///BASE??SCOPE?FILTER, within the organization). A list on a
/// list is entered, and the alternate recipient of a member is followed.
///
/// Everybody is reached once, by object and by address (Q143375), whatever the number of paths. A
/// list that contains itself is no harm; the circle is told as a path. What is in memory: a hash of
/// each member, and the names on the lists that are open (an LDAP server sends a list whole; Active
/// Directory in ranges, of which one at a time is here).
///
/// Nobody gets part of a list: too many members (5.5.3) and a directory that cannot say (more than
/// 10,000 objects that a search finds, too; a list of which only a server tells that lacks changes)
/// end it, and what was given before is for nothing.
/// Members that do not exist, or have no address, are left out and counted; lists within that do
/// not take mail from this sender, or such a large one, or none at all (imcDisabled) are told
/// apart.
///
/// KB:      Q143375 (two copies), Q246051, Q126497 (limits are said, not swallowed)
/// Threads: one at a time; next() blocks when the directory is not local.
#include "directory/directory.h"
#include "mail/address.h"
#include "transfer/restriction.h"

#include <memory>
#include <span>
#include <unordered_set>

namespace imc::transfer {

/// imcList, and the usual classes of groups.
std::span<const std::string_view> list_classes();
/// Of one of them.
bool is_list(const Entry& entry);
/// The primary address: "SMTP:" of proxyAddresses, else mail, else where a contact's mail goes.
std::string mail_address(const Entry& entry);
/// "staff" of "cn=staff,ou=Oslo,o=Contoso": for paths.
std::string short_name(const Dn& dn);

/// Members that have been reached, of all lists of one message. Hashes only.
class SeenMembers {
public:
    /// @param key  Dn::normalized()
    bool add_object(const std::string& key) { return objects_.add(of(key)); }
    bool has_object(const std::string& key) const { return objects_.contains(of(key)); }
    bool add_address(const mail::Address& address)
    {
        return addresses_.add(of(address.normalized()));
    }
    bool add_address(std::string_view address);

    /// From here on what is added can be taken back.
    void begin();
    void take_back();

private:
    struct Set {
        bool add(std::size_t hash);
        bool contains(std::size_t hash) const { return hashes.contains(hash); }
        std::unordered_set<std::size_t> hashes;
        std::vector<std::size_t> since;  ///< begin()
        bool noting = false;
    };
    static std::size_t of(const std::string& text) { return std::hash<std::string>{}(text); }
    Set objects_, addresses_;
};

/// ldap:///BASE??SCOPE?FILTER (RFC 4516); of the host nothing is believed.
struct MemberSearch {
    Dn base;
    Scope scope = Scope::base;
    std::string filter = "(objectClass=*)";
};
Result<MemberSearch> parse_member_url(std::string_view text);

struct ExpansionLimits {
    std::size_t members = 200'000;
    std::size_t depth = 20;
    std::chrono::milliseconds patience{30'000};  ///< with each question
    std::uint64_t message_octets = 0;  ///< for imcMaxReceiveKB of lists within; 0: not known
    /// No: who sends is not known, and what members say of senders is not asked. For explanations.
    bool asks_senders = true;
};

class Expansion {
public:
    static constexpr std::size_t most_found = 10'000;  ///< of one search
    static constexpr std::size_t examples = 100;       ///< of each sort that are kept for people

    struct Named {
        std::string address;
        std::string why;          ///< the path, the reason
        std::string status = {};  ///< of who refuses: "550 5.7.1"
    };
    struct Facts {
        std::size_t members = 0;
        std::vector<Named> reached = {};      ///< the first of them: "staff > sales"
        std::vector<std::string> loops = {};  ///< "staff > sales > staff"
        std::size_t left_out = 0;
        std::vector<std::string> missing =
            {};  ///< the first of them: "cn=gone,...: no such object"
        std::size_t refused = 0;
        std::vector<Named> refusals = {};  ///< the first of them: who does not take this message
    };

    /// Some more members. `last`: that were all.
    struct Portion {
        std::vector<std::string> addresses;
        bool last = false;
    };
    struct TooLarge {
        std::string why;  ///< with counts, for the report
    };
    using Step = std::variant<Portion, TooLarge, CannotSay>;

    /// @param sender  lists and members within that do not take mail from it are left out
    Expansion(std::shared_ptr<Directory> directory, Dn organization, ExpansionLimits limits,
              Sender sender, std::shared_ptr<SeenMembers> seen);

    /// The object where it begins. Call once, first. @return nothing: it is open
    /// @param addressed  how a mailbox that keeps its copy was written to; empty: as the directory
    ///        calls it
    std::optional<CannotSay> open(const Dn& object, std::string addressed = {});
    /// At most `most` members, none twice; fewer, or none, when `until` has come.
    Step next(std::size_t most, Deadline until);

    const Facts& facts() const { return facts_; }
    const Entry& root() const { return root_; }

private:
    /// What the server has not sent yet of a list (directory/value_range.h).
    struct Rest {
        Dn list;
        std::size_t next;  ///< the first of it
        std::string mark;  ///< of the list as it was when it was entered
    };
    /// A list that is open.
    struct Level {
        std::string name, key;
        std::vector<std::string> names = {};  ///< DNs, the last is next
        std::vector<std::string> uids = {};
        std::vector<std::string> searches = {};
        std::vector<Entry> found = {};
        std::optional<Rest> rest = {};
    };
    using Refusal = std::variant<std::monostate, TooLarge, CannotSay>;

    Answer<Entry> read(const Dn& name);
    Refusal step(std::vector<std::string>& out);
    Refusal follow(const std::string& name, std::vector<std::string>& out);
    Refusal by_uid(const std::string& uid, std::vector<std::string>& out);
    Refusal search(const std::string& url);
    Refusal go_on();
    Refusal visit(const Entry& entry, std::vector<std::string>& out);
    Refusal redirect(const Entry& entry, std::string address, std::vector<std::string>& out);
    Refusal enter(const Entry& list);
    Refusal emit(const Entry& entry, std::string address, std::vector<std::string>& out);
    bool is_refused(const Entry& entry, const std::string& address);
    /// Of a list within what its address would say; of people the queue asks it of each copy.
    bool is_closed(const Entry& list);
    void refuse(const Entry& entry, const std::string& address, std::string status,
                std::string why);
    std::optional<Error> in_doubt(const Entry& entry) const;
    void leave_out(const std::string& what);
    Deadline patience() const { return after(limits_.patience); }
    std::string path() const;
    void note_loop(const std::string& key, const std::string& name);

    std::shared_ptr<Directory> directory_;
    Dn organization_;
    ExpansionLimits limits_;
    Sender sender_;
    std::shared_ptr<SeenMembers> seen_;
    Entry root_;
    std::string root_key_;
    std::string addressed_;  ///< how the root was written to; empty: by its own address
    std::vector<Level> open_;
    std::unordered_set<std::string> lists_;  ///< entered once
    bool old_ = false;                       ///< some member came from a server that lacks changes
    Facts facts_;
};

/// Whom reports on the copies of a list go to (imcReportsTo): not said, the owner if there is one.
enum class ReportsTo : std::uint8_t { originator, owner, nobody };
struct ListManners {
    ReportsTo reports_to = ReportsTo::originator;
    std::string owner = {};    ///< address; empty: none
    std::string display = {};  ///< displayName, else cn
};
/// @param instead  the owner of a list that wants one and names nobody who exists
Answer<ListManners> manners_of(const Entry& list, Directory& directory, const std::string& instead,
                               Deadline deadline);

}  // namespace imc::transfer
