#include "smtp/tls/contexts.h"

#include "base/files.h"
#include "base/text.h"
#include "smtp/tls/error.h"

#include <openssl/err.h>

#include <algorithm>

namespace imc::smtp {
namespace {

/// Forward secrecy only, AEAD first. CBC stays last: Windows servers of 2012 with an RSA
/// certificate have nothing better, and the clear is worse.
constexpr auto ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!AESCCM:!SHA1:!aNULL:!eNULL";
constexpr auto groups = "X25519:P-256:P-384:P-521";

Handshake* handshake_of(SSL* ssl)
{
    return static_cast<Handshake*>(SSL_get_ex_data(ssl, handshake_index()));
}

/// OpenSSL calls these, which is C: nothing may be thrown through it. The handshake fails instead,
/// which is told like any other that does (40604).
template <class Work>
int without_throwing(int failed, Work work) noexcept
try {
    return work();
} catch (...) {
    return failed;
}

int use_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* mac, int encrypt)
{
    auto* const handshake = handshake_of(ssl);
    if (handshake == nullptr || !handshake->keys) return -1;
    return without_throwing(
        -1, [&] { return handshake->keys->use(name, iv, cipher, mac, encrypt == 1); });
}

int choose_certificate(SSL* ssl)
{
    auto* const handshake = handshake_of(ssl);
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (handshake == nullptr || name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    handshake->server_name = lower(name);
    // An unknown name gets the listener's certificate: a client that minds will see it.
    const auto* const one = handshake->contexts->find(handshake->server_name);
    if (one == nullptr) return SSL_TLSEXT_ERR_NOACK;
    if (SSL_set_SSL_CTX(ssl, one->context.get()) == nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}

int choose_by_name(SSL* ssl, int*, void*)
{
    return without_throwing(SSL_TLSEXT_ERR_ALERT_FATAL, [ssl] { return choose_certificate(ssl); });
}

/// Half of the Internet shows a certificate when asked, few of them mean us: what cannot be
/// verified counts as none (SSL_get_verify_result keeps the flaw), and the mail still comes.
int never_break_off(int, X509_STORE_CTX*) { return 1; }

bool ask_for_client_certificate(SSL_CTX* context, const std::string& ca_file)
{
    auto* const names = SSL_load_client_CA_file(ca_file.c_str());
    if (names == nullptr) return false;
    SSL_CTX_set_client_CA_list(context, names);
    if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) return false;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, never_break_off);
    return true;
}

/// A session may only be resumed where the same client certificates count.
std::string session_scope(const std::string& client_ca_file)
{
    std::string text = "imc:" + client_ca_file;
    if (!client_ca_file.empty())
        if (const auto content = read_file(real_files(), client_ca_file)) text += *content;
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    (void)EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha256(), nullptr);
    return {reinterpret_cast<const char*>(hash.data()), SSL_MAX_SID_CTX_LENGTH};
}

bool show(SSL_CTX* context, const LoadedPair& pair)
{
    if (SSL_CTX_use_certificate(context, pair.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, pair.key.get()) != 1)
        return false;
    return std::ranges::all_of(pair.chain, [&](const auto& link) {
        return SSL_CTX_add1_chain_cert(context, link.get()) == 1;
    });
}

bool set_up(SSL_CTX* context, const std::string& scope)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // Without these buffers an idle session is 34 KiB lighter.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);  // a record costs one recv, not two
    // Sessions live in tickets, that is, at the client.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, std::chrono::seconds{TicketKeys::period}.count());
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_tlsext_servername_callback(context, choose_by_name);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1 &&
           SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_ticket_key) == 1 &&
           SSL_CTX_set_session_id_context(context,
                                          reinterpret_cast<const unsigned char*>(scope.data()),
                                          static_cast<unsigned>(scope.size())) == 1;
}

}  // namespace

const TlsCertificates::Contexts::One* TlsCertificates::Contexts::find(std::string_view name) const
{
    const auto by = [&](std::string_view wanted) -> const One* {
        const auto found = std::ranges::find(all, wanted, &One::name);
        return found == all.end() ? nullptr : &*found;
    };
    if (const auto* exact = by(name)) return exact;
    const auto dot = name.find('.');
    return dot == name.npos ? nullptr : by("*" + std::string{name.substr(dot)});
}

const TlsCertificates::Contexts::One*
TlsCertificates::Contexts::preset(const std::string& listener, const std::string& banner) const
{
    for (const auto& name : {listener, banner, std::string{"*"}})
        if (const auto* one = find(name)) return one;
    return all.empty() ? nullptr : &all.front();
}

MadeContext server_context(const LoadedPair& pair, const std::string& client_ca_file)
{
    ERR_clear_error();
    const std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
    if (context && set_up(context.get(), session_scope(client_ca_file)) &&
        show(context.get(), pair) &&
        (client_ca_file.empty() || ask_for_client_certificate(context.get(), client_ca_file)))
        return {context, {}};
    return {nullptr, openssl_error(TlsError::no_certificate).message()};
}

int handshake_index()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

}  // namespace imc::smtp
