#include "smtp/tls/session.h"

#include "base/text.h"
#include "smtp/tls/client_state.h"
#include "smtp/tls/contexts.h"
#include "smtp/tls/error.h"
#include "smtp/tls/server.h"
#include "smtp/tls/socket_bio.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>

namespace imc::smtp {
namespace {

bool is_address(const std::string& name)
{
    std::array<unsigned char, 16> octets{};
    return ::inet_pton(AF_INET, name.c_str(), octets.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), octets.data()) == 1;
}

/// SNI never carries an address (RFC 6066 3); what the certificate must say may be one.
bool aim_at(SSL* ssl, const std::string& name)
{
    if (name.empty() || name.find('\0') != std::string::npos) return name.empty();
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 &&
           SSL_set1_host(ssl, name.c_str()) == 1;
}

/// RFC 9266 2. Under TLS 1.2 the exporter binds only with the extended master secret (RFC 7627).
std::string exporter(SSL* ssl)
{
    if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1) return {};
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    std::array<unsigned char, 32> out{};
    constexpr unsigned char no_context = 0;
    if (SSL_export_keying_material(ssl, out.data(), out.size(), label.data(), label.size(),
                                   &no_context, 0, 1) != 1)
        return {};
    return {reinterpret_cast<const char*>(out.data()), out.size()};
}

/// RFC 5929 4.1: the hash of the certificate's signature, MD5 and SHA-1 replaced by SHA-256.
/// A signature without a hash of its own (Ed25519) has no such binding.
std::string end_point(const X509* certificate)
{
    if (certificate == nullptr) return {};
    int digest = NID_undef;
    if (X509_get_signature_info(const_cast<X509*>(certificate), &digest, nullptr, nullptr,
                                nullptr) != 1 ||
        digest == NID_undef)
        return {};
    if (digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
    const auto* const hash = EVP_get_digestbynid(digest);
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (hash == nullptr || X509_digest(certificate, hash, out.data(), &size) != 1) return {};
    return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace

TlsSession::TlsSession(openssl::Ssl ssl, std::unique_ptr<Handshake> handshake)
    : handshake_{std::move(handshake)}, ssl_{std::move(ssl)}
{}

TlsSession::~TlsSession() = default;

std::unique_ptr<TlsSession> TlsSession::accept(const TlsServer& tls, int descriptor)
{
    auto contexts = tls.certificates().contexts();
    const auto* const one = contexts->preset(tls.listener(), tls.banner());
    if (one == nullptr) return nullptr;
    openssl::Ssl ssl{SSL_new(one->context.get())};
    auto handshake = std::make_unique<Handshake>(
        Handshake{std::move(contexts), tls.certificates().ticket_keys(), {}});
    if (!ssl || SSL_set_ex_data(ssl.get(), handshake_index(), handshake.get()) != 1 ||
        !attach_socket(ssl.get(), descriptor))
        throw std::bad_alloc{};
    SSL_set_accept_state(ssl.get());
    return std::unique_ptr<TlsSession>{new TlsSession{std::move(ssl), std::move(handshake)}};
}

std::unique_ptr<TlsSession> TlsSession::connect(const TlsClient& tls, const std::string& name,
                                                int descriptor)
{
    openssl::Ssl ssl{SSL_new(tls.state().context.get())};
    if (!ssl || !attach_socket(ssl.get(), descriptor)) throw std::bad_alloc{};
    if (!aim_at(ssl.get(), name)) return nullptr;
    SSL_set_connect_state(ssl.get());
    std::unique_ptr<TlsSession> session{new TlsSession{std::move(ssl), nullptr}};
    session->client_ = &tls;
    return session;
}

TlsSession::Step TlsSession::judge(int result)
{
    const int system = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE: return {};
    case SSL_ERROR_WANT_READ: return {Wants::read};
    case SSL_ERROR_WANT_WRITE: return {Wants::write};
    case SSL_ERROR_ZERO_RETURN: return {Wants::nothing, net::error::eof};
    case SSL_ERROR_SYSCALL:
        dead_ = true;
        ERR_clear_error();
        if (system == 0) return {Wants::nothing, make_error_code(TlsError::truncated)};
        return {Wants::nothing, {system, boost::system::system_category()}};
    default: break;
    }
    dead_ = true;
    const auto code = ERR_peek_error();
    if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
        ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return {Wants::nothing, make_error_code(TlsError::truncated)};
    }
    if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
        ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        ERR_clear_error();
        return {Wants::nothing, verify_error(SSL_get_verify_result(ssl_.get()))};
    }
    return {Wants::nothing, openssl_error(TlsError::truncated)};
}

TlsSession::Step TlsSession::handshake()
{
    ERR_clear_error();
    errno = 0;
    return judge(SSL_do_handshake(ssl_.get()));
}

TlsSession::Step TlsSession::read(std::span<char> into)
{
    if (dead_) return {Wants::nothing, make_error_code(TlsError::truncated)};
    ERR_clear_error();
    errno = 0;
    std::size_t octets = 0;
    auto step = judge(SSL_read_ex(ssl_.get(), into.data(), into.size(), &octets));
    step.octets = octets;
    return step;
}

TlsSession::Step TlsSession::write(std::string_view text)
{
    if (dead_) return {Wants::nothing, make_error_code(TlsError::truncated)};
    ERR_clear_error();
    errno = 0;
    std::size_t octets = 0;
    auto step = judge(SSL_write_ex(ssl_.get(), text.data(), text.size(), &octets));
    step.octets = octets;
    return step;
}

bool TlsSession::has_pending() const { return !dead_ && SSL_has_pending(ssl_.get()) == 1; }

TlsSession::Step TlsSession::shutdown()
{
    if (dead_ || SSL_in_init(ssl_.get()) != 0) return {};
    ERR_clear_error();
    errno = 0;
    const int result = SSL_shutdown(ssl_.get());
    if (result >= 0) return {};
    return judge(result);
}

IoResult<TlsFacts> TlsSession::facts() const
{
    SSL* const ssl = ssl_.get();
    TlsFacts facts;
    facts.version = SSL_get_version(ssl);
    facts.cipher = SSL_get_cipher_name(ssl);
    facts.exporter = exporter(ssl);
    const openssl::Certificate peer{SSL_get1_peer_certificate(ssl)};
    const long verified = SSL_get_verify_result(ssl);
    if (handshake_) {
        facts.server_name = handshake_->server_name;
        facts.end_point = end_point(SSL_get_certificate(ssl));
        if (peer && verified == X509_V_OK) {
            facts.client_subject = subject(peer.get());
            facts.client_fingerprint = fingerprint(peer.get());
        }
        return facts;
    }
    facts.end_point = end_point(peer.get());
    const auto verify = client_->state().settings.verify;
    if (!peer)
        facts.peer_flaw = "no certificate";
    else if (verify == TlsVerify::none)
        facts.peer_flaw = "not asked";
    else if (verified != X509_V_OK)
        facts.peer_flaw = verify_error(verified).message();
    if (verify == TlsVerify::required && !facts.peer_flaw.empty())
        return make_error_code(TlsError::unverified_peer);
    return facts;
}

}  // namespace imc::smtp
