#pragma once
/// @file smtp/tls/server.h  What one listener needs to answer a TLS handshake.
///
/// STARTTLS is offered, and 465 answered, while ready(). A certificate is chosen by the name the
/// client asks for (SNI); a client that names none, or one we do not know, sees the listener's own.
/// TLS 1.2 and 1.3, ECDHE, no renegotiation, no compression, tickets.
///
/// Events:  40604 (handshakes that fail: at most one a minute and reason, with their number)
/// Threads: any.
#include "smtp/tls/certificates.h"

#include <boost/system/error_code.hpp>

namespace imc::smtp {

class TlsServer {
public:
    /// @param listener  "192.0.2.1:465". @param banner  the host name the listener greets with.
    TlsServer(std::shared_ptr<TlsCertificates> certificates, std::string listener,
              std::string banner, const WallClock& clock = wall_clock());
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    bool ready() const;  ///< there is a certificate to show
    std::chrono::seconds handshake_timeout() const;

    /// Call when accept_tls has failed: counted, and said once a minute per reason.
    void handshake_failed(const std::string& peer, const boost::system::error_code& why) const;
    std::uint64_t failures() const;

    const TlsCertificates& certificates() const;
    const std::string& listener() const;
    const std::string& banner() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imc::smtp
