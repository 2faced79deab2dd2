#pragma once
/// @file smtp/tls/socket_bio.h  OpenSSL's octets through send() and recv() of one socket.
#include "smtp/tls/openssl.h"

namespace imc::smtp {

/// @param descriptor  non-blocking, outlives `ssl`; never closed here. @return false: no memory.
bool attach_socket(SSL* ssl, int descriptor);

}  // namespace imc::smtp
