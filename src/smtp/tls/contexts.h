#pragma once
/// @file smtp/tls/contexts.h  What certificates have become: one SSL_CTX each. For this folder.
#include "smtp/tls/certificates.h"
#include "smtp/tls/loaded_pair.h"

namespace imc::smtp {

struct TlsCertificates::Contexts {
    struct One {
        std::string name;
        CertificateFacts facts;
        std::shared_ptr<SSL_CTX> context;
    };
    std::vector<One> all;

    /// By exact name, else by "*.rest". Null: none of these.
    const One* find(std::string_view name) const;
    /// For a client that names nothing we know: the listener's own, that of its banner name, "*",
    /// else the first.
    const One* preset(const std::string& listener, const std::string& banner) const;
};

/// A context of the server's side. @return null, and why: no PEM, a key OpenSSL thinks too short.
struct MadeContext {
    std::shared_ptr<SSL_CTX> context;
    std::string failure;
};
MadeContext server_context(const LoadedPair& pair, const std::string& client_ca_file);

/// What the handshake of one connection refers to, beside its SSL.
struct Handshake {
    std::shared_ptr<const TlsCertificates::Contexts> contexts;
    std::shared_ptr<TicketKeys> keys;
    std::string server_name;  ///< SNI, lower case
};
int handshake_index();  ///< of SSL_set_ex_data

}  // namespace imc::smtp
