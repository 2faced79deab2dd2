#pragma once
/// @file mail/dsn.h  Reports on what became of a message: RFC 3464 in RFC 6522 multipart/report,
/// and RFC 6533 for internationalized mail.
///
/// Plain words first: what happened, to whom, why, and what the sender can do; then the same for
/// programs, then what was sent. What peers and senders wrote is bounded and never becomes
/// structure. Never caused by a report: the caller looks at the envelope's sender (RFC 5321 4.5.5).
///
/// Rules:   RFC 3461 6 (which fields), RFC 3463 (status), RFC 3834 3.1 (Auto-Submitted), RFC 6533
/// KB:      Q194896 (any number of recipients), Q230288 (a status is always valid), Q257264 (size)
/// Limits:  of a reply 900 octets, less when there are many recipients; in words the first 100
/// Threads: pure.
#include "base/time.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imc::mail {

/// RFC 3464 2.3.3.
enum class Action : std::uint8_t { failed, delayed, delivered, relayed, expanded };
std::string_view to_string(Action action);

struct ReportedRecipient {
    std::string address;
    std::string original = {};  ///< ORCPT as given, may be empty
    Action action = Action::failed;
    std::string status = {};  ///< "5.1.1"; what is none, or does not fit the action, is mended
    std::string host = {};    ///< "mx.example.net[192.0.2.7]:25"; empty: nobody was reached
    std::string reply = {};   ///< of that host, or our own words
    WallTime retry_until{};   ///< delayed
    WallTime last_attempt{};  ///< when a host or mail store was asked; {}: never, or not known
};

struct Report {
    std::string id;    ///< makes the boundary and Message-ID unique; the Final-Log-ID
    std::string host;  ///< reporting MTA, our name
    std::string from;  ///< "postmaster@example.org"
    std::string to;    ///< the envelope sender of the message, or whoever else is told
    std::string envid = {};
    WallTime arrived_at{};
    WallTime now{};
    std::vector<ReportedRecipient> recipients = {};
    std::string_view original = {};  ///< the message, or its header
    bool whole = false;              ///< all of `original` is returned, not its header alone
    std::uint64_t octets = 0;        ///< of the whole message
    bool utf8 = false;               ///< RFC 6533 form: for a sender who used SMTPUTF8
    std::string about = {};          ///< why somebody else than the sender is told; "": the sender
};

/// The text of the report, CRLF; 7 bit unless `utf8` or `whole`.
std::string write_report(const Report& report);

/// Whether a text can be returned whole within a MIME part: lines of at most 998 octets that end
/// CRLF, no NUL.
bool can_be_returned(std::string_view message);

/// The status for a report: `status` if it is one of RFC 3463 and of the class of the action, else
/// of the reply's own ("550 5.1.1 no"), else "5.0.0", "4.0.0" or "2.0.0".
std::string valid_status(std::string_view status, std::string_view reply, Action action);

/// "rfc822; bob@example.net"; "utf-8; ..." for an address beyond ASCII, in the form of RFC 6533 3
/// that a 7-bit report can hold unless `utf8`.
std::string typed_address(std::string_view address, bool utf8);

/// For whoever reads the report; internal to it.
void explain_in_words(std::string& out, const Report& report);
/// One line, bounded, 7 bit unless `utf8`.
std::string one_line(std::string_view text, std::size_t most, bool utf8);

}  // namespace imc::mail
