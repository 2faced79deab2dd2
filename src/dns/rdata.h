#pragma once
/// @file dns/rdata.h  The contents of DNS records, as a resolver hands them over (uncompressed).
///
/// Strangers choose these octets: every function is pure, bounded, and says nothing for nonsense.
#include "dns/resolver.h"

#include <optional>
#include <string_view>

namespace imc::dns {

/// Lower case, no trailing dot, "" for the root; octets that a host name cannot have become \DDD.
std::optional<std::string> read_name(std::string_view rdata);
std::optional<Mx> read_mx(std::string_view rdata);
std::optional<std::string> read_a(std::string_view rdata);
std::optional<std::string> read_aaaa(std::string_view rdata);
/// The strings of one TXT record, joined without a space (RFC 7208 3.3).
std::optional<std::string> read_txt(std::string_view rdata);

/// "a.b." from "a.b" or "a.b."; nothing for what cannot be a name: empty, a label of no or more
/// than 63 octets, more than 253 in all, octets other than printable ASCII.
std::optional<std::string> absolute_name(std::string_view name);

}  // namespace imc::dns
