#pragma once
/// @file smtp/server/envelope.h  What a client has said of one message before its text.
#include "base/notify.h"

#include <string>
#include <vector>

namespace imc::smtp {

struct Recipient {
    std::string address;        ///< without <>
    std::string original = {};  ///< ORCPT decoded, "rfc822;a@b"; empty: none given
    std::uint8_t notify = 0;    ///< bits of notify; 0: not said
    std::string decided = {};   ///< by which facts it was accepted
    friend bool operator==(const Recipient&, const Recipient&) = default;
};

struct Envelope {
    std::string sender;  ///< empty: a report, which must not cause another (RFC 5321 4.5.5)
    std::vector<Recipient> recipients;
    std::string pending = {};           ///< the recipient being judged or just refused
    std::uint64_t declared_octets = 0;  ///< SIZE=; 0: not said
    bool eight_bit = false;             ///< BODY=8BITMIME or BINARYMIME
    bool binary = false;                ///< BODY=BINARYMIME: lines need not end CRLF
    bool smtp_utf8 = false;
    std::string envid = {};  ///< RFC 3461, decoded: printable ASCII
    std::string ret = {};    ///< "", "FULL" or "HDRS"
    int priority = 0;        ///< RFC 6710, -9 to 9
};

}  // namespace imc::smtp
