#pragma once
/// @file queue/courier.h  What the queue asks of those who carry mail away. app/ connects them.
///
/// A courier is one connection's worth of work at one site: an SMTP or LMTP session that connects
/// at its first job and is used again while it can be, or delivery into Maildirs.
///
/// Threads: one coroutine at a time per courier.
#include "base/tried_hosts.h"
#include "config/domain_profile.h"
#include "dns/mx_hosts.h"
#include "mail/automatic.h"
#include "spool/spool.h"
#include "transfer/route.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace imc::queue {

namespace net = boost::asio;

struct Job {
    spool::MessageId id;
    const spool::Envelope* envelope;  ///< valid while the job is delivered
    spool::Body body;
    std::vector<std::uint32_t> recipients;  ///< indices in the envelope, at least one
    std::vector<std::string> addresses;     ///< RCPT for each of them
    bool repeated =
        false;  ///< an earlier attempt may have succeeded unseen (tried before, or found at start)
    bool passed_on = false;                 ///< to others than its sender had named
    spool::WorkingFile* working = nullptr;  ///< for spool::WorkingOn around work on the text
};

enum class Delivery : std::uint8_t { delivered, deferred, failed };

/// What a recipient is that stands for others: RFC 3461 5.2.7.2 (a DSN says "expanded"), 5.2.7.3
/// (taken by a list, "delivered").
enum class Became : std::uint8_t { nothing, copies, posting };

/// What became of one recipient, unparsed and unshortened from the peer's mouth.
struct DeliveryResult {
    Delivery delivery;
    std::string status;          ///< RFC 3463: "2.0.0", "4.4.1", "5.1.1"
    std::string reply;           ///< "550 5.1.1 No such user", or our own words
    std::string host;            ///< "mx.example.net[192.0.2.7]:25"; empty: none was reached
    bool whole_route = false;    ///< no host of the route answers: others of it need not try now
    std::string tls = {};        ///< "TLSv1.3 TLS_AES_256_GCM_SHA384", empty: in the clear
    std::string remote_id = {};  ///< what the peer calls it, if it said
    bool tried = true;           ///< false: nobody was asked; its time was up while it waited
    bool relayed_without_dsn = false;  ///< delivered to a host that does not know DSN (RFC 3461)
    bool final_delivery = false;       ///< delivered into a mailbox; nobody else reports it
    /// Not sent, since policy forbids automatic mail of this sort to leave; no: it was tried.
    mail::Automatic suppressed = mail::Automatic::no;
    Became became = Became::nothing;
    bool converted = false;       ///< to 7 bits, for a host that takes nothing else
    TriedHosts tried_hosts = {};  ///< in vain, of the whole job
};

class Courier {
public:
    virtual ~Courier() = default;
    /// One result per recipient of the job, in order. A peer's fault is a result, not a throw.
    virtual net::awaitable<std::vector<DeliveryResult>> deliver(const Job& job) = 0;
    /// Whether another job can follow on the same connection.
    virtual bool reusable() const = 0;
    virtual net::awaitable<void> close() = 0;
};

/// For whom a courier is hired: every domain that has these hosts and the same profile.
struct Place {
    transfer::Route route;             ///< of the first of its domains; address empty
    std::vector<dns::MailHost> hosts;  ///< of an MX route, as they were found last
    std::shared_ptr<const config::DomainProfile> profile;  ///< TLS, AUTH, source address, limits
};

class Couriers {
public:
    virtual ~Couriers() = default;
    virtual std::unique_ptr<Courier> hire(const Place& place) = 0;
};

/// Where a route leads now.
struct Located {
    std::string site;                  ///< the same for every domain with the same hosts and port
    std::vector<dns::MailHost> hosts;  ///< in the order in which to try them
    std::chrono::seconds ttl{300};
};
struct Nowhere {
    DeliveryResult result;  ///< deferred: asked again later; failed: for good
};
using Location = std::variant<Located, Nowhere>;

class Locator {
public:
    virtual ~Locator() = default;
    /// @param route  an MX route; all others are sites of their own
    virtual net::awaitable<Location> locate(transfer::Route route, Deadline deadline) = 0;
};

}  // namespace imc::queue
