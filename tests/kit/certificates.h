#pragma once
/// @file tests/kit/certificates.h  Certificates of a test: made in memory, written as PEM.
#include "smtp/tls/openssl.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace imc::kit {

struct TestCertificate {
    smtp::openssl::Certificate certificate;
    smtp::openssl::Key key;
};

struct CertificateWish {
    std::string name = {};      ///< common name and subject alternative name
    long from_seconds = -3600;  ///< from now
    long to_seconds = 90L * 24 * 3600;
    const TestCertificate* issuer = nullptr;  ///< null: self-signed
    bool authority = false;
};

inline void sure(bool done)
{
    if (!done) throw std::runtime_error{"OpenSSL refused a test certificate"};
}

inline void extend(X509* certificate, int kind, const std::string& value)
{
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    sure(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

inline TestCertificate make_certificate(const CertificateWish& wish)
{
    static long serial = 1000;
    TestCertificate made;
    made.key.reset(EVP_EC_gen("P-256"));
    made.certificate.reset(X509_new());
    X509* const x = made.certificate.get();
    sure(made.key && x != nullptr && X509_set_version(x, 2) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), wish.from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(x), wish.to_seconds);
    sure(X509_set_pubkey(x, made.key.get()) == 1);
    X509_NAME* const name = X509_get_subject_name(x);
    sure(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(wish.name.data()),
                                    static_cast<int>(wish.name.size()), -1, 0) == 1);
    const auto& issuer = wish.issuer != nullptr ? *wish.issuer : made;
    sure(X509_set_issuer_name(x, X509_get_subject_name(issuer.certificate.get())) == 1);
    extend(x, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
    extend(x, NID_subject_alt_name, "DNS:" + wish.name);
    sure(X509_sign(x, issuer.key.get(), EVP_sha256()) != 0);
    return made;
}

inline void write_text(const std::string& path, BIO* bio, unsigned mode)
{
    char* octets = nullptr;
    const auto size = BIO_get_mem_data(bio, &octets);
    std::ofstream{path, std::ios::binary | std::ios::trunc}.write(octets, size);
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
}

inline void write_certificate(const TestCertificate& made, const std::string& path)
{
    const smtp::openssl::Bio bio{BIO_new(BIO_s_mem())};
    sure(PEM_write_bio_X509(bio.get(), made.certificate.get()) == 1);
    write_text(path, bio.get(), 0644);
}

inline void write_key(const TestCertificate& made, const std::string& path, unsigned mode = 0600)
{
    const smtp::openssl::Bio bio{BIO_new(BIO_s_mem())};
    sure(PEM_write_bio_PrivateKey(bio.get(), made.key.get(), nullptr, nullptr, 0, nullptr,
                                  nullptr) == 1);
    write_text(path, bio.get(), mode);
}

/// A folder that goes when the test ends.
class Folder {
public:
    Folder()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "imc-tls-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace imc::kit
