#pragma once
/// @file mail/address.h  Mail addresses as they stand in an SMTP envelope.
///
/// Rules:   RFC 5321 4.1.2 (paths, quoted local parts, address literals), 4.5.3.1 (64 / 255 / 254
///          octets), RFC 6531 3.3 (UTF-8), 4.1.1.3 and appendix C (source routes are dropped)
/// KB:      Q166540, Q146567 (256-octet domains), Q228998 (trailing space in a domain), Q140940
/// Errors:  as a short text saying what is wrong, and where; the dialogue chooses the reply.
#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace imc::mail {

/// A mailbox. `local` is unquoted (its plain octets); `domain` is as written, without trailing dot.
struct Address {
    std::string local;
    std::string
        domain;         ///< "example.org", "[192.0.2.1]", "[IPv6:...]"; empty for bare "postmaster"
    bool utf8 = false;  ///< has octets above 0x7f: needs SMTPUTF8

    bool is_literal() const { return domain.starts_with('['); }
    std::string to_string() const;  ///< local part quoted where it must be
    std::string
    normalized() const;  ///< lower case, for look-ups and loops; domains by their A-label
    friend bool operator==(const Address&, const Address&) = default;
};

struct AddressError {
    AddressError() = default;
    explicit AddressError(std::string text, std::size_t offset = 0)
        : what{std::move(text)}, at{offset}
    {}
    std::string what;    ///< "local part of 70 octets, at most 64"
    std::size_t at = 0;  ///< where, in octets from the beginning of what was read
};
[[noreturn]] void throw_exception_from_error(const AddressError& e, const boost::source_location&);

template <class T>
using Parsed = boost::system::result<T, AddressError>;

/// "user@example.org" without angle brackets. @param utf8_allowed  SMTPUTF8 was negotiated.
Parsed<Address> parse_address(std::string_view text, bool utf8_allowed = true);

struct Path {
    Address address;  ///< of "<>" (is_null): empty
    bool is_null = false;
    std::string_view rest = {};  ///< behind '>': parameters, with their leading space
};

/// "<@a,@b:user@c> SIZE=5": source route dropped. A bare "<postmaster>" (any case) is legal.
Parsed<Path> parse_path(std::string_view text, bool utf8_allowed = true);

/// The domain in lower case, as A-labels (IDNA 2008), one trailing dot removed. Empty: not a
/// domain.
std::string canonical_domain(std::string_view domain);

}  // namespace imc::mail
