#pragma once
/// @file smtp/tls/client_state.h  For this folder.
#include "smtp/tls/client.h"
#include "smtp/tls/openssl.h"

namespace imc::smtp {

struct TlsClient::State {
    TlsClientSettings settings;
    openssl::Context context;
};

}  // namespace imc::smtp
