#pragma once
/// @file dns/mx_hosts.h  Which hosts take mail for a domain, in the order in which to try them.
///
/// Rules:   RFC 5321 5.1 (MX, implicit MX, equal preferences in random order, ourselves and those
///          behind us removed), RFC 7505 (null MX: 5.1.10), RFC 3463 statuses
/// Limits:  whole groups of equal preference until 5 hosts have addresses; never more than 20 names
/// Threads: as the Resolver.
#include "dns/resolver.h"

#include <functional>
#include <random>
#include <variant>

namespace imc::dns {

struct MailHost {
    std::string name;
    std::uint16_t port = 25;
    std::vector<std::string> addresses;
    bool secure = false;  ///< MX and addresses are DNSSEC-validated
    friend bool operator==(const MailHost&, const MailHost&) = default;
};

struct NoMailHost {
    bool permanent = false;
    std::string status;  ///< "5.1.10"
    Error reason;        ///< 2006 host_unresolved, 4115 (only ourselves), 40300, 40301
};

using MailHosts = std::variant<std::vector<MailHost>, NoMailHost>;

/// Whether address and port are a listener of this connector.
using IsOurselves = std::function<bool(const std::string& address, std::uint16_t port)>;

/// @param domain  A-labels, or an address literal in brackets.
net::awaitable<MailHosts> find_mail_hosts(Resolver& resolver, std::string domain,
                                          std::uint16_t port, IsOurselves is_ourselves,
                                          std::mt19937_64& random, Deadline deadline);

struct NamedHost {
    std::string host;  ///< name or address; no MX look-up (a smart host)
    std::uint16_t port = 25;
};

/// Those of the list that have an address, in its order.
net::awaitable<MailHosts> find_named_hosts(Resolver& resolver, std::vector<NamedHost> list,
                                           IsOurselves is_ourselves, Deadline deadline);

}  // namespace imc::dns
