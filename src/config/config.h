#pragma once
/// @file config/config.h  One immutable picture of how this connector works.
///
/// Made by load.h out of registry and directory, after they were proved to agree. Sessions keep the
/// shared pointer they began with; a new generation is a new object.
#include "base/paths.h"
#include "config/admin_settings.h"
#include "config/auth_settings.h"
#include "config/domain_profile.h"
#include "config/link_settings.h"
#include "config/network.h"
#include "config/policy.h"
#include "config/protocol_log_settings.h"
#include "config/report_settings.h"
#include "config/routing.h"
#include "directory/dn.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace imc::config {

/// none: no STARTTLS; optional: offered; required: nothing but EHLO before it (530 5.7.0);
/// implicit: TLS from the first octet (RFC 8314).
enum class ListenerTls : std::uint8_t { none, optional, required, implicit };

struct ListenerSetting {
    std::string address;  ///< "127.0.0.1", "::", "0.0.0.0"
    std::uint16_t port = 25;
    std::string role = "mx";  ///< "mx", "submission", "submissions"
    ListenerTls tls = ListenerTls::optional;
    std::string banner_name = {};           ///< empty: Config::host_name
    std::vector<std::string> without = {};  ///< EHLO keywords not offered here, upper case
    bool plain_auth = false;                ///< AUTH is offered without TLS, too
    friend bool operator==(const ListenerSetting&, const ListenerSetting&) = default;
    std::string to_string() const;  ///< "127.0.0.1:25", "[::1]:25"
    std::string to_row() const;     ///< as it stands in Listeners; parse_listener reads it back
    bool offers(std::string_view keyword) const;  ///< not in `without`
};

/// A row of TlsCertificates.
struct CertificateSetting {
    std::string name;         ///< "mail.example.org", "*.example.org", "192.0.2.1:465", "*"
    std::string certificate;  ///< absolute paths
    std::string key;
    friend bool operator==(const CertificateSetting&, const CertificateSetting&) = default;
};

struct TlsSetting {
    std::vector<CertificateSetting> certificates;  ///< at least one
    std::string client_ca_file;                    ///< empty: no client certificates
    std::chrono::days expiry_warning{14};
    std::chrono::seconds handshake_timeout{30};
    std::string outbound_ca_file;  ///< of hosts that we send to; empty: the system's
};

/// Which clients may send to other domains: RelayMode, RelayFlags (bits, historic) and the lists,
/// as one object. No rule on: nobody relays, loopback included.
struct RelayRules {
    /// RelayMode. off: nobody relays whatever the lists hold, and no list is looked at (Q243045).
    bool off = false;
    bool use_deny = false, use_allow = false, use_local = false, use_authenticated = false,
         use_certificate = false;
    NetworkSet deny, allow, local;
    std::vector<std::string> certificates;  ///< SHA-256 in lower-case hex, or a whole subject
    std::vector<DomainPattern> domains;     ///< to these everybody may send (Q195969)
};

/// Whom EXPN is answered.
enum class ExpandFor : std::uint8_t { nobody, authenticated, everybody };

/// Whose files in the pickup folder count as sent by an account that has signed in.
enum class PickupAccounts : std::uint8_t { nobody, root, owner };

/// What one client of an SMTP listener may do in one session.
struct SessionBounds {
    std::uint64_t text_line_octets = 1 << 20;
    std::uint64_t header_octets = 1 << 20;
    std::uint32_t header_lines = 10000;
    std::uint32_t protocol_errors = 10;
    std::uint32_t refusals = 1000;
    std::uint32_t idle_commands = 200;
    std::uint32_t messages = 10000;
    std::uint32_t mime_depth = 100;  ///< a message nested deeper is tagged
    bool verify = false;             ///< VRFY asks the directory
    ExpandFor expand = ExpandFor::nobody;
    std::vector<Network> xclient_from;  ///< who may use XCLIENT
    std::vector<Network> proxy_from;    ///< who must begin with a PROXY header
};

/// A row of imcDeliveryRouting: "DOMAIN;host[:port];flag". The longest match decides.
struct DeliveryRow {
    std::string domain;       ///< lower case; "*": every domain; subdomains match too
    bool exact = false;       ///< written "#domain": no subdomains
    std::vector<Host> hosts;  ///< empty: by DNS
    std::string text;         ///< the row as written, for explain
};
inline bool includes_subdomains(const DeliveryRow& row) { return !row.exact; }

/// How far a distribution list is followed.
struct ListSettings {
    std::uint32_t members = 200'000;  ///< of one list, with those on it
    std::uint32_t depth = 20;         ///< of lists within lists
};

