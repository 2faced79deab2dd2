#pragma once
/// @file config/policy.h  Who may connect, how often, how much, and what is filtered: the rules as
/// the registry says them. policy/ decides by them.
#include "config/network.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace imc::config {

/// "example.org": it and what lies below; "#example.org": it alone.
struct DomainPattern {
    std::string domain;  ///< lower case A-labels
    bool exact = false;
    std::string text;
    bool matches(std::string_view domain) const;  ///< `domain` in lower case A-labels
};

/// A row of ConnectionTable: "192.0.2.0/24 reject 554 no mail from here".
struct ConnectionRow {
    Network network;
    bool reject = false;
    int code = 554;           ///< of the greeting: 554, 521 or 421
    std::string reason = {};  ///< what the client reads
    bool require_tls = false, require_auth = false;
    std::string text = {};  ///< the row as written
};

enum class LimitScope : std::uint8_t { all, account, host, network };
enum class LimitOf : std::uint8_t { connections, new_connections, messages, recipients, errors };
/// A row of InboundLimits: "host messages 600/hour". A network is a /24 of IPv4, a /64 of IPv6.
struct LimitRow {
    LimitScope scope{};
    LimitOf what{};
    std::uint64_t most = 0;
    std::chrono::seconds per{0};  ///< 0: at once
    std::string text = {};        ///< its name in replies: the row in lower case, single spaces
};

enum class FilterAction : std::uint8_t { reject, quarantine, tag };
std::string_view to_string(FilterAction action);
/// A row of TurfTable. Both parts empty: the empty sender.
struct FilterRow {
    std::string local = {};   ///< lower case; empty: any
    std::string domain = {};  ///< lower case A-labels or "[192.0.2.1]"; empty: any
    bool subdomains = false;
    bool empty_sender = false;
    FilterAction action = FilterAction::reject;
    std::string text = {};  ///< the row as written
};

/// A row of SizeLimits: "account alice 100 MiB".
struct SizeRow {
    enum class Of : std::uint8_t { account, domain, listener, role, inbound, outbound };
    Of of{};
    std::string name = {};
    std::uint64_t octets = 0;  ///< 0: no limit
    std::string text = {};
};

struct PolicySettings {
    std::vector<ConnectionRow> connections;
    std::vector<LimitRow> limits;
    std::vector<FilterRow> filter;
    std::string quarantine;  ///< folder of filtered mail
    std::vector<SizeRow> sizes;
    std::uint64_t outbound_octets = 0;  ///< OutboundSizeLimit; 0: as inbound
    std::chrono::milliseconds greeting_delay{0};
    bool check_sender_domain = false;
    bool reverse_look_up = true;
    std::uint32_t unknown_recipients = 25;        ///< of one address in the window; 0: never slowed
    std::uint32_t unknown_recipients_close = 50;  ///< 421 from here on; 0: never
    std::chrono::seconds unknown_recipients_window{3600};
    std::chrono::seconds unknown_recipients_delay{10};  ///< the longest
};

}  // namespace imc::config
