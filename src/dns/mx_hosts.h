#pragma once
/// @file dns/mx_hosts.h  Which hosts take mail for a domain, in the order in which to try them.
///
/// Rules:   RFC 5321 5.1 (MX, implicit MX, equal preferences in random order, ourselves and those
///          behind us removed; an MX that is an alias is followed), RFC 7505 (null MX: 5.1.10),
///          RFC 3463 statuses
/// KB:      Q267245 (one mail host of which DNS cannot say never returns mail), Q182406, Q152165,
///          Q153001 (an alias changes where mail goes, not to whom)
/// Limits:  whole groups of equal preference until 10 hosts have addresses; never more than 20
///          names; those of one group are asked about at once, each for 10 s at most
/// Threads: as the Resolver.
#include "dns/resolver.h"

#include <functional>
#include <optional>
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

/// What becomes of one mail host.
enum class Fate : std::uint8_t {
    tried,
    ourselves,
    behind_us,   ///< our equals, and worse preferences
    no_address,  ///< proven
    unsaid,      ///< DNS cannot say now
    not_needed,  ///< others come first, and are enough
};
std::string_view to_string(Fate fate);

struct Candidate {
    MailHost host;
    std::uint16_t preference = 0;  ///< of a list of hosts: 0
    Fate fate = Fate::tried;
    std::string why = {};  ///< of one that is not tried
    std::chrono::seconds ttl{0};
    std::vector<std::string> aliases = {};
};

/// How hosts were chosen: what find_mail_hosts() and find_named_hosts() knew. For explain.
struct Decision {
    enum class By : std::uint8_t { mx, implicit_mx, literal, list };
    By by = By::mx;
    bool secure = false;                    ///< the MX answer is DNSSEC-validated
    std::chrono::seconds ttl{0};            ///< of the MX answer
    std::vector<std::string> aliases = {};  ///< of the domain
    std::vector<Candidate> candidates;      ///< in the order in which they would be tried
    std::optional<NoMailHost> none = {};    ///< nobody is tried, and why

    MailHosts hosts() const;
    /// What domains with the same hosts in the same order share:
    /// "a.example:25|b.example:25,c.example:25", equal preferences sorted. Others may have the same
    /// hosts and begin with another one (RFC 5321 5.1).
    std::string site() const;
    /// How long all of it holds: the shortest TTL of the MX answer and of the hosts that are tried.
    /// A literal and what was never asked hold a day.
    std::chrono::seconds holds() const;
};

/// @param domain  A-labels, or an address literal in brackets.
net::awaitable<Decision> decide_mail_hosts(Resolver& resolver, std::string domain,
                                           std::uint16_t port, IsOurselves is_ourselves,
                                           std::mt19937_64& random, Deadline deadline);
net::awaitable<MailHosts> find_mail_hosts(Resolver& resolver, std::string domain,
                                          std::uint16_t port, IsOurselves is_ourselves,
                                          std::mt19937_64& random, Deadline deadline);

struct NamedHost {
    std::string host;  ///< name or address; no MX look-up (a smart host)
    std::uint16_t port = 25;
};

/// Those of the list that have an address and are not ourselves, in its order.
net::awaitable<Decision> decide_named_hosts(Resolver& resolver, std::vector<NamedHost> list,
                                            IsOurselves is_ourselves, Deadline deadline);
net::awaitable<MailHosts> find_named_hosts(Resolver& resolver, std::vector<NamedHost> list,
                                           IsOurselves is_ourselves, Deadline deadline);

}  // namespace imc::dns
