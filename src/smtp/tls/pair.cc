#include "smtp/tls/pair.h"

#include "base/files.h"
#include "base/text.h"
#include "smtp/tls/error.h"
#include "smtp/tls/loaded_pair.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace imc::smtp {
namespace {

/// RFC 2253.
std::string words_of(const X509_NAME* name)
{
    const openssl::Bio bio{BIO_new(BIO_s_mem())};
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
    char* octets = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &octets);
    return {octets, static_cast<std::size_t>(size)};
}

using namespace std::chrono;

/// There is nobody to ask for a pass phrase.
int no_pass_phrase(char*, int, int, void* asked)
{
    *static_cast<bool*>(asked) = true;
    return -1;
}

openssl::Bio over(const std::string& text)
{
    return openssl::Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

CertificateFlaw unreadable(const std::string& path, const boost::system::error_code& why)
{
    return {path, why.message(), "a PEM file that the service's user may read",
            why.value() == EACCES ? "chgrp the file to the service's group and chmod 0640 " + path
                                  : "imc reg query -v TlsCertificates"};
}

sys_seconds instant(const ASN1_TIME* time)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return sys_seconds{seconds{::timegm(&parts)}};
}

std::vector<std::string> dns_names(const X509* certificate)
{
    std::vector<std::string> out;
    auto* const names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i) {
        const auto* const name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS) continue;
        const auto* const text = name->d.dNSName;
        out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                         static_cast<std::size_t>(ASN1_STRING_length(text)));
    }
    GENERAL_NAMES_free(names);
    return out;
}

CertificateFacts facts_of(X509* certificate)
{
    CertificateFacts facts;
    facts.subject = subject(certificate);
    facts.issuer = words_of(X509_get_issuer_name(certificate));
    facts.names = dns_names(certificate);
    facts.fingerprint = fingerprint(certificate);
    facts.self_signed = X509_self_signed(certificate, 0) == 1;
    facts.begins = instant(X509_get0_notBefore(certificate));
    facts.ends = instant(X509_get0_notAfter(certificate));
    return facts;
}

std::optional<CertificateFlaw> read_certificate(const std::string& path, LoadedPair& into)
{
    const auto text = read_file(real_files(), path);
    if (!text) return unreadable(path, text.error());
    const auto bio = over(*text);
    ERR_clear_error();
    for (;;) {
        openssl::Certificate next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
        if (!next) break;
        (into.certificate ? into.chain.emplace_back() : into.certificate) = std::move(next);
    }
    const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const auto reason = openssl_error(TlsError::no_certificate).message();
    if (into.certificate && ended) return {};
    return CertificateFlaw{path,
                           into.certificate ? "a broken certificate in the chain: " + reason
                                            : "no certificate: " + reason,
                           "certificates in PEM, ours first",
                           "openssl x509 -noout -text -in " + path};
}

std::optional<CertificateFlaw> read_key(const std::string& path, LoadedPair& into)
{
    const auto status = real_files().status(path);
    if (!status) return unreadable(path, status.error());
    if ((status->mode & 0027U) != 0)
        return CertificateFlaw{path, "mode " + octal(status->mode),
                               "a key that nobody but its owner can write, and none but owner and "
                               "group can read (0600 or 0640)",
                               "chmod 0600 " + path};
    const auto text = read_file(real_files(), path);
    if (!text) return unreadable(path, text.error());
    const auto bio = over(*text);
    bool asked = false;
    ERR_clear_error();
    into.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, &asked));
    const auto reason = openssl_error(TlsError::no_certificate).message();
    if (into.key) return {};
    if (asked)
        return CertificateFlaw{path, "a key under a pass phrase", "a private key without one",
                               "openssl pkey -in " + path + " -out NEW"};
    return CertificateFlaw{path, "no private key: " + reason, "a private key in PEM",
                           "openssl pkey -noout -text -in " + path};
}

}  // namespace

std::string date(sys_seconds at)
{
    const year_month_day day{floor<days>(at)};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return text.data();
}

std::string fingerprint(const X509* certificate)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    std::string out;
    if (X509_digest(certificate, EVP_sha256(), hash.data(), &size) != 1) return out;
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned i = 0; i < size; ++i) {
        out += digits[hash.at(i) >> 4U];
        out += digits[hash.at(i) & 15U];
    }
    return out;
}

std::string subject(const X509* certificate)
{
    return words_of(X509_get_subject_name(certificate));
}

std::variant<LoadedPair, CertificateFlaw> load_pair(const CertificateFiles& files)
{
    LoadedPair pair;
    if (auto flaw = read_certificate(files.certificate, pair)) return *std::move(flaw);
    if (auto flaw = read_key(files.key, pair)) return *std::move(flaw);
    if (X509_check_private_key(pair.certificate.get(), pair.key.get()) != 1) {
        ERR_clear_error();
        return CertificateFlaw{files.key, "a key that is not the certificate's",
                               "the private key of " + files.certificate,
                               "openssl x509 -noout -pubkey -in " + files.certificate +
                                   "; openssl pkey -pubout -in " + files.key};
    }
    pair.facts = facts_of(pair.certificate.get());
    return pair;
}

std::optional<CertificateFlaw> lesser_flaw(const CertificateFiles& files, const LoadedPair& pair,
                                           sys_seconds now)
{
    const auto& facts = pair.facts;
    if (now >= facts.ends)
        return CertificateFlaw{files.certificate, "expired on " + date(facts.ends),
                               "a certificate that is valid today", "renew the certificate"};
    if (now < facts.begins)
        return CertificateFlaw{files.certificate, "not valid before " + date(facts.begins),
                               "a certificate that is valid today",
                               "date -u; renew the certificate"};
    const bool named = files.name != "*" && files.name.find(':') == std::string::npos;
    const bool wild = files.name.starts_with("*.");
    const std::string name = wild ? "a" + files.name.substr(1) : files.name;
    if (named && X509_check_host(pair.certificate.get(), name.data(), name.size(), 0, nullptr) != 1)
        return CertificateFlaw{files.certificate,
                               "a certificate of " + printable(facts.subject, 200),
                               "one that names " + files.name, "imc reg query -v TlsCertificates"};
    return {};
}

CertificateVerdict judge_pair(const CertificateFiles& files, sys_seconds now)
{
    auto loaded = load_pair(files);
    if (auto* flaw = std::get_if<CertificateFlaw>(&loaded)) return {{}, std::move(*flaw)};
    auto& pair = std::get<LoadedPair>(loaded);
    auto flaw = lesser_flaw(files, pair, now);
    return {std::move(pair.facts), std::move(flaw)};
}

}  // namespace imc::smtp
