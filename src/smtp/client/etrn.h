#pragma once
/// @file smtp/client/etrn.h  Asks a host for the mail that it keeps for us (RFC 1985). The mail
/// comes over connections of the host, later.
///
/// One connection for all nodes. TLS and AUTH are as the settings say, as for mail. A host that
/// does not offer ETRN is not asked.
///
/// Rules:   RFC 1985 5.2, 5.3
/// Threads: one coroutine at a time. Every wait has the time limit of CourierSettings.
#include "smtp/client/courier.h"

namespace imc::smtp::client {

enum class EtrnOutcome : std::uint8_t {
    started,        ///< 250, 252, 253: mail will come
    nothing,        ///< 251
    unable,         ///< 458, or any other 4yz: not now
    not_allowed,    ///< 459, 530 and whatever else is refused
    malformed,      ///< 501: it does not know the name
    not_supported,  ///< 500, 502, or not offered
};

EtrnOutcome etrn_outcome(const PeerReply& reply);
std::string_view to_string(EtrnOutcome outcome);
/// Somebody should look at it.
bool is_refusal(EtrnOutcome outcome);

struct EtrnAnswer {
    std::string node;
    EtrnOutcome outcome;
    std::string reply;  ///< printable
};

struct EtrnTalk {
    std::vector<EtrnAnswer> answers;  ///< of the first nodes, as far as it went
    std::string trouble = {};         ///< why it went no further; empty: all were asked
    std::string tls_trouble = {};     ///< not empty: it went in the clear, since TLS failed (40621)
};

/// @param nodes  without control characters and spaces
net::awaitable<EtrnTalk> ask_for_mail(CourierSettings settings, std::unique_ptr<HostFinder> finder,
                                      Dialer& dialer, std::vector<std::string> nodes);

}  // namespace imc::smtp::client
