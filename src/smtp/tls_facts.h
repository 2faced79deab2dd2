#pragma once
/// @file smtp/tls_facts.h  What a TLS handshake has proved, for logs, Received lines and rules.
#include <string>

namespace imc::smtp {

struct TlsFacts {
    std::string version;             ///< "TLSv1.3"
    std::string cipher;              ///< "TLS_AES_256_GCM_SHA384"
    std::string server_name;         ///< SNI the client asked for; empty: none
    std::string client_subject;      ///< of a verified client certificate; empty: none
    std::string client_fingerprint;  ///< SHA-256 of that certificate, lower-case hex
    std::string exporter;            ///< tls-exporter (RFC 9266), 32 octets; empty: none
    std::string end_point;           ///< tls-server-end-point (RFC 5929) hash, octets
    std::string peer_flaw;           ///< our side as client: why the server is not verified;
                                     ///< empty: it is
};

}  // namespace imc::smtp
