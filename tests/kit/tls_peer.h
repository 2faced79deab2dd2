#pragma once
/// @file tests/kit/tls_peer.h  A client of real OpenSSL with a mind of its own, in a thread.
///
/// It blocks on its end of a socket pair, with a limit on each wait, and knows nothing of our code.
#include "kit/certificates.h"

#include <openssl/err.h>

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/time.h>

namespace imc::kit {

struct TlsPeerWish {
    int version = 0;               ///< TLS1_2_VERSION: that one only; 0: what both know
    std::string server_name = {};  ///< SNI; empty: none
    std::string ciphers = {};      ///< of TLS 1.2
    SSL_SESSION* resume = nullptr;
    const TestCertificate* certificate = nullptr;  ///< shown when asked for
};

class TlsPeer {
public:
    using Session = std::unique_ptr<SSL_SESSION, smtp::openssl::Freed<SSL_SESSION_free>>;

    TlsPeer(int descriptor, const TlsPeerWish& wish) : descriptor_{descriptor}
    {
        const timeval limit{10, 0};
        ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        context_.reset(SSL_CTX_new(TLS_client_method()));
        if (wish.version != 0) {
            SSL_CTX_set_min_proto_version(context_.get(), wish.version);
            SSL_CTX_set_max_proto_version(context_.get(), wish.version);
            if (wish.version < TLS1_2_VERSION) SSL_CTX_set_security_level(context_.get(), 0);
        }
        if (!wish.ciphers.empty()) SSL_CTX_set_cipher_list(context_.get(), wish.ciphers.c_str());
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
        if (wish.certificate != nullptr) {
            SSL_CTX_use_certificate(context_.get(), wish.certificate->certificate.get());
            SSL_CTX_use_PrivateKey(context_.get(), wish.certificate->key.get());
        }
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), descriptor);
        if (!wish.server_name.empty())
            SSL_set_tlsext_host_name(ssl_.get(), wish.server_name.c_str());
        if (wish.resume != nullptr) SSL_set_session(ssl_.get(), wish.resume);
    }

    bool handshake() { return SSL_connect(ssl_.get()) == 1; }
    bool say(const std::string& text)
    {
        return SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) ==
               static_cast<int>(text.size());
    }
    /// Empty: the end, or a failure.
    std::string hear()
    {
        std::array<char, 4096> room{};
        const int octets = SSL_read(ssl_.get(), room.data(), static_cast<int>(room.size()));
        return octets > 0 ? std::string{room.data(), static_cast<std::size_t>(octets)}
                          : std::string{};
    }
    bool was_told_the_end() const
    {
        return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }
    void say_goodbye() { SSL_shutdown(ssl_.get()); }
    bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    Session session() { return Session{SSL_get1_session(ssl_.get())}; }
    std::string seen() const
    {
        const smtp::openssl::Certificate theirs{SSL_get1_peer_certificate(ssl_.get())};
        if (!theirs) return {};
        std::array<char, 256> name{};
        X509_NAME_get_text_by_NID(X509_get_subject_name(theirs.get()), NID_commonName, name.data(),
                                  static_cast<int>(name.size()));
        return name.data();
    }
    std::string version() const { return SSL_get_version(ssl_.get()); }
    std::string cipher() const { return SSL_get_cipher_name(ssl_.get()); }
    std::string exporter()
    {
        std::array<unsigned char, 32> out{};
        const unsigned char none = 0;
        const std::string label = "EXPORTER-Channel-Binding";
        SSL_export_keying_material(ssl_.get(), out.data(), out.size(), label.data(), label.size(),
                                   &none, 0, 1);
        return {reinterpret_cast<const char*>(out.data()), out.size()};
    }
    bool renegotiate()
    {
        return SSL_renegotiate(ssl_.get()) == 1 && SSL_do_handshake(ssl_.get()) == 1;
    }
    SSL* ssl() { return ssl_.get(); }
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
    smtp::openssl::Context context_;
    smtp::openssl::Ssl ssl_;
};

}  // namespace imc::kit
