#pragma once
/// @file mail/header.h  Fields of a header section, and the addresses in them.
///
/// Tolerant, where mail/originators.h is strict (who may send must be certain; who is filtered must
/// not get away by a flaw), since what strangers send must be judged, not judged correct: comments
/// are left out (nested ones too), quoted strings and folding are understood, groups are opened, a
/// source route is dropped. A display name never becomes an address (Q247647); of
/// "<user@right>@wrong" the brackets count (Q198563).
///
/// Rules:   RFC 5322 2.2, 3.2.2, 3.4, 3.6; RFC 6532
/// KB:      Q152432, Q152864 (several comments), Q231748, Q182232 (folded fields)
/// Threads: pure.
#include <string>
#include <string_view>
#include <vector>

namespace imc::mail {

struct HeaderField {
    std::string_view name;   ///< as written, without the colon
    std::string_view value;  ///< behind the colon, folds in it, without the last line end
    std::string_view whole;  ///< with its last line end
};

/// All fields, in order, up to the first empty line. A line that is no field belongs to nothing.
std::vector<HeaderField> header_fields(std::string_view text);

/// Values of every field of that name, letter case ignored, unfolded and trimmed.
std::vector<std::string> header_values(std::string_view text, std::string_view name);

/// Line ends removed; white space stays (RFC 5322 2.2.3).
std::string unfold(std::string_view value);

/// The addresses of a From, To, Cc... value: "user@example.org", quoted local parts as they are.
/// Something without '@' is given as it stands; an empty value gives nothing.
std::vector<std::string> addresses_in(std::string_view value);

/// One of them, and how it is written.
struct FoundAddress {
    std::string text;
    std::size_t end;       ///< behind its last octet, in the value
    bool several = false;  ///< words with space between them: no address
};
std::vector<FoundAddress> found_addresses(std::string_view value);

/// The value with "@domain" behind each address that is a lone local part, as local programs write
/// "root (Cron Daemon)". Several words are no address; everything else stays as it is.
std::string with_domain(std::string_view value, std::string_view domain);

}  // namespace imc::mail
