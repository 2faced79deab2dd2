#pragma once
/// @file directory/directory.h  The organization's directory: one interface, two engines.
///
/// embedded.h keeps it in SQLite beside the service, ldap.h asks servers. tests/directory/
/// contract.h is the suite both pass; what differs (transactions, schema) is said there.
///
/// Calls block up to their deadline; whoever runs on an I/O thread goes through a worker pool
/// unless is_local(). Values are matched by their attribute's rule: ignoring ASCII case and runs of
/// spaces, except for userPassword and attributes the schema marks exact.
///
/// Errors:  40001 (cannot be reached), 40011 (refused: rights, schema), 40012 (no such object),
///          40013 (exists already), 40014 (a proxy address that is taken), 40015 (filter).
/// Threads: any.
#include "base/answer.h"
#include "base/time.h"
#include "directory/entry.h"

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

class Directory {
public:
    virtual ~Directory() = default;

    /// "embedded (PATH)" or "ldap://host:389": for messages.
    virtual std::string description() const = 0;
    /// True when calls need no network and may run where they are made.
    virtual bool is_local() const = 0;

    /// One object with all its attributes.
    virtual Answer<Entry> read(const Dn& dn, Deadline deadline) = 0;

    /// Objects below `base` that match `filter` (RFC 4515 text). More than `limit` is an Error,
    /// never a silent part. A missing base is 40012.
    virtual Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                              Deadline deadline, std::size_t limit = 10'000) = 0;

    /// All or, when the engine has no transactions (ldap), what came before the failure is undone
    /// as far as the server lets us; the Error says if anything stayed.
    virtual Result<> apply(std::span<const Change> changes, Deadline deadline) = 0;

    /// Is this the password of `dn`? Absent: there is no such object, or it has none. Engines with
    /// userPassword hashes of ours read them; ldap binds on a connection of its own and changes
    /// nobody's pool. An empty password is never sent: it would be an anonymous bind that succeeds
    /// (RFC 4513 section 5.1.2).
    /// @param password  as saslprep() made it
    virtual Answer<bool> check_password(const Dn& dn, std::string_view password, Deadline deadline);

    /// A number that grows with each change seen, for caches and watches. Cheap.
    virtual Result<std::uint64_t> revision(Deadline deadline) = 0;
};

/// "(proxyAddresses=smtp:a\2ab@example.org)": a value made safe for a filter, RFC 4515 section 3.
std::string escape_filter_value(std::string_view value);

}  // namespace imc
