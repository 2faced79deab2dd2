#pragma once
/// @file smtp/server/facts.h  What is known of one client and its connection, as policy sees it.
///
/// Filled by the session as it goes: peer and listener at the connection, the rest when it is said
/// or proved. Nothing here is believed because the client said it, but `helo`.
#include "base/boxed.h"
#include "smtp/tls_facts.h"

#include <cstdint>
#include <string>

namespace imc::smtp {

struct Peer {
    std::string address;  ///< "192.0.2.1", "2001:db8::1"; an IPv4-mapped address as IPv4
    std::uint16_t port = 0;
    std::string local_address;
    std::uint16_t local_port = 0;
    std::uint64_t session = 0;  ///< its number among Sessions (listener.h); 0: none
};

struct SessionFacts {
    Peer peer;                ///< as the kernel says, or a trusted PROXY or XCLIENT
    std::string proxy;        ///< address of the front-end that said so; empty: none
    std::string peer_name;    ///< reverse name that leads back to the address; empty: not known
    std::string listener;     ///< "127.0.0.1:25"
    std::string role = "mx";  ///< "mx", "submission", "submissions"
    std::string helo;         ///< what the client calls itself; empty: has not said
    bool extended = false;    ///< EHLO, not HELO
    Boxed<TlsFacts> tls;      ///< none: in the clear
    std::string account;      ///< alias of who has authenticated; empty: nobody
    std::string mechanism;    ///< SASL mechanism used
    bool early = false;       ///< spoke before our greeting
};

}  // namespace imc::smtp
