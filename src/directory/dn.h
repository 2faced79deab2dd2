#pragma once
/// @file directory/dn.h  Distinguished names: RFC 4514 ("cn=a,ou=b,o=c") and X.500
/// ("/o=c/ou=b/cn=a").
///
/// Strict: KB Q166540's `/O=ORG=OU=SITE` overwrote memory; here it is an error with a position.
/// Multi-valued RDNs ("cn=a+ou=b") are read and kept. Values are UTF-8, unescaped.
///
/// Errors:  40010 (a DN that is none), with what was found where.
/// Threads: plain values.
#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace imc {

struct Ava {
    std::string type;   ///< as written; compared ignoring case
    std::string value;  ///< unescaped
    friend bool operator==(const Ava&, const Ava&) = default;
};

using Rdn = std::vector<Ava>;  ///< almost always one element

class Dn {
public:
    Dn() = default;                                                 ///< the root, "" (no RDN)
    explicit Dn(std::vector<Rdn> rdns) : rdns_{std::move(rdns)} {}  ///< as rdns() gave them

    /// Either form: text that begins with '/' is X.500, everything else RFC 4514.
    static Result<Dn> parse(std::string_view text);
    static Result<Dn> parse_rfc4514(std::string_view text);
    static Result<Dn> parse_x500(std::string_view text);

    /// RDNs from the entry up to the root: {cn=a}, {ou=b}, {o=c}.
    const std::vector<Rdn>& rdns() const noexcept { return rdns_; }
    bool is_root() const noexcept { return rdns_.empty(); }

    std::string to_rfc4514() const;  ///< minimal escapes; parses back to the same value
    /// "/o=c/ou=b/cn=a"; '/', '\' and '=' in values escaped by '\'. The form has no way to say a
    /// multi-valued RDN: its parts become names of their own.
    std::string to_x500() const;

    Dn parent() const;  ///< the root's is the root
    Dn child(std::string type, std::string value) const;
    Dn child(Rdn rdn) const;
    Dn below(const Dn& suffix) const;  ///< these RDNs, then those of `suffix`

    /// This name, which lies within `from`, as it reads when `from` has become `to`.
    Dn moved(const Dn& from, const Dn& to) const;

    /// True for `ancestor` itself as well. Compares like same().
    bool is_within(const Dn& ancestor) const;

    /// First value of attribute `type` seen from the root downwards (o=, ou=); empty when none.
    std::string_view value_of(std::string_view type) const;

    /// caseIgnoreMatch: ASCII case and runs of spaces are equal. For look-ups.
    friend bool same(const Dn& a, const Dn& b) { return a.normalized() == b.normalized(); }
    /// Byte for byte after unescaping, attribute types ignoring case. For the identity check.
    friend bool identical(const Dn& a, const Dn& b);

    /// A text that is equal for names that are the same(); key of maps and tables.
    std::string normalized() const;

private:
    std::vector<Rdn> rdns_;
};

}  // namespace imc
