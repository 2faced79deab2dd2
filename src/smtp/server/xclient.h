#pragma once
/// @file smtp/server/xclient.h  What a trusted front-end says of the client behind it.
///
/// Postfix's XCLIENT: attributes NAME ADDR PORT HELO LOGIN PROTO DESTADDR DESTPORT, values in
/// xtext, [UNAVAILABLE] and [TEMPUNAVAIL] for what it does not know. A pure function: who may say
/// it is decided elsewhere.
///
/// Source: https://www.postfix.org/XCLIENT_README.html
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imc::smtp {

/// Nothing: not said. An empty text: said to be unknown.
struct XclientAttributes {
    std::optional<std::string> name, address, helo, login, local_address;
    std::optional<std::uint16_t> port, local_port;
    std::optional<bool> extended;  ///< PROTO=ESMTP
};

/// @param flaw  what is wrong, when nothing is returned
std::optional<XclientAttributes> parse_xclient(std::string_view argument, std::string& flaw);

}  // namespace imc::smtp
