#pragma once
/// @file config/parse.h  Texts of the registry and the connector object, read strictly.
///
/// Errors: 40110 with what was found, where in it, and what was expected.
#include "config/config.h"

namespace imc::config {

/// "ADDRESS:PORT [role=mx|submission|submissions] [tls=none|optional|required|implicit]
/// [name=HOST] [without=KEYWORD,...] [plain-auth]"; the address may be missing ("25": all of them,
/// IPv4 and IPv6). Port 465 means submissions under implicit TLS, 587 submission with TLS required,
/// unless the row says otherwise. The older "ADDRESS:PORT,mx" is read too.
/// The error names the word, and what was expected in its place.
Result<ListenerSetting> parse_listener(std::string_view text);

/// Two rows that cannot both be bound: the same address and port, or [::] beside 0.0.0.0.
/// @return  what is wrong; empty: nothing
std::string listener_clash(const ListenerSetting& a, const ListenerSetting& b);

/// "NAME;CERTIFICATE FILE;KEY FILE". @param folder  of relative paths.
Result<CertificateSetting> parse_certificate(std::string_view text, const std::string& folder);

/// "host", "host:port", "192.0.2.1:26", "[2001:db8::1]:26". @param port  when none is written.
Result<Host> parse_host(std::string_view text, std::uint16_t port);

/// "DOMAIN;host[:port][,host...];flag", historic (Q182522): flag `host` forwards to the hosts,
/// `dns` uses MX (hosts then empty). The error of a bad row names row number and column.
Result<DeliveryRow> parse_delivery_row(std::string_view text, std::size_t row);

/// "0.25,0.5,1,4" in hours; 0 alone: no retries (Q146669). At most 100 h each, at most 50.
Result<std::vector<std::chrono::seconds>> parse_retry_hours(std::string_view text);

Result<TransferMode> parse_transfer_mode(std::string_view text);
std::string_view to_string(TransferMode mode);

/// Lower case, LDH labels up to 63 octets, 253 in all, no trailing dot, at least `labels` labels.
Result<std::string> parse_domain(std::string_view text, std::size_t labels = 1);

}  // namespace imc::config
