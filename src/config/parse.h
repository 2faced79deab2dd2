#pragma once
/// @file config/parse.h  Texts of the registry and the connector object, read strictly.
///
/// Errors: 40110 with what was found, where in it, and what was expected.
#include "config/config.h"

namespace imc::config {

/// "127.0.0.1:25", "[::]:25", "25" (all addresses), optionally followed by ",mx".
Result<ListenerSetting> parse_listener(std::string_view text);

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
