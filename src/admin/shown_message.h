#pragma once
/// @file admin/shown_message.h  What people see of a message by a stranger. A tab is white space,
/// in folded fields above all, and shown as that; other controls, and octets that are no UTF-8, are
/// told as \xNN. Pure.
///
/// Rules:   RFC 5322 2.2.2, 2.2.3
#include <boost/json/array.hpp>

#include <string>
#include <string_view>

namespace imc::admin {

/// "name" and "value" of each field, in order; a value is one line.
/// @param most  octets of a value
boost::json::array shown_headers(std::string_view text, std::size_t most);

/// The text as it stands, line ends LF.
std::string shown_lines(std::string_view text);

}  // namespace imc::admin
