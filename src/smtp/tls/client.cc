#include "smtp/tls/client.h"

#include "smtp/tls/client_state.h"
#include "smtp/tls/error.h"

#include <openssl/err.h>

namespace imc::smtp {
namespace {

int never_break_off(int, X509_STORE_CTX*) { return 1; }

}  // namespace

TlsClient::TlsClient(std::unique_ptr<State> state) : state_{std::move(state)} {}
TlsClient::~TlsClient() = default;

Result<std::shared_ptr<const TlsClient>> TlsClient::make(const TlsClientSettings& settings)
{
    ERR_clear_error();
    auto state = std::make_unique<State>();
    state->settings = settings;
    state->context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* const context = state->context.get();
    if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        return Error{EventId::value_invalid,
                     "OpenSSL: " + openssl_error(TlsError::no_certificate).message()};
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (settings.verify == TlsVerify::none) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
        return std::shared_ptr<const TlsClient>{new TlsClient{std::move(state)}};
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER,
                       settings.verify == TlsVerify::required ? nullptr : never_break_off);
    const bool loaded = settings.ca_file.empty()
                            ? SSL_CTX_set_default_verify_paths(context) == 1
                            : SSL_CTX_load_verify_file(context, settings.ca_file.c_str()) == 1;
    if (!loaded)
        return Error{EventId::value_invalid,
                     settings.ca_file + ": " + openssl_error(TlsError::no_certificate).message() +
                         " found, certificates of authorities in PEM expected"};
    return std::shared_ptr<const TlsClient>{new TlsClient{std::move(state)}};
}

}  // namespace imc::smtp
