#include "cli/certificate.h"

#include "base/files.h"
#include "smtp/tls/openssl.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

namespace imc::cli {
namespace {

using smtp::openssl::Certificate;
using smtp::openssl::Key;
using Memory = smtp::openssl::Bio;

Error failed(const std::string& what)
{
    return Error{EventId::value_invalid, "the certificate could not be made: " + what};
}

std::string text_of(const Memory& memory)
{
    char* octets = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &octets);
    return {octets, static_cast<std::size_t>(size)};
}

bool name_it(X509* certificate, const std::string& host)
{
    X509_NAME* const name = X509_get_subject_name(certificate);
    // RFC 5280 limits a common name to 64 octets; the subject alternative name has no such limit.
    const auto common = host.substr(0, 64);
    if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common.data()),
                                   static_cast<int>(common.size()), -1, 0) != 1 ||
        X509_set_issuer_name(certificate, name) != 1)
        return false;
    const std::string names = "DNS:" + host;
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    if (extension == nullptr) return false;
    const bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

Certificate self_signed(EVP_PKEY* key, const std::string& host)
{
    Certificate certificate{X509_new()};
    std::array<unsigned char, 8> serial{};
    if (!certificate || RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return {};
    std::uint64_t number = 0;
    for (const auto octet : serial)
        number = number << 8U | octet;
    constexpr long ten_years = 3652L * 24 * 3600;
    if (X509_set_version(certificate.get(), 2) != 1 ||
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), number >> 1U) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600) == nullptr ||
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ten_years) == nullptr ||
        X509_set_pubkey(certificate.get(), key) != 1 || !name_it(certificate.get(), host) ||
        X509_sign(certificate.get(), key, EVP_sha256()) == 0)
        return {};
    return certificate;
}

}  // namespace

Result<> make_certificate(FileSystem& files, const std::string& folder, const std::string& host)
{
    const std::string key_file = folder + "/imc.key";
    const std::string certificate_file = folder + "/imc.crt";
    if (files.status(key_file) || files.status(certificate_file)) return {};

    const Key key{EVP_EC_gen("P-256")};
    if (!key) return failed("no ECDSA key");
    const auto certificate = self_signed(key.get(), host);
    if (!certificate) return failed("OpenSSL refused it for the name " + host);

    const Memory key_text{BIO_new(BIO_s_mem())};
    const Memory certificate_text{BIO_new(BIO_s_mem())};
    if (!key_text || !certificate_text ||
        PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) != 1 ||
        PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1)
        return failed("it could not be encoded");
    for (const auto& [path, text] : {std::pair{key_file, text_of(key_text)},
                                     std::pair{certificate_file, text_of(certificate_text)}})
        if (const auto written = write_file_atomically(files, path, text, 0600); !written)
            return failed(path + ": " + written.error().message());
    return {};
}

}  // namespace imc::cli
