#pragma once
/// @file smtp/tls/error.h  What can go wrong under TLS, as error codes with a text for people.
///
/// A code's message() is OpenSSL's own reason ("no shared cipher"), that of a certificate's
/// verification, or one of the texts below; never octets of the peer.
#include <boost/system/error_code.hpp>

namespace imc::smtp {

enum class TlsError : std::uint8_t {
    truncated = 1,        ///< the peer is gone without close_notify: what came may not be all
    no_certificate = 2,   ///< we have none to show; STARTTLS must not be offered
    already = 3,          ///< the stream is under TLS already
    not_tls = 4,          ///< what the peer sent is no TLS record
    unverified_peer = 5,  ///< the certificate is not what we ask for
};

const boost::system::error_category& tls_category();
boost::system::error_code make_error_code(TlsError error);

/// The oldest reason in OpenSSL's queue of this thread, which is emptied; `fallback` when it has
/// none.
boost::system::error_code openssl_error(TlsError fallback);

/// A failed verification, X509_V_ERR_*.
boost::system::error_code verify_error(long code);

}  // namespace imc::smtp
