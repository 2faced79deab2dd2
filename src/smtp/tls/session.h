#pragma once
/// @file smtp/tls/session.h  OpenSSL over one socket, without waiting. For the .cc files of
/// streams.
///
/// Every call tries, and says what it would have to wait for. Octets go through send() with
/// MSG_NOSIGNAL: OpenSSL's own socket BIO would raise SIGPIPE.
#include "smtp/stream.h"
#include "smtp/tls/openssl.h"

namespace imc::smtp {

struct Handshake;

class TlsSession {
public:
    /// Null when there is no certificate to show. @param descriptor  non-blocking, outlives this.
    static std::unique_ptr<TlsSession> accept(const TlsServer& tls, int descriptor);
    static std::unique_ptr<TlsSession> connect(const TlsClient& tls, const std::string& name,
                                               int descriptor);
    ~TlsSession();

    enum class Wants : std::uint8_t { nothing, read, write };
    /// What a call came to: done, or wait for readiness and call again, or failed for good.
    struct Step {
        Wants wants = Wants::nothing;
        boost::system::error_code failure = {};
        std::size_t octets = 0;
    };

    Step handshake();
    Step read(std::span<char> into);
    Step write(std::string_view octets);
    bool has_pending() const;  ///< something came that read() has not handed out
    Step shutdown();           ///< sends close_notify; does not wait for the peer's

    /// After the handshake. A client that asked for a verified peer and got another: an error.
    IoResult<TlsFacts> facts() const;

private:
    TlsSession(openssl::Ssl ssl, std::unique_ptr<Handshake> handshake);
    Step judge(int result);

    std::unique_ptr<Handshake> handshake_;  ///< null: client
    openssl::Ssl ssl_;
    const TlsClient* client_ = nullptr;
    bool dead_ = false;  ///< OpenSSL must not be called again
};

}  // namespace imc::smtp
