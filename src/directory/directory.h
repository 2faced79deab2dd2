#pragma once
/// @file directory/directory.h  The organization's directory: one interface, two engines.
///
/// embedded.h keeps it in SQLite beside the service, ldap.h asks servers. Both pass the suite in
/// tests/directory/contract_test.cc, and accept the same batches (agreement_test.cc).
///
/// Calls block up to their deadline; whoever runs on an I/O thread goes through a worker pool
/// unless is_local(). A deadline that is past is 40001, and nothing was changed.
///
/// Values are matched by their attribute's rule: ignoring letter case and runs of spaces; exact
/// ones ignore only runs of spaces, octets nothing, names (DN) are compared as names. Names keep
/// the spelling of each part from when it was added or renamed. The order of values and of what a
/// search finds is not promised. The root is no object.
///
/// An address (a value of proxyAddresses) belongs to one object: another one that asks for it gets
/// 40014, which names the owner. The embedded engine has an index that cannot hold two; an LDAP
/// server is asked before the change, so two writers at one moment can get past unless it has the
/// `unique` overlay (OpenLDAP), and readers must bear several holders (event 10000).
///
/// What differs: the embedded engine ignores the case of ASCII letters only, knows attributes by
/// the names of share/schema/imc.yaml and no operational ones, and finds an object by the classes
/// it lists; a server may also know OIDs, other names and the classes above.
///
/// Errors:  40001 (cannot be reached), 40011 (refused: rights, schema), 40012 (no such object),
///          40013 (exists already), 40014 (a proxy address that is taken), 40015 (filter),
///          40894 (apply, ldap: a part was made and stayed, or nobody knows).
/// Threads: any.
#include "base/answer.h"
#include "base/time.h"
#include "directory/entry.h"
#include "directory/following.h"

#include <functional>
#include <memory>
#include <optional>

namespace imc {

enum class Scope : std::uint8_t { base, one_level, subtree };

/// A change to the directory. Like an LDIF change record (RFC 2849).
struct AttributeChange {
    enum class Kind : std::uint8_t { add, remove, replace } kind;
    std::string attribute;
    std::vector<std::string> values;  ///< remove: empty removes all; replace: empty removes all
};

struct Change {
    enum class Kind : std::uint8_t { add, modify, remove, rename } kind;
    Dn dn;
    Attributes attributes = {};                 ///< add
    std::vector<AttributeChange> changes = {};  ///< modify
    Rdn new_rdn = {};                           ///< rename
    bool delete_old_rdn = true;                 ///< rename
    std::optional<Dn> new_superior = {};        ///< rename: moves the object and what is below
};

/// What a search is to prove beyond what it finds.
struct Proof {
    /// Whoever is found and is not meant is nobody: the filter had to ask for more. Empty: all are.
    std::function<bool(const Entry& entry)> meant = {};
    bool whole = false;  ///< that nobody else is there is an answer, too: what was found is all
};

/// Some of the values of an attribute, where a server gives them in parts.
struct ValueRange {
    std::vector<std::string> values;
    std::optional<std::size_t> next = {};  ///< the first of the next part; none: these are the last
    std::string mark = {};  ///< another when the object has changed; empty: the server has none
};

class Directory {
public:
    virtual ~Directory() = default;

    /// "embedded (PATH)" or "ldap://host:389": for messages.
    virtual std::string description() const = 0;
    /// True when calls need no network and may run where they are made.
    virtual bool is_local() const = 0;

    /// One object with all its attributes.
    virtual Answer<Entry> read(const Dn& dn, Deadline deadline) = 0;

    /// read(), where what was is no answer: 40001 when whoever has the object lacks changes that
    /// were seen before (old_answers).
    virtual Answer<Entry> read_current(const Dn& dn, Deadline deadline)
    {
        return read(dn, deadline);
    }

    /// Objects below `base` that match `filter` (RFC 4515 text; see filter.h). More than `limit` is
    /// 40011, never a silent part. A missing base is 40012, never an empty answer. Below the root,
    /// one_level is what stands at the top of the tree ("dc=example,dc=org").
    virtual Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                              Deadline deadline, std::size_t limit = 10'000) = 0;

    /// Every object of the subtree that matches, one after the other, in memory that does not grow
    /// with their number. What is changed meanwhile may be seen as it was or as it is.
    /// @param take  false: that was enough
    using Take = std::function<bool(Entry&& entry)>;
    virtual Result<> scan(const Dn& base, std::string_view filter, Deadline deadline,
                          const Take& take);

    /// Success: finding nothing by `filter` means that there is nothing. Servers take an attribute
    /// that they do not know, or do not let us search by, for one that nobody has: then 40011. Each
    /// attribute of `filter` is asked of the object `base`; below the root, of each one that stands
    /// at the top of the tree. Values count, too: by one that the attribute cannot have (an
    /// IA5String that is not ASCII) nothing is proven, so a stranger's do not belong there.
    virtual Result<> understands(const Dn& base, std::string_view filter, Deadline deadline);

    /// search(), of which nobody is an answer: it is 40011 unless whoever found nothing, and no
    /// other server, understands() `known`; 40001 if that one lacks changes that were seen before.
    /// @return  whom `proof` means
    virtual Result<std::vector<Entry>>
    search_for_proof(const Dn& base, Scope scope, std::string_view filter, std::string_view known,
                     Deadline deadline, std::size_t limit = 10'000, const Proof& proof = {});

    /// All or nothing. Where the engine has no transactions (ldap) what came before the failure is
    /// undone as far as the server lets us, and others see the steps; 40894 says that something
    /// stayed, or may have. After any other Error all is as it was. Each change sees those before
    /// it. Of several flaws any one may be named.
    virtual Result<> apply(std::span<const Change> changes, Deadline deadline) = 0;

    /// Is this the password of `dn`? Absent: there is no such object, or it has none. Engines with
    /// userPassword hashes of ours read them; ldap binds on a connection of its own and changes
    /// nobody's pool. An empty password is never sent: it would be an anonymous bind that succeeds
    /// (RFC 4513 section 5.1.2).
    /// @param password  as saslprep() made it
    virtual Answer<bool> check_password(const Dn& dn, std::string_view password, Deadline deadline);

    /// The values from the one numbered `from` on of an attribute that read() or search() brought
    /// in part only (value_range.h). Engines that never do so refuse (40011).
    virtual Answer<ValueRange> values(const Dn& dn, std::string_view attribute, std::size_t from,
                                      Deadline deadline);

    /// A number that grows with each change seen, for caches and watches. Cheap, except with an
    /// LDAP server without syncprov (ldap.h).
    virtual Result<std::uint64_t> revision(Deadline deadline) = 0;

    /// Tells the follower of each change from some time on, if the engine and its server can; what
    /// cannot be reached, or not yet, is tried again and again. The directory lives longer.
    /// @param attributes  that a change is told with, when the object has them
    /// @return  null: the engine never tells
    virtual std::unique_ptr<Following> follow(std::vector<std::string> attributes,
                                              std::shared_ptr<Follower> follower);

    /// How many answers with something in them came, so far, from a server that lacks changes which
    /// were seen before: it says what was. Who keeps answers looks before and after a question, and
    /// keeps none when this has grown.
    virtual std::uint64_t old_answers() const { return 0; }
};

/// 40010 or 40011 when the name, or the change, is none that an engine could make.
Result<> check_name(const Dn& dn);
Result<> check_change(const Change& change);

/// "(proxyAddresses=smtp:a\2ab@example.org)": a value made safe for a filter, RFC 4515 section 3.
std::string escape_filter_value(std::string_view value);

}  // namespace imc
