#pragma once
/// @file smtp/xtext.h  Text inside SMTP parameters: RFC 3461 4 ("+3D" for '=').
#include <optional>
#include <string>
#include <string_view>

namespace imc::smtp {

/// '!' to '~' without '+' and '=' stand for themselves, "+XX" (upper-case hex) for an octet.
/// Nothing for anything else. What comes out may hold any octet: see is_printable_ascii().
std::optional<std::string> xtext_decode(std::string_view text);

std::string xtext_encode(std::string_view octets);

/// Space to '~' only. ENVID, ORCPT and AUTH must decode to this: a line end hidden in one of them
/// must not become a line of a report, record or log.
bool is_printable_ascii(std::string_view text);

}  // namespace imc::smtp
