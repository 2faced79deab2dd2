#pragma once
/// @file config/policy_rows.h  Rows of the policy tables, read strictly.
///
/// Errors:  40110 with row and column (both from 1), what was found, and what was expected.
/// Threads: pure.
#include "config/assertion.h"
#include "config/config.h"
#include "config/settings_view.h"

namespace imc::config {

/// "NETWORK ACTION[,ACTION] [CODE] [TEXT]". Network: CIDR, net;mask or one address. Actions:
/// accept, reject, require-tls, require-auth. CODE (554, 521 or 421) and TEXT go with reject only.
Result<ConnectionRow> parse_connection_row(std::string_view text, std::size_t row);

/// "SCOPE WHAT NUMBER[/UNIT]": all, account, host or network; connections (no unit),
/// new-connections, messages, recipients or errors per second, minute or hour.
Result<LimitRow> parse_limit_row(std::string_view text, std::size_t row);

/// Historic (Q193437, Q247296): "user@dom", "@dom" (with what lies below), "#@dom" and "#dom" (it
/// alone), "user" (anywhere), "user@[192.0.2.1]", "@[192.0.2.1]", "." and "<>" (the empty sender);
/// then, if not as TurfAction says: reject, quarantine or tag.
Result<FilterRow> parse_filter_row(std::string_view text, std::size_t row, FilterAction action);

/// "in SIZE", "out SIZE", "role NAME SIZE", "listener ADDR:PORT SIZE", "domain DOMAIN SIZE",
/// "account ALIAS SIZE".
Result<SizeRow> parse_size_row(std::string_view text, std::size_t row);

/// "10 MiB", "10MiB", "800 KB", "1048576 B", "none" (0). The unit is never guessed (Q240788).
Result<std::uint64_t> parse_size(std::string_view text);

/// "example.org" or "#example.org".
Result<DomainPattern> parse_domain_pattern(std::string_view text);

/// RelayMode, RelayFlags and the relay lists; assertions likewise.
RelayRules read_relay(const SettingsView& settings, const Paths& paths,
                      std::vector<Assertion>& out);

/// A SHA-256 fingerprint (64 hexadecimal digits, colons allowed) in lower case without colons; any
/// other text is a subject and stays.
Result<std::string> parse_certificate_name(std::string_view text);

/// The policy part of the registry. One assertion per flawed row, with a fix that removes it;
/// registry.policy when there is none. What could not be read is left out.
PolicySettings read_policy(const SettingsView& settings, const Paths& paths,
                           std::vector<Assertion>& out);

}  // namespace imc::config
