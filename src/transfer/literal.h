#pragma once
/// @file transfer/literal.h  The address in an address literal, in its usual spelling.
#include <string>
#include <string_view>

namespace imc::transfer {

/// "192.0.2.1" of "[192.0.2.1]" and "[IPv6:::ffff:192.0.2.1]", "2001:db8::1" of
/// "[IPv6:2001:DB8:0::1]". Empty: it is none.
std::string address_of_literal(std::string_view literal);

}  // namespace imc::transfer
