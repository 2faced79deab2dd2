#pragma once
/// @file smtp/tls/pair.h  A certificate file and its key file, judged.
///
/// One judgement for the running service and for `imc check`, so that both say the same.
///
/// A key that others may read is not used: who has it can pass for us, and nobody would notice.
/// The group may read (0640, as Debian's ssl-cert does it). A certificate that has expired is
/// *shown*, with an event: a peer that verifies refuses it rightly, one that does not still gets
/// its privacy, which a vanished STARTTLS would take away.
#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace imc::smtp {

struct CertificateFiles {
    std::string name;         ///< lower case: "mail.example.org", "*.example.org", a listener's
                              ///< "192.0.2.1:465", or "*": for everything else
    std::string certificate;  ///< PEM: ours first, then what leads to the root
    std::string key;          ///< PEM, without a pass phrase
    friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

struct CertificateFlaw {
    std::string file;
    std::string found;
    std::string expected;
    std::string mend;  ///< a command, or what to do
};

struct CertificateFacts {
    std::string subject;             ///< RFC 2253
    std::string issuer;              ///< likewise
    std::vector<std::string> names;  ///< subject alternative names, of DNS
    std::string fingerprint;         ///< SHA-256, lower-case hex
    bool self_signed = false;
    std::chrono::sys_seconds begins;  ///< notBefore
    std::chrono::sys_seconds ends;    ///< notAfter
};

struct CertificateVerdict {
    std::optional<CertificateFacts> facts;  ///< none: the pair cannot be shown
    std::optional<CertificateFlaw> flaw;    ///< with facts: it can be shown, yet is not well
};

/// Reads both files. @param now  for the dates.
CertificateVerdict judge_pair(const CertificateFiles& files, std::chrono::sys_seconds now);

/// "2026-11-25"
std::string date(std::chrono::sys_seconds at);

}  // namespace imc::smtp
