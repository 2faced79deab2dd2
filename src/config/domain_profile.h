#pragma once
/// @file config/domain_profile.h  How mail for one domain leaves: objects
/// `cn=<domain>,cn=E-Mail Domains,<connector>`. What an object does not say comes from the one of
/// its parent domain, from "*", and from the connector, in this order; the loader resolves that.
///
/// Source:  data-plane 4.1 to 4.3; RFC 5321 4.5.4.1, RFC 3207, RFC 4954
/// Threads: pure.
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::config {

struct Config;

struct Host {
    std::string name;  ///< or address, no brackets
    std::uint16_t port = 25;
    friend bool operator==(const Host&, const Host&) = default;
};

/// none: never; may: when offered, and once seen at a site never less without an event (default);
/// encrypt: or the mail waits (4.7.5); verify: and the certificate must be of the host; implicit:
/// TLS from the first octet, verified.
enum class OutboundTls : std::uint8_t { none, may, encrypt, verify, implicit };

/// Of a message with 8-bit octets, to a host without 8BITMIME.
enum class EightBitMail : std::uint8_t {
    convert,     ///< to quoted-printable or base64; what is signed fails 5.6.3 (default)
    send_as_is,  ///< almost every host takes it, against the rules
    refuse,      ///< 5.6.3
};

/// Of one priority: when to try again, when to give up, when to tell the sender.
struct RetryPlan {
    std::vector<std::chrono::seconds> after;  ///< the last repeats; empty: no retries
    std::chrono::seconds timeout{48 * 3600};
    std::vector<std::chrono::seconds> notice_after;  ///< delay notices, once each; empty: none
    friend bool operator==(const RetryPlan&, const RetryPlan&) = default;
};

/// Which object said what: for `imc explain route`.
struct ProfileOrigin {
    std::string attribute;
    std::string value;   ///< as written; several are separated by ", "
    std::string source;  ///< DN, "delivery row ...", "registry value ...", or "default"
    friend bool operator==(const ProfileOrigin&, const ProfileOrigin&) = default;
};

struct DomainProfile {
    std::string domain;      ///< "*", or lower-case A-labels
    bool subdomains = true;  ///< they match, too
    /// Domains whose mail may share a connection where their hosts are the same: empty when all but
    /// the hosts is as "*" has it, else the domain of this profile.
    std::string carrier;
    std::vector<ProfileOrigin> origins;
    std::vector<Host> hosts;  ///< empty: by DNS
    OutboundTls tls = OutboundTls::may;
    std::string auth_user;           ///< empty: no AUTH
    std::string auth_password_file;  ///< absolute, below secrets/
    EightBitMail eight_bit = EightBitMail::convert;
    std::string source_address;  ///< bound before each connection; empty: the system chooses
    std::string source_address6;
    std::uint32_t connections = 20;               ///< to one site at the same time
    std::uint32_t messages_per_connection = 100;  ///< at least 1
    std::uint32_t recipients_per_transaction = 100;
    std::uint32_t messages_per_minute = 0;  ///< 0: no limit
    std::uint64_t message_octets = 0;       ///< larger ones fail 5.3.4; 0: no limit
    std::array<RetryPlan, 3> retry;         ///< by spool::Priority: urgent, normal, non-urgent
    bool hold_for_etrn = false;             ///< waits until its host asks (RFC 1985)
    /// Who may ask: networks, "account:ALIAS", "sha256:FINGERPRINT" of a client certificate. Empty:
    /// nobody.
    std::vector<std::string> etrn_from;
    bool allow_auto_replies = false;  ///< of people here, to the domain
    bool allow_oof = false;           ///< out-of-office replies
    bool allow_auto_forward = false;  ///< by a rule; AlwaysAllowForwarding allows all
    friend bool operator==(const DomainProfile&, const DomainProfile&) = default;
};
inline bool includes_subdomains(const DomainProfile& profile) { return profile.subdomains; }

/// The profile of the longest matching domain, one for this name only before one for its
/// subdomains, "*" last. Null: none matches. Valid as long as `config`.
const DomainProfile* find_profile(const Config& config, std::string_view domain);

/// As a refusal names the profile's limit of size.
inline std::string size_rule(const DomainProfile& profile)
{
    return "imcMaxMessageKB of the profile " + profile.domain;
}

/// The profile of the longest matching domain, else "*", else what the connector says.
DomainProfile profile_for(const Config& config, std::string_view domain);

}  // namespace imc::config
