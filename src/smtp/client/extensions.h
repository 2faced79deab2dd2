#pragma once
/// @file smtp/client/extensions.h  What a peer offers in its answer to EHLO or LHLO.
///
/// Nothing a peer writes is an error: a line that is not understood offers nothing.
///
/// Rules:   RFC 5321 4.1.1.1, RFC 1870 (SIZE), 2920, 3030, 3207, 3461, 4954, 6152, 6531, 6710, 9422
/// Threads: pure.
#include "smtp/client/reply_parser.h"

namespace imc::smtp::client {

struct PeerExtensions {
    bool pipelining = false, eight_bit_mime = false, smtp_utf8 = false, chunking = false;
    bool binary_mime = false, dsn = false, start_tls = false, mt_priority = false;
    bool etrn = false;  ///< RFC 1985
    bool size = false;
    std::uint64_t size_limit = 0;   ///< octets; 0: none
    std::vector<std::string> auth;  ///< mechanisms, upper case, at most 64
    bool auth_offered = false;      ///< even without a mechanism
    std::uint64_t most_recipients = 0, most_messages = 0, most_domains = 0;  ///< LIMITS; 0: none
    friend bool operator==(const PeerExtensions&, const PeerExtensions&) = default;
};

PeerExtensions read_extensions(const PeerReply& reply);

}  // namespace imc::smtp::client
