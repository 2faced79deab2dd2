#pragma once
/// @file smtp/tls/loaded_pair.h  A certificate with its key in memory. For this folder only.
#include "smtp/tls/openssl.h"
#include "smtp/tls/pair.h"

#include <variant>

namespace imc::smtp {

struct LoadedPair {
    openssl::Certificate certificate;
    std::vector<openssl::Certificate> chain;
    openssl::Key key;
    CertificateFacts facts;
};

std::variant<LoadedPair, CertificateFlaw> load_pair(const CertificateFiles& files);

/// What is not well about a pair that can be shown: its dates, its names.
std::optional<CertificateFlaw> lesser_flaw(const CertificateFiles& files, const LoadedPair& pair,
                                           std::chrono::sys_seconds now);

/// SHA-256 of a certificate, lower-case hex.
std::string fingerprint(const X509* certificate);
std::string subject(const X509* certificate);

}  // namespace imc::smtp
