#pragma once
/// @file mail/dsn.h  Failure reports: RFC 3464 in RFC 6522 multipart/report.
///
/// Never caused by a report: the caller looks at the envelope's sender first (RFC 5321 4.5.5).
#include "base/time.h"

#include <string>
#include <string_view>
#include <vector>

namespace imc::mail {

struct ReportedRecipient {
    std::string address;
    std::string original;  ///< ORCPT as given, may be empty
    std::string action = "failed";
    std::string status;  ///< "5.1.1"
    std::string host;    ///< "mx.example.net[192.0.2.7]:25"; empty: nobody was reached
    std::string reply;   ///< of that host, or our own words
};

struct Report {
    std::string id;    ///< makes the boundary and Message-ID unique
    std::string host;  ///< reporting MTA, our name
    std::string from;  ///< "postmaster@example.org"
    std::string to;    ///< the envelope sender of the message
    std::string envid = {};
    WallTime arrived_at{};
    WallTime now{};
    std::vector<ReportedRecipient> recipients;
    std::string_view original;  ///< the message; its header is returned
};

/// The text of the report, CRLF, 7 bit.
std::string write_report(const Report& report);

}  // namespace imc::mail
