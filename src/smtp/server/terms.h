#pragma once
/// @file smtp/server/terms.h  What one listener offers, demands and bears. Shared by its sessions.
#include "config/config.h"
#include "smtp/server/extensions.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace imc::smtp {

/// Bounds on one client. Lengths are octets; a command's includes its CRLF.
struct Limits {
    std::size_t command_octets = 512;            ///< RFC 5321 4.5.3.1.4; extensions add to it
    std::size_t auth_octets = 12288;             ///< RFC 4954 4: AUTH and each response
    std::uint64_t message_octets = 64 << 20;     ///< of text, RFC 1870 5
    std::size_t text_line_octets = 1 << 20;      ///< of one line of text with its CRLF
    std::size_t header_octets = 1 << 20;         ///< header section of a message
    std::size_t header_lines = 10000;            ///< fields and their continuations
    std::size_t recipients = 100;                ///< at least 100, RFC 5321 4.5.3.1.8
    std::size_t messages = 10000;                ///< transactions of one session
    unsigned protocol_errors = 10;               ///< 421 and close when reached; ours
    unsigned refusals = 1000;                    ///< likewise, of all kinds together
    unsigned idle_commands = 200;                ///< likewise, without a message between; ours
    std::chrono::seconds command_timeout{300};   ///< also between two pieces of text; 4.5.3.2.7
    std::chrono::seconds message_timeout{3600};  ///< whole text: an octet a minute is no message
    std::chrono::seconds close_timeout{2};       ///< for the client to read our last reply
    std::chrono::seconds tls_timeout{30};        ///< for the handshake
    std::chrono::seconds proxy_timeout{10};      ///< for the PROXY header
    std::chrono::milliseconds longest_delay{30000};  ///< whatever Policy::delay says
};

enum class TlsTerms : std::uint8_t {
    none,      ///< no STARTTLS
    broken,    ///< wanted, but no certificate loads: 454, not offered
    optional,  ///< STARTTLS is offered
    withheld,  ///< required, but no certificate loads: 454, and nothing goes on in the clear
    required,  ///< nothing but EHLO, NOOP, QUIT and STARTTLS before it
    implicit,  ///< before the greeting, RFC 8314
};

struct Terms {
    std::string host;  ///< in greeting and EHLO
    Limits limits = {};
    TlsTerms tls = TlsTerms::none;
    bool auth_required = false;  ///< MAIL waits for AUTH: 530 5.7.0
    bool verify = false;         ///< VRFY asks the directory, instead of 252
    config::ExpandFor expand = config::ExpandFor::nobody;  ///< EXPN
    Extensions offered = {};
    std::vector<config::Network> xclient_from = {};  ///< who may use XCLIENT
    std::vector<config::Network> proxy_from = {};    ///< who must begin with a PROXY header
};

}  // namespace imc::smtp
