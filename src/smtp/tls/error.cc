#include "smtp/tls/error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

namespace imc::smtp {
namespace {

/// Ours are below 100, verifications (X509_V_ERR_*) in the second thousand, OpenSSL's packed
/// codes above: they carry the library in bits 23 to 30.
constexpr int first_verification = 1000;
constexpr int first_openssl = 1 << 23;

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "imc.tls"; }

    std::string message(int code) const override
    {
        if (code >= first_openssl) {
            const char* const reason = ERR_reason_error_string(static_cast<unsigned long>(code));
            return reason != nullptr ? reason : "TLS failure " + std::to_string(code);
        }
        if (code >= first_verification)
            return X509_verify_cert_error_string(code - first_verification);
        switch (static_cast<TlsError>(code)) {
        case TlsError::truncated: return "the peer is gone without close_notify";
        case TlsError::no_certificate: return "no certificate to show";
        case TlsError::already: return "the connection is under TLS already";
        case TlsError::not_tls: return "what the peer sent is no TLS";
        case TlsError::unverified_peer: return "the peer's certificate could not be verified";
        }
        return "TLS failure " + std::to_string(code);
    }
};

}  // namespace

const boost::system::error_category& tls_category()
{
    static const Category category;
    return category;
}

boost::system::error_code make_error_code(TlsError error)
{
    return {static_cast<int>(error), tls_category()};
}

boost::system::error_code openssl_error(TlsError fallback)
{
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    if (code == 0 || ERR_SYSTEM_ERROR(code)) return make_error_code(fallback);
    // What a peer that speaks no TLS at all leaves behind: a greeting, a web browser, noise.
    const int reason = ERR_GET_REASON(code);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
        (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
         reason == SSL_R_HTTPS_PROXY_REQUEST))
        return make_error_code(TlsError::not_tls);
    return {static_cast<int>(code), tls_category()};
}

boost::system::error_code verify_error(long code)
{
    return {first_verification + static_cast<int>(code), tls_category()};
}

}  // namespace imc::smtp
