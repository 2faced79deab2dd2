#pragma once
/// @file mail/local_message.h  What a local program hands to sendmail(1), as a message.
///
/// Such programs write LF, CRLF or both, leave out From and Date, put an mbox line before it all,
/// or write no header whatever; a line that cannot be a field ends the header, and is text.
///
/// Rules:   RFC 5322 2.2, 3.6, 3.6.6 (resent fields decide when there are any)
/// Threads: pure functions.
#include "mail/address.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace imc::mail {

struct LocalMessage {
    std::string header;  ///< whole fields, CRLF; empty: there is none
    std::string body;    ///< CRLF
};

/// Whether lines "From somebody", before the header, are an mbox's and left out.
enum class Mbox : std::uint8_t { line_may_begin, none };

/// LF, any number of CRs before one, and a lone CR are a line end each.
std::string with_crlf(std::string_view octets);

LocalMessage read_local_message(std::string_view octets, Mbox mbox = Mbox::line_may_begin);

/// All of To, Cc and Bcc, or of Resent-To, Resent-Cc and Resent-Bcc when one of those is there;
/// each once. A lone local part is an address. Errors: an address that is none, with its field.
Parsed<std::vector<std::string>> header_recipients(std::string_view header);

/// An address as a user gives it, perhaps a lone local part; several with commas.
Parsed<std::vector<std::string>> given_addresses(std::string_view text);

/// "Ann Lee <ann>", quoted or encoded (RFC 2047) where it must be; without a name the address.
std::string mailbox(std::string_view name, std::string_view address);

bool has_field(std::string_view header, std::string_view name);

}  // namespace imc::mail
