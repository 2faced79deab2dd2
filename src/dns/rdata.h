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

/// The names that CNAME records of a whole reply lead through from `name` on, in order and without
/// it; as read_name() spells them. Ends where the reply cannot be read, and after 32.
std::vector<std::string> read_aliases(std::string_view packet, std::string_view name);

/// Whether a whole reply has the SOA record by which a server says that there is nothing (RFC 2308
/// 2.2).
bool has_soa(std::string_view packet);

/// "a.b." from "a.b" or "a.b."; nothing for what cannot be a name: empty, a label of no or more
/// than 63 octets, more than 253 in all, octets other than printable ASCII.
std::optional<std::string> absolute_name(std::string_view name);

}  // namespace imc::dns
