#pragma once
/// @file tests/kit/bare_tls.h  A TlsServer for streams that shake hands without looking at it.
#include "smtp/tls/server.h"

namespace imc::kit {

inline const smtp::TlsServer* bare_tls_server()
{
    static EventLog silent;
    static const smtp::TlsServer bare{
        std::make_shared<smtp::TlsCertificates>(smtp::TlsSettings{},
                                                std::make_shared<smtp::TicketKeys>(), silent),
        "127.0.0.1:25", "mail.example.org"};
    return &bare;
}

}  // namespace imc::kit
