#pragma once
/// @file directory/attribute_map.h  Our names for what another directory calls otherwise.
///
/// Canonical names are those of share/schema/imc.yaml. A map says of which attributes of theirs a
/// canonical one is made, and which of their object classes are mailboxes, contacts, lists. An
/// object keeps all it has under their names; the canonical ones stand beside. Names of objects
/// (DN) are theirs and are never rewritten, as values or otherwise.
///
/// An attribute with one value takes the first value of the first of theirs that has one; others
/// take all values of all of theirs. What has no row is called the same in both.
///
/// proxyAddresses: when the object has addresses under that name, these are all. Else plain
/// addresses ("ann@example.org") become SMTP: for the first, smtp: for the rest.
/// imcDisabled:    userAccountControl is read as Active Directory means it, bit 2.
/// member;range=0-9: a part of theirs is a part of ours, under our name.
/// mailNickname:   a list, contact or folder without an alias is called by its cn. Nothing else is:
///                 two people of one name would share a Maildir.
///
/// Sources: RFC 2798 (inetOrgPerson), 4519 (groupOfNames), [MS-ADA1..3], [MS-ADTS] 2.2.16.
/// Errors:  40110 (a row that is none), 40015 (a filter that cannot be asked there).
/// Threads: a value; reading from any.
#include "directory/filter.h"

#include <optional>

namespace imc {

class AttributeMap {
public:
    enum class Flavour : std::uint8_t { imc, ad, openldap_inetorg };

    AttributeMap() = default;  ///< our own names
    explicit AttributeMap(Flavour flavour);

    /// Of "imc", "ad", "openldap-inetorg".
    static std::optional<Flavour> flavour_of(std::string_view word);

    /// "OUR-NAME=THEIR-NAME,THEIR-NAME" instead of what was said of OUR-NAME before; nothing on
    /// the right: they have none, whatever they call so. OUR-NAME may be a class.
    Result<> take(std::string_view row);

    Entry to_canonical(Entry theirs) const;

    /// Their attribute whose values are ours, to be asked for part by part (value_range.h).
    /// @return nothing: several are, or none
    std::optional<std::string> in_parts(std::string_view attribute) const;

    /// Their attributes that look-ups of recipients ask for equality.
    std::vector<std::string> looked_up() const;

    /// Those, and all others that a message may be asked by: lists that a sender is on, members by
    /// uid, targets of contacts, historic names, certificates. Each wants an index where the server
    /// knows it.
    /// @param only  RecipientFilter, in their names; empty: none
    std::vector<std::string> asked_by(std::string_view only) const;

    /// Their attributes of which an object is made under our names, and no others of theirs.
    std::vector<std::string> wanted() const;

    struct Question {
        std::string filter;  ///< in their names; finds at least what was asked
        bool exact;          ///< and nothing else; if not, `asked` must match what is found
    };
    Result<Question> to_theirs(const Filter& asked) const;

private:
    using Names = std::vector<std::string>;

    const Names* theirs_of(std::string_view attribute) const;
    Names gathered(const std::string& name, const Names& theirs, const Entry& entry) const;
    Filter translated(const Filter& asked, bool& exact) const;
    Filter translated_item(const Filter& asked, bool& exact) const;

    std::map<std::string, Names, LessWord> attributes_;
    std::vector<std::pair<std::string, Names>> classes_;  ///< the first that fits counts
};

}  // namespace imc