struct Administrator {
    Dn dn;
    std::string address;  ///< primary SMTP address
};

/// Whose mail this connector carries to other hosts (the page Delivery Restrictions, Q154542).
struct OutboundSenders {
    struct Named {
        std::string text;  ///< the DN as it is written
        std::string name;  ///< normalized
    };
    std::vector<Named> accept;  ///< imcOutboundAccept; none: everybody
    std::vector<Named> reject;  ///< imcOutboundReject

    bool any() const { return !accept.empty() || !reject.empty(); }
};

struct Config {
    // In one file: each of the many that hold a Config would make its code anew.
    Config();
    Config(const Config&);
    Config(Config&&) noexcept;
    Config& operator=(const Config&);
    Config& operator=(Config&&) noexcept;
    ~Config();

    std::uint64_t generation = 0;
    Paths paths;
    std::string settings;  ///< every value of the registry that somebody reads, as one text
    std::string connector_settings =
        {};  ///< of the connector, with what it inherits (inheritance.h)

    Dn base;          ///< suffix below which o= lives; may be the root
    Dn organization;  ///< full DNs
    Dn site;
    Dn server;
    Dn connector;
    std::string connector_name;  ///< its RDN value

    std::string host_name;  ///< what we greet with
    std::vector<ListenerSetting> listeners;
    TlsSetting tls;
    std::vector<std::string> dns_servers;  ///< empty: resolv.conf; {"root"}: full recursion
    std::uint16_t outbound_port = 25;      ///< of MX targets

    std::vector<std::string> local_domains;  ///< lower case A-labels; the first is the site domain
    /// Of listeners and of this host's interfaces, in their usual spelling: user@[ADDRESS] is
    /// user at the site domain (Q194742).
    std::vector<std::string> own_addresses;
    Administrator administrator;
    bool notify_administrator = false;  ///< copies of failure reports
    ReportSettings reports;
    ListSettings lists;
    PickupAccounts pickup_accounts = PickupAccounts::root;
    std::string srs_key;  ///< of secrets/srs.key; never shown. Empty: senders stay as they are
    TransferMode mode = TransferMode::both;
    OutboundSenders outbound;
    std::vector<Host> smart_hosts;  ///< empty: by MX
    DomainTable<DeliveryRow> delivery;
    DomainTable<DomainProfile> profiles;    ///< inherited values filled in
    RoutingTable routing;                   ///< no two for the same name
    std::vector<SiteConnector> connectors;  ///< of the organization, our site's first; by name
    std::string subaddress_separator;       ///< "+": user+detail is user; empty: nobody's
    LinkSettings link;
    bool answers_etrn = true;  ///< DisableETRN is not 1
    std::string lmtp;  ///< where mailboxes are delivered: "" Maildir, "unix:/path" or "host:port"
    RelayRules relay;
    AuthSettings auth;
    AdminSettings admin;
    PolicySettings policy;

    std::uint64_t message_octets = 64ULL << 20;
    std::uint32_t max_recipients = 5000;  ///< of one message
    std::uint32_t max_connections = 2000;
    std::uint32_t max_connections_per_host = 1000;  ///< inbound, one address
    std::uint32_t max_hops = 50;                    ///< Received lines
    std::uint32_t outbound_connections = 500;
    std::uint32_t outbound_connections_per_host = 20;
    std::uint32_t messages_per_connection = 100;
    std::vector<std::chrono::seconds> retry_after;  ///< the last repeats; default .25 .5 1 4 h
    std::chrono::seconds message_timeout{48 * 3600};
    std::uint64_t low_water_octets = 0x00A00000;
    unsigned tracking_log_days = 30;
    std::uint64_t tracking_log_octets = 20480ULL << 20;  ///< 0: no bound
    unsigned reject_journal_days = 30;
    std::uint64_t reject_journal_rate = 100;  ///< records a second
    std::uint64_t reject_journal_day_octets = 256ULL << 20;
    ProtocolLogSettings protocol_log;
    std::vector<Network> metrics_from;  ///< who may read /metrics without a sign-in
    struct Archival {
        bool inbound = false, outbound = false;
        std::uint64_t quota_octets = 10240ULL << 20;  ///< 0: no bound
        bool stops_mail = false;                      ///< when a copy cannot be kept
    } archival;
    /// Diagnostics levels by category, those above 0; event/diagnostics.h.
    std::vector<std::pair<std::string, unsigned>> diagnostics;
    std::chrono::seconds command_timeout{300};
    SessionBounds session;
};

using ConfigPtr = std::shared_ptr<const Config>;

}  // namespace imc::config
