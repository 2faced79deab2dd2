#pragma once
/// @file admin/readable.h  Octets of strangers in what is JSON, or text, for everybody.
#include <string>

namespace imc::admin {

/// Octets that are no UTF-8 would make the whole of it unreadable: they come as \xNN.
/// @param json  the text is JSON, and stays it
std::string readable(std::string text, bool json);

}  // namespace imc::admin
